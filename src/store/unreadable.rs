//! Why points cannot be read.

use std::time::Duration;

/// Points cannot be read at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The database is not there.
    #[error("the database cannot be read at the moment: {reason}")]
    Away {
        /// What it said; without addresses and passwords.
        reason: String,
    },
    /// The database has not caught up with the journal.
    #[error("the database is {behind} changes behind: try again")]
    Behind {
        /// How many.
        behind: u64,
    },
    /// Too many others are reading.
    #[error("too many are reading: try again")]
    Busy,
}

impl Unreadable {
    /// When to ask again.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        Duration::from_secs(2)
    }
}
