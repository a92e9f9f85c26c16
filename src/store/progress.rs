//! How far the database follows.

use std::sync::Arc;

use super::Seq;

/// Changes that may be on their way without the database being late.
const IN_FLIGHT: u64 = 1000;

/// How far the database follows the journal, and whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The last entry that it has; the journal may forget it and those before.
    pub applied: Seq,
    /// Why it does not work; without addresses and passwords. `None` while it does.
    pub away: Option<Arc<str>>,
    /// Whether it has its tables, so that it can be read.
    pub(super) is_ready: bool,
}

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has all but the last moments.
    Ok,
    /// It works and is late.
    Behind,
    /// It does not work at the moment.
    Away,
}

impl Progress {
    /// Entries that are kept and that it has not got.
    #[must_use]
    pub const fn behind(&self, kept: Seq) -> u64 {
        kept.saturating_sub(self.applied)
    }

    /// How the database is, where `kept` is the last entry of the journal.
    #[must_use]
    pub const fn standing(&self, kept: Seq) -> Standing {
        if self.away.is_some() {
            Standing::Away
        } else if self.behind(kept) > IN_FLIGHT {
            Standing::Behind
        } else {
            Standing::Ok
        }
    }
}
