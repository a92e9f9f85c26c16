//! Ids of events that were published lately.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::hub::key::ChannelKey;

use super::value::EventId;

/// Ids of all channels whose home is this worker.
///
/// Bounded in number: when full, the oldest id makes room, and a retry of it would be delivered.
/// An id takes about 200 bytes.
#[derive(Debug)]
pub(in crate::hub) struct Ids {
    known: HashMap<(ChannelKey, u128), Known, foldhash::fast::RandomState>,
    /// In the order of their coming; some may have come again since.
    order: VecDeque<(ChannelKey, u128, u64)>,
    limit: usize,
    next: u64,
}

#[derive(Debug)]
struct Known {
    until: Instant,
    number: u64,
}

impl Ids {
    pub(super) fn new(limit: usize) -> Self {
        Self { known: HashMap::default(), order: VecDeque::new(), limit, next: 0 }
    }

    /// Notes an id; whether it is new, or so old that it is forgotten.
    pub(in crate::hub) fn note(&mut self, channel: &ChannelKey, id: EventId, now: Instant) -> bool {
        let key = (channel.clone(), id.key);
        if self.known.get(&key).is_some_and(|known| known.until > now) {
            return false;
        }
        let number = self.next;
        self.next += 1;
        self.order.push_back((channel.clone(), id.key, number));
        self.known.insert(key, Known { until: now + id.window, number });
        while self.order.len() > self.limit {
            self.drop_oldest();
        }
        true
    }

    /// Forgets ids whose time is over, as far as no younger one with a longer time stands before them.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.is_oldest_over(now) {
            self.drop_oldest();
        }
    }

    fn is_oldest_over(&self, now: Instant) -> bool {
        let Some((channel, id, number)) = self.order.front() else {
            return false;
        };
        let known = self.known.get(&(channel.clone(), *id)).filter(|known| known.number == *number);
        known.is_none_or(|known| known.until <= now)
    }

    fn drop_oldest(&mut self) {
        if let Some((channel, id, number)) = self.order.pop_front() {
            let key = (channel, id);
            if self.known.get(&key).is_some_and(|known| known.number == number) {
                self.known.remove(&key);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.known.len(), self.order.len())
    }
}
