//! What one place keeps of events.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{Position, Stay};
use super::Sending;
use super::place::Standing;

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Who published an id first, and when it is forgotten.
    ids: BTreeMap<u128, (Sending, u64)>,
    retained: BTreeMap<Box<str>, Timed>,
    cached: Option<Timed>,
    past: Vec<(Position, Box<Stay>)>,
}

#[derive(Debug)]
pub(super) struct Timed {
    pub(super) position: Position,
    pub(super) stay: Box<Stay>,
    pub(super) end_ms: u64,
}

impl Standing {
    /// Whether another event with its id was published.
    pub(super) fn knows(&self, stay: &Stay, sending: Sending, now_us: u64) -> bool {
        let known = stay.id.and_then(|id| self.kept.ids.get(&id.key));
        known.is_some_and(|(first, end_ms)| *first != sending && *end_ms > now_us / 1000)
    }

    /// Keeps an event at the place's position.
    pub(super) fn keep(&mut self, sending: Sending, stay: &Stay, now_us: u64) {
        let position = self.position;
        let end = |age: Duration| now_us / 1000 + ms(age);
        let timed = |age: Duration| Timed { position, stay: Box::new(stay.clone()), end_ms: end(age) };
        let kept = &mut self.kept;
        if let Some(id) = stay.id {
            kept.ids.insert(id.key, (sending, end(id.window)));
        }
        if let Some(retain) = &stay.retain {
            kept.retained.insert(retain.key.clone(), timed(retain.age));
            kept.trim(retain.keys, now_us);
        }
        if let Some(history) = stay.history {
            let from = now_us.saturating_sub(ms(history.age) * 1000);
            kept.past = kept.missed(Position(0), now_us);
            kept.past.retain(|(position, _)| position.0 >= from);
            kept.past.push((position, Box::new(stay.clone())));
            let above = kept.past.len().saturating_sub(history.events);
            kept.past.drain(..above);
        }
        if let Some(ttl) = stay.cache {
            kept.cached = Some(timed(ttl));
        }
    }
}

/// Redis has no time of nothing.
fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("tests ask for less").max(1)
}

impl Kept {
    /// Drops the oldest above `keys`, and those that are over as far as none that lives longer stands before them.
    fn trim(&mut self, keys: usize, now_us: u64) {
        let oldest = |all: &BTreeMap<Box<str>, Timed>| {
            all.iter().min_by_key(|(_, kept)| kept.position).map(|(key, kept)| (key.clone(), kept.end_ms))
        };
        while let Some((key, end_ms)) = oldest(&self.retained) {
            if self.retained.len() <= keys && end_ms > now_us / 1000 {
                break;
            }
            self.retained.remove(&key);
        }
    }

    /// Oldest first.
    pub(super) fn retained(&self, now_us: u64) -> impl Iterator<Item = &Timed> {
        let mut all: Vec<_> = self.retained.values().filter(|kept| kept.end_ms > now_us / 1000).collect();
        all.sort_by_key(|kept| kept.position);
        all.into_iter()
    }

    pub(super) fn cached(&self, now_us: u64) -> Option<&Timed> {
        self.cached.as_ref().filter(|kept| kept.end_ms > now_us / 1000)
    }

    /// Past events above a position; the age of the newest holds for all.
    pub(super) fn missed(&self, after: Position, now_us: u64) -> Vec<(Position, Box<Stay>)> {
        let newest = self.past.last().and_then(|(_, stay)| stay.history);
        let from = newest.map_or(0, |history| now_us.saturating_sub(ms(history.age) * 1000));
        self.past.iter().filter(|(position, _)| *position > after && position.0 > from).cloned().collect()
    }
}
