//! Where changes are kept before anybody is told of them.

use std::sync::Arc;

use crate::measurement::{Entry, State};
use crate::store::shared::{Ledger, Lost};
use crate::store::{Journal, Seq};

/// Where changes are kept.
#[derive(Debug)]
pub(super) enum Keeping {
    /// On this machine; a database follows.
    Journal(Journal),
    /// In the database that several nodes share.
    Ledger(Box<Ledger>),
}

/// Why a change was not kept.
#[derive(Debug)]
pub(super) enum NotKept {
    /// There is no room, or it is not of a kind that can be kept; nothing has changed.
    Full(Box<dyn std::error::Error>),
    /// Nobody knows: another look at what was kept will tell.
    Unknown(Lost),
}

impl Keeping {
    /// Keeps all of `entries` or none.
    pub(super) async fn append(&mut self, entries: &[Entry]) -> Result<(), NotKept> {
        match self {
            Self::Journal(journal) => journal.append(entries).map_err(|error| NotKept::Full(error.into())),
            Self::Ledger(_) if entries.is_empty() => Ok(()),
            Self::Ledger(ledger) => ledger.append(entries).await.map_err(|lost| match lost {
                Lost::Refused { .. } => NotKept::Full(lost.into()),
                Lost::Unknown { .. } => NotKept::Unknown(lost),
            }),
        }
    }

    /// What is due once a second; `applied` is what the database has.
    pub(super) async fn tidy(&mut self, applied: Seq, state: &Arc<State>) -> Result<(), Lost> {
        match self {
            Self::Journal(journal) => {
                journal.sync();
                journal.release(applied, state);
                Ok(())
            }
            Self::Ledger(ledger) => ledger.tidy(state).await,
        }
    }

    /// Bytes on this machine, and how many there may be.
    pub(super) const fn bytes(&self) -> (u64, u64) {
        match self {
            Self::Journal(journal) => (journal.bytes(), journal.limit()),
            Self::Ledger(_) => (0, 0),
        }
    }

    /// Saves what holds.
    pub(super) fn close(self, state: &Arc<State>) {
        match self {
            Self::Journal(journal) => journal.close(state),
            // All is where it belongs.
            Self::Ledger(_) => {}
        }
    }
}
