//! A lane: one laptop, one camera, one place on the table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Lanes there are.
pub const LANES: u8 = 8;

/// A lane, 1 to 8; `laptop_id` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Lane(u8);

/// A number that is no lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("lanes are 1 to {LANES}")]
pub struct InvalidLane;

impl Lane {
    /// All lanes, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=LANES).map(Self)
    }

    /// Its number, 1 to 8.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its place among all lanes, 0 to 7.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

impl TryFrom<u8> for Lane {
    type Error = InvalidLane;

    fn try_from(number: u8) -> Result<Self, InvalidLane> {
        if (1..=LANES).contains(&number) { Ok(Self(number)) } else { Err(InvalidLane) }
    }
}

impl From<Lane> for u8 {
    fn from(lane: Lane) -> Self {
        lane.0
    }
}

impl std::str::FromStr for Lane {
    type Err = InvalidLane;

    fn from_str(text: &str) -> Result<Self, InvalidLane> {
        text.parse::<u8>().map_err(|_| InvalidLane)?.try_into()
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
