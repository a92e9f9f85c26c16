//! What one channel keeps.

use std::sync::Arc;

use tokio::time::Instant;

use crate::protocol::Frame;

use super::keeper::Crowd;
use super::retained::Retained;
use super::ring::Ring;
use super::value::{Kept, Page};

/// A channel's retained events and its history, numbered by one count.
#[derive(Debug)]
pub(in crate::hub) struct Store {
    /// The serial given last.
    pub(super) last: u64,
    pub(super) retained: Retained,
    pub(super) ring: Ring,
    /// When the keeper looks after it.
    pub(super) due: Option<Instant>,
}

impl Store {
    /// An empty one whose first serial comes after `last`.
    pub(super) fn after(last: u64) -> Self {
        Self { last, retained: Retained::default(), ring: Ring::default(), due: None }
    }

    /// The retained frames, oldest first; `None` when there is none.
    pub(in crate::hub) fn greeting(&mut self, now: Instant) -> Option<Arc<[Frame]>> {
        self.retained.greeting(now)
    }

    /// The retained events, oldest first.
    pub(in crate::hub) fn retained(&self, now: Instant) -> Vec<Kept> {
        self.retained.kept(now)
    }

    /// At most `limit` events of the history whose serial is above `after`.
    pub(in crate::hub) fn history(&self, after: Option<u64>, limit: usize, now: Instant) -> Page {
        self.ring.page(after, limit, now)
    }

    pub(in crate::hub) fn is_empty(&self) -> bool {
        self.retained.is_empty() && self.ring.is_empty()
    }

    /// Whether one of its two parts is empty.
    pub(super) fn is_clear(&self, part: Crowd) -> bool {
        match part {
            Crowd::Retained => self.retained.is_empty(),
            Crowd::History => self.ring.is_empty(),
        }
    }

    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.retained.next_expiry().into_iter().chain(self.ring.next_expiry()).min()
    }
}
