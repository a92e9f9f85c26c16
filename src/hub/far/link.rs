//! What a worker's homes share of their way to the other nodes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use tokio::time::Instant;

use crate::hub::key::ChannelKey;

use super::side::Side;
use super::words::Ticket;

/// Time after which something that should have been heard is looked up.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Time for somebody who leaves a node that is about to end to come back elsewhere: the others are not told before.
pub(super) const MOVING: Duration = Duration::from_secs(3);

/// Time after the last publication in which a home without subscribers keeps its count.
pub(super) const MEMORY: Duration = Duration::from_secs(60);

/// What a worker's homes share of their way to the other nodes.
#[derive(Debug)]
pub(in crate::hub) struct Link {
    /// Whether the others cannot be reached; so it begins.
    pub(super) is_away: bool,
    /// Whether this node is about to end.
    pub(super) is_parting: bool,
    /// Tickets given so far.
    pub(super) tickets: Ticket,
    /// When homes are looked after; one entry a home at most.
    due: BinaryHeap<Reverse<(Instant, ChannelKey)>>,
    /// Above the numbers of all events of homes that are gone.
    pub(super) floor: u64,
    /// Events of other nodes that were not heard.
    pub(super) lost: u64,
    /// Looks that became necessary because something was not heard.
    pub(super) gaps: u64,
}

impl Link {
    pub(in crate::hub) fn new() -> Self {
        Self { is_away: true, is_parting: false, tickets: 0, due: BinaryHeap::new(), floor: 0, lost: 0, gaps: 0 }
    }

    pub(in crate::hub) const fn part(&mut self) {
        self.is_parting = true;
    }

    /// A home is gone.
    pub(in crate::hub) fn bury(&mut self, side: &Side) {
        self.floor = self.floor.max(side.outgoing.end());
    }

    pub(super) const fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        self.tickets
    }

    pub(super) fn schedule(&mut self, channel: &ChannelKey, at: Instant) {
        self.due.push(Reverse((at, channel.clone())));
    }

    /// A home to be looked after now.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<ChannelKey> {
        self.due.peek().filter(|Reverse((at, _))| *at <= now)?;
        self.due.pop().map(|Reverse((_, channel))| channel)
    }

    /// Events that were lost on the way here, and gaps that were found, since it was asked last.
    pub(in crate::hub) fn take_counts(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.lost), std::mem::take(&mut self.gaps))
    }
}
