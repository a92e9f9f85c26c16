//! The journal: every change of the contest, in order, in files on this machine.
//!
//! Owns `<folder>/journal` and `<folder>/state.json`. What [`Journal::append`] has taken is in the hands of
//! the system: it outlives this process, whatever kills it. Once a second it is also made safe against
//! the machine losing power. Read `segment` for the files, `record` for a line in them.

mod follower;
mod janitor;
mod open;
mod record;
mod segment;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::measurement::{Entry, State};

use super::Seq;

pub use follower::Follower;
use janitor::Janitor;
pub use open::{Opened, Unusable};
use segment::Segment;

/// Why a change was not kept; then nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The journal has all the bytes that it may have: the database is too far behind.
    #[error("the journal has no room: it may take {limit} bytes")]
    Full {
        /// Its bound.
        limit: u64,
    },
    /// The disk did not take it.
    #[error("the journal cannot be written: {0}")]
    Disk(#[from] io::Error),
}

/// The journal; one process at a time has it.
///
/// Bounded by `store.journal_bytes`: what the database has is deleted, and when that is not enough a
/// change is refused.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    limit: u64,
    segment_bytes: u64,
    /// Oldest first; the last one is written to.
    segments: VecDeque<Segment>,
    last: Seq,
    bytes: u64,
    buffer: Vec<u8>,
    janitor: Janitor,
    /// Held as long as the journal is ours.
    _lock: File,
}

impl Journal {
    /// Keeps all of `entries` or none.
    ///
    /// # Errors
    /// `Full` or `Disk`; then the journal is as before, and may be tried again.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), NotKept> {
        self.buffer.clear();
        for entry in entries {
            record::encode(entry, &mut self.buffer);
        }
        let length = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        if self.bytes.saturating_add(length) > self.limit {
            return Err(NotKept::Full { limit: self.limit });
        }
        let is_full = self.segments.back().is_none_or(|segment| segment.bytes() >= self.segment_bytes);
        if is_full {
            self.segments.push_back(Segment::create(&self.folder, self.last + 1)?);
        }
        let Some(segment) = self.segments.back_mut() else { return Err(NotKept::Full { limit: self.limit }) };
        segment.append(&self.buffer)?;
        self.bytes += length;
        self.last += u64::try_from(entries.len()).unwrap_or_default();
        Ok(())
    }

    /// The last change's place.
    #[must_use]
    pub const fn last(&self) -> Seq {
        self.last
    }

    /// Bytes that it takes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes that it may take.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Asks for what is kept so far to be made safe against a loss of power; does not wait for it.
    pub fn sync(&self) {
        if let Some(segment) = self.segments.back() {
            self.janitor.sync(segment);
        }
    }

    /// Deletes what the database has, up to `applied`, as soon as a snapshot of `state` makes it dispensable.
    ///
    /// `state` has all changes so far. Does not wait for the disk.
    pub fn release(&mut self, applied: Seq, state: &Arc<State>) {
        let has_a_finished_one = |upto: Seq| {
            let mut firsts = self.segments.iter().map(Segment::first);
            firsts.nth(1).is_some_and(|second| second <= upto + 1)
        };
        if !has_a_finished_one(applied) {
            return;
        }
        let saved = self.janitor.saved();
        if !has_a_finished_one(saved) {
            self.janitor.save(state);
            return;
        }
        let upto = applied.min(saved);
        while self.segments.get(1).is_some_and(|second| second.first() <= upto + 1) {
            let Some(segment) = self.segments.pop_front() else { return };
            self.bytes -= segment.bytes();
            segment.delete();
        }
    }

    /// Saves a snapshot and makes everything safe; waits for it.
    pub fn close(self, state: &Arc<State>) {
        self.sync();
        self.janitor.finish(state);
    }
}
