//! What one place keeps of events.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{LATE, Origin, Position, Stay};
use super::Sending;
use super::place::Standing;

#[derive(Debug, Default, Clone)]
pub(super) struct Kept {
    /// Who published an id first, and when it is forgotten.
    ids: BTreeMap<u128, (Sending, u64)>,
    retained: BTreeMap<Box<str>, Timed>,
    cached: Option<Timed>,
    past: Vec<Sent>,
    late: Vec<Sent>,
}

/// An event that stays: where it stands, and who sent it.
pub(super) type Sent = (Position, Origin, Box<Stay>);

#[derive(Debug, Clone)]
pub(super) struct Timed {
    pub(super) position: Position,
    pub(super) sender: Origin,
    pub(super) stay: Box<Stay>,
    pub(super) end_ms: u64,
}

impl Standing {
    /// Whether another event with its id was published.
    pub(super) fn knows(&self, stay: &Stay, sending: Sending, now_us: u64) -> bool {
        let known = stay.id.and_then(|id| self.kept.ids.get(&id.key));
        known.is_some_and(|(first, end_ms)| *first != sending && *end_ms > now_us / 1000)
    }

    /// Keeps an event at the place's position for those who come back, if it is late.
    pub(super) fn keep_late(&mut self, sender: Origin, stay: &Stay, now_us: u64) {
        if stay.is_late {
            let entry = (self.position, sender, Box::new(stay.clone()));
            remember(&mut self.kept.late, entry, (LATE.events, LATE.age), now_us);
        }
    }

    /// Keeps an event at the place's position.
    pub(super) fn keep(&mut self, sending: Sending, stay: &Stay, now_us: u64) {
        let position = self.position;
        let end = |age: Duration| now_us / 1000 + ms(age);
        let timed =
            |age: Duration| Timed { position, sender: sending.sender, stay: Box::new(stay.clone()), end_ms: end(age) };
        let kept = &mut self.kept;
        if let Some(id) = stay.id {
            kept.ids.insert(id.key, (sending, end(id.window)));
        }
        if let Some(retain) = &stay.retain {
            kept.retained.insert(retain.key.clone(), timed(retain.age));
            kept.trim(retain.keys, now_us);
        }
        if let Some(history) = stay.history {
            let entry = (position, sending.sender, Box::new(stay.clone()));
            remember(&mut kept.past, entry, (history.events, history.age), now_us);
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

    /// Past and late events above a position; the age of the newest past one holds for all of them.
    pub(super) fn missed(&self, after: Position, now_us: u64) -> Vec<Sent> {
        let newest = self.past.last().and_then(|(.., stay)| stay.history);
        let past = young(&self.past, newest.map_or(Duration::ZERO, |history| history.age), now_us);
        let mut all: Vec<_> = past.chain(young(&self.late, LATE.age, now_us)).cloned().collect();
        all.retain(|(position, ..)| *position > after);
        all.sort_by_key(|(position, ..)| *position);
        all.dedup_by_key(|(position, ..)| *position);
        all
    }
}

fn young(events: &[Sent], age: Duration, now_us: u64) -> impl Iterator<Item = &Sent> {
    let from = now_us.saturating_sub(ms(age) * 1000);
    events.iter().filter(move |(position, ..)| position.0 > from)
}

fn remember(events: &mut Vec<Sent>, entry: Sent, (most, age): (usize, Duration), now_us: u64) {
    let from = now_us.saturating_sub(ms(age) * 1000);
    events.push(entry);
    let above = events.len().saturating_sub(most);
    events.drain(..above);
    events.retain(|(position, ..)| position.0 >= from);
}
