//! The order in which cached events make room: bounded in bytes, oldest first.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::protocol::Frame;

use super::key::ChannelKey;

/// The newest event of a cache channel.
#[derive(Debug)]
pub(super) struct Cached {
    pub(super) frame: Frame,
    /// The `data` as JSON text, for the HTTP API.
    pub(super) data: Bytes,
    ticket: Ticket,
}

/// What a publication leaves behind on a cache channel.
#[derive(Debug, Clone)]
pub struct Cacheable {
    /// How long it lives.
    pub ttl: Duration,
    /// The `data` as JSON text, a part of the frame.
    pub data: Bytes,
}

type Ticket = (Instant, u64);

/// Which channels have a cached event, by age.
#[derive(Debug)]
pub(super) struct CacheIndex {
    by_age: BTreeMap<Ticket, (ChannelKey, usize)>,
    bytes: usize,
    limit: usize,
    next: u64,
}

impl CacheIndex {
    pub(super) const fn new(limit: usize) -> Self {
        Self { by_age: BTreeMap::new(), bytes: 0, limit, next: 0 }
    }

    /// Registers a new cached event.
    pub(super) fn insert(&mut self, channel: &ChannelKey, frame: Frame, event: Cacheable, now: Instant) -> Cached {
        let ticket = (now + event.ttl, self.next);
        self.next += 1;
        let bytes = frame.len();
        self.by_age.insert(ticket, (channel.clone(), bytes));
        self.bytes += bytes;
        Cached { frame, data: event.data, ticket }
    }

    /// Forgets one that was replaced.
    pub(super) fn remove(&mut self, cached: &Cached) {
        if let Some((_, bytes)) = self.by_age.remove(&cached.ticket) {
            self.bytes -= bytes;
        }
    }

    /// The channels whose cached event is too old, or must make room for younger ones.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<ChannelKey> {
        let mut gone = Vec::new();
        while let Some(entry) = self.by_age.first_entry() {
            if entry.key().0 > now && self.bytes <= self.limit {
                break;
            }
            let (channel, bytes) = entry.remove();
            self.bytes -= bytes;
            gone.push(channel);
        }
        gone
    }
}

impl Cached {
    /// Time left; `None` when there is none.
    pub(super) fn ttl(&self, now: Instant) -> Option<Duration> {
        self.ticket.0.checked_duration_since(now).filter(|left| !left.is_zero())
    }
}
