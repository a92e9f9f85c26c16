//! Why the contest said no.

use serde::{Deserialize, Serialize};

use crate::measurement::{Category, InvalidReading, Run};

/// Why a point was not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotTaken {
    /// It is no reading.
    #[error(transparent)]
    Invalid(#[from] InvalidReading),
    /// The judge takes no points at the moment.
    #[error("data saving is off: the judge takes no points at the moment")]
    RealtimeOff,
    /// Its number is so old that nobody knows whether it came before.
    #[error("the point came too late: its sender is more than 4096 points ahead of it")]
    TooLate,
    /// The journal has no room, or the disk is full.
    #[error("the store is full: points are refused until the database has caught up or the disk has room")]
    StoreFull,
    /// The contest did not answer in time.
    #[error("the broker is busy: try again")]
    Busy,
}

impl NotTaken {
    /// A word for programs: `invalid`, `realtime_off`, `too_late`, `store_full` or `busy`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::RealtimeOff => "realtime_off",
            Self::TooLate => "too_late",
            Self::StoreFull => "store_full",
            Self::Busy => "busy",
        }
    }

    /// Whether the same point may be taken later.
    #[must_use]
    pub const fn may_retry(&self) -> bool {
        matches!(self, Self::StoreFull | Self::Busy)
    }
}

/// Why a judge's wish was not done.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub enum NotDone {
    /// A run goes on.
    #[error("run {} is still going on: stop it first", .0.id.0)]
    Running(Box<Run>),
    /// No run goes on.
    #[error("no run is going on")]
    NotRunning,
    /// There is no run of this number.
    #[error("there is no run {0}")]
    UnknownRun(i64),
    /// The run is over already.
    #[error("run {} is over already", .0.id.0)]
    Over(Box<Run>),
    /// A category cannot change while a run goes on.
    #[error("the category cannot change to {0} while a run goes on")]
    Locked(Category),
    /// The clear is unknown, undone already, or too old.
    #[error("clear {0} cannot be undone any more")]
    Expired(i64),
    /// The change could not be kept.
    #[error("the store is full: nothing was changed")]
    StoreFull,
    /// The contest did not answer in time.
    #[error("the broker is busy: nothing was changed, try again")]
    Busy,
}

impl NotDone {
    /// A word for programs.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Running(_) | Self::Locked(_) => "running",
            Self::NotRunning => "not_running",
            Self::UnknownRun(_) => "unknown_run",
            Self::Over(_) => "over",
            Self::Expired(_) => "expired",
            Self::StoreFull => "store_full",
            Self::Busy => "busy",
        }
    }
}
