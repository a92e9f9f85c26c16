//! What stays: a journal of every change on this machine, and a database that follows it.
//!
//! Owns the folder of the journal, the snapshot beside it, and the database's tables. The journal is
//! what makes a point safe; the database is written from it in the background, however slow it is, and
//! is what others read. Knows what an entry is, not why it came. Read `journal`, then `writer`; `shared` is the store
//! of several nodes, which has no journal.

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
pub mod shared;
mod thread;
mod unreadable;
mod writer;

pub use journal::{Follower, Journal, NotKept, Opened, Unusable};
pub use progress::{Progress, Standing};
pub use reader::{PointStream, Reader};
pub use thread::{Started, StoreThread, Unstartable, start};
pub use unreadable::Unreadable;

/// A change's place in the journal, from 1.
pub type Seq = u64;
