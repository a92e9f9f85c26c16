//! Members whom the others do not know any more, after they could not be reached.
//!
//! An emptied Redis knows nobody until all nodes have told their shares again, and nodes come back one after the other.
//! So a member that a home misses then stays for a time before it is told to be gone.

use std::time::Duration;

use indexmap::IndexSet;
use tokio::time::Instant;

use crate::protocol::UserId;

/// Time for other nodes to come back: the longest pause between their tries, and some more to notice and to tell.
pub(super) const RETURN: Duration = Duration::from_secs(10);

/// Members of one channel that are missed.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// Until when they may come back.
    until: Option<Instant>,
    missed: IndexSet<UserId, foldhash::fast::RandomState>,
}

impl Ghosts {
    /// From now on those that are missed stay for a time.
    pub(super) fn wait(&mut self, now: Instant) {
        self.until = Some(now + RETURN);
    }

    /// A member is missed; whether it stays for now.
    pub(super) fn miss(&mut self, id: &UserId, now: Instant) -> bool {
        let stays = self.until.is_some_and(|until| now < until);
        if stays {
            self.missed.insert(id.clone());
        }
        stays
    }

    /// A member is there; whether it was missed.
    pub(super) fn find(&mut self, id: &UserId) -> bool {
        !self.missed.is_empty() && self.missed.swap_remove(id)
    }

    /// When those that are missed are gone; nothing while there are none.
    pub(super) fn due(&self) -> Option<Instant> {
        self.until.filter(|_| !self.missed.is_empty())
    }

    /// Those that did not come back in time.
    pub(super) fn take_gone(&mut self, now: Instant) -> Vec<UserId> {
        if self.until.is_some_and(|until| now < until) {
            return Vec::new();
        }
        self.until = None;
        std::mem::take(&mut self.missed).into_iter().collect()
    }
}
