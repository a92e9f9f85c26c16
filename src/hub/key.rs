//! What tells apps, channels, users, connections and workers apart.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use crate::protocol::{ChannelName, UserId};

slotmap::new_key_type! {
    /// A connection on its worker; never reused for another one.
    pub struct ConnectionKey;
}

/// An app's place in this process, for keys that are hashed often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppIndex(pub u32);

/// A worker's place in this process, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkerId(pub usize);

/// A channel of an app.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelKey {
    /// The app.
    pub app: AppIndex,
    /// The channel's name within it.
    pub name: ChannelName,
}

/// A user of an app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey {
    /// The app.
    pub app: AppIndex,
    /// The user's id within it.
    pub id: UserId,
}

/// Spreads homes over workers; the same on all of them, so the seed is fixed.
#[derive(Debug, Clone)]
pub(super) struct Homing {
    workers: Arc<[WorkerId]>,
    hasher: foldhash::fast::FixedState,
}

impl Homing {
    pub(super) fn new(workers: usize) -> Self {
        Self { workers: (0..workers.max(1)).map(WorkerId).collect(), hasher: foldhash::fast::FixedState::with_seed(1) }
    }

    pub(super) fn workers(&self) -> impl Iterator<Item = WorkerId> + use<> {
        (0..self.workers.len()).map(WorkerId)
    }

    /// The worker where `key` has its home.
    pub(super) fn of(&self, key: &impl Hash) -> WorkerId {
        // The upper bits are the better mixed ones.
        let hash = (self.hasher.hash_one(key) >> 32) as usize;
        WorkerId(hash % self.workers.len())
    }
}
