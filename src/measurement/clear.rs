//! Clearing: points out of sight, and back again for a while.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::lane::Lane;
use super::pairs;
use super::point::{Point, Serial};
use super::run::RunId;
use super::tally::{Tally, TallyKey};

/// What is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "lowercase")]
pub enum Scope {
    /// One run.
    Run {
        /// Which.
        session_id: RunId,
    },
    /// One lane, in one category or in both.
    Lane {
        /// Which.
        laptop_id: Lane,
        /// `None` for both.
        category: Option<Category>,
    },
    /// Everything.
    All,
}

impl Scope {
    /// As it stands on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Run { .. } => "run",
            Self::Lane { .. } => "lane",
            Self::All => "all",
        }
    }

    /// Whether points that are counted there are meant.
    #[must_use]
    pub fn covers(&self, key: &TallyKey) -> bool {
        match *self {
            Self::Run { session_id } => key.run == Some(session_id),
            Self::Lane { laptop_id, category } => {
                key.lane == laptop_id && category.is_none_or(|category| category == key.category)
            }
            Self::All => true,
        }
    }
}

/// A clear that can be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clear {
    /// Its number.
    pub id: i64,
    /// What is cleared.
    pub scope: Scope,
    /// The last point that is; later ones stay.
    pub last: Serial,
    /// When, unix milliseconds.
    pub at_ms: i64,
    /// Until when it can be undone; then the points are gone.
    pub until_ms: i64,
    /// Points that it took, where it has been applied.
    #[serde(default)]
    pub points: u64,
    /// The statistics that it took.
    #[serde(default, with = "pairs")]
    pub(super) taken: BTreeMap<TallyKey, Tally>,
}

impl Clear {
    /// A clear of all up to `last`, before it is applied.
    #[must_use]
    pub const fn new(id: i64, scope: Scope, last: Serial, at_ms: i64, until_ms: i64) -> Self {
        Self { id, scope, last, at_ms, until_ms, points: 0, taken: BTreeMap::new() }
    }

    /// Whether it hides this point; others may too.
    #[must_use]
    pub fn hides(&self, point: &Point) -> bool {
        point.serial <= self.last && self.scope.covers(&TallyKey::of(point))
    }
}
