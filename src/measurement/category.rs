//! What a model is built of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A category of the contest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Steel.
    #[default]
    Baja,
    /// Concrete.
    Beton,
}

/// A text that names no category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("categories are baja and beton")]
pub struct UnknownCategory;

impl Category {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Baja, Self::Beton];

    /// As it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baja => "baja",
            Self::Beton => "beton",
        }
    }

    /// The letter of its teams' aliases, B-1 to B-8.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Baja => 'A',
            Self::Beton => 'B',
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(text: &str) -> Result<Self, UnknownCategory> {
        Self::ALL.into_iter().find(|category| category.as_str() == text).ok_or(UnknownCategory)
    }
}
