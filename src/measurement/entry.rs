//! A change of the contest: what is kept, in order, and nothing else.

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::clear::Clear;
use super::frequency::Frequency;
use super::mark::Mark;
use super::point::Point;
use super::run::{Run, RunId, Stop};
use super::team::Team;

/// A change.
///
/// Shape: JSON, `{"kind": "point", …}`; journals of older versions must stay readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// A point was taken.
    Point {
        /// The point.
        point: Point,
        /// Its sender's number, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
    },
    /// A run began.
    RunStarted {
        /// The run.
        run: Run,
    },
    /// A run ended.
    RunStopped {
        /// Which.
        run: RunId,
        /// How.
        stop: Stop,
    },
    /// Points are taken from now on, or refused.
    Realtime {
        /// Whether they are taken.
        enabled: bool,
        /// The run that it was said for.
        session_id: Option<RunId>,
        /// When, unix milliseconds.
        at_ms: i64,
    },
    /// All pages stand still, or go on.
    Frozen {
        /// Whether they stand still.
        frozen: bool,
    },
    /// The judge has chosen what comes next.
    Selected {
        /// The category.
        category: Category,
        /// The frequency.
        frequency: Frequency,
    },
    /// Teams have other names.
    Teams {
        /// Those teams.
        teams: Vec<Team>,
    },
    /// Points are out of sight.
    Cleared {
        /// Which, and for how long they can come back.
        clear: Clear,
    },
    /// They are back.
    Undone {
        /// The clear.
        clear: i64,
    },
    /// They are gone for good.
    Purged {
        /// The clear.
        clear: i64,
    },
}
