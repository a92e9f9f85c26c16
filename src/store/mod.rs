//! What stays: a journal of every change on this machine, and a database that follows it.
//!
//! Owns the folder of the journal, the snapshot beside it, and the database's tables. The journal is
//! what makes a point safe; the database is written from it in the background, however slow it is, and
//! is what others read. Knows what an entry is, not why it came. Read `journal`, then `writer`.

mod apply;
mod clearing;
mod database;
mod facts;
mod fault;
#[cfg(test)]
mod full_tests;
mod journal;
mod points;
mod progress;
mod reader;
mod reading;
mod reconcile;
mod select;
mod thread;
mod unreadable;
mod writer;

pub use journal::{Follower, Journal, NotKept, Opened, Unusable};
pub use progress::{Progress, Standing};
pub use reader::{PointStream, Reader};
pub use thread::{Started, StoreThread, Unstartable, start};
pub use unreadable::Unreadable;

/// How far the database has got.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The last entry that it has.
    pub applied: Seq,
    /// Why it cannot be used at the moment; `None` while it can.
    pub away: Option<String>,
}

/// A change's place in the journal, from 1.
pub type Seq = u64;

/// Why there is no database to write to.
#[derive(Debug, thiserror::Error)]
#[error("the store cannot start")]
pub struct Error;

/// The thread.
#[derive(Debug)]
pub struct StoreThread;

/// Starts.
///
/// # Errors
/// Never.
pub fn start(
    _: &crate::config::Store,
    _: Follower,
    kept: tokio::sync::watch::Receiver<Seq>,
) -> Result<(Reader, StoreThread, tokio::sync::watch::Receiver<Progress>), Error> {
    let _ = kept;
    Ok((Reader {}, StoreThread, tokio::sync::watch::channel(Progress::default()).1))
}
