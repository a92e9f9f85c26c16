//! The shared truth as the scripts in Redis keep it, in memory, for checks.
//!
//! Deterministic: time comes in with [`Truth::at`]. The same steps on this and on Redis give the same
//! answers and tell listeners the same; `adapter::equivalence` holds both to it.

mod lease;
mod place;
mod stays;

use std::collections::BTreeMap;

use crate::protocol::UserId;

use super::{Change, Look, Origin, Outcome, Place, Position, Share, Stay, Synced};
use place::Standing;

pub(crate) use lease::Expired;

/// Milliseconds between the end of a lease and the first claim.
const GRACE_MS: u64 = 2_000;

/// What every listener of a place hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) place: Place,
    pub(crate) message: Heard,
}

/// A message, with the position before it and its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Stayed(Position, Position, Origin, Box<Stay>),
    Changed(Position, Position, Change),
}

/// What tells a `Stay` that is sent again; a number of 0 is of an event of which nothing stays. The model counts for all
/// buckets together, so numbers of one sender must rise over all places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sending {
    pub(crate) sender: Origin,
    pub(crate) number: u64,
}

/// Who tells a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speaker {
    pub(crate) origin: Origin,
    pub(crate) former: Option<Origin>,
    pub(crate) lease_end_ms: u64,
    /// Rises with the node's sessions. The model knows the latest of each place, Redis of all places of a bucket.
    pub(crate) session: u64,
}

/// What all nodes share.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    now_us: u64,
    grace_ms: u64,
    nodes: BTreeMap<u64, u64>,
    claims: BTreeMap<u64, u64>,
    places: BTreeMap<Key, Standing>,
    done: BTreeMap<u64, u64>,
}

/// In the order of keys in Redis.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u32, char, String);

impl Key {
    fn of(place: &Place) -> Self {
        match place {
            Place::Channel(key) => Self(key.app.0, 'c', key.name.as_str().to_owned()),
            Place::User(key) => Self(key.app.0, 'u', key.id.as_str().to_owned()),
        }
    }
}

impl Default for Truth {
    fn default() -> Self {
        Self::new(GRACE_MS)
    }
}

impl Truth {
    /// With so many milliseconds between the end of a lease and the first claim.
    pub(crate) fn new(grace_ms: u64) -> Self {
        let (nodes, claims) = (BTreeMap::new(), BTreeMap::new());
        Self { now_us: 0, grace_ms, nodes, claims, places: BTreeMap::new(), done: BTreeMap::new() }
    }

    /// Sets Redis' clock, in microseconds of Unix time.
    pub(crate) fn at(&mut self, now_us: u64) -> &mut Self {
        self.now_us = now_us;
        self
    }

    /// Empties Redis.
    pub(crate) fn flush(&mut self) {
        *self = Self { now_us: self.now_us, ..Self::new(self.grace_ms) };
    }

    /// Sets a node's share of a place; what it tells there, it takes over from its life before.
    pub(crate) fn sync(
        &mut self,
        by: Speaker,
        place: &Place,
        share: &Share,
    ) -> Result<(Synced, Vec<Published>), Expired> {
        let Speaker { origin, former, lease_end_ms, session } = by;
        let (now_us, now_ms) = (self.now_us, self.now_ms());
        let standing = self.standing(place);
        if now_ms >= lease_end_ms || !standing.is_latest(origin, session) {
            return Err(Expired);
        }
        if let Some(former) = former {
            standing.take_over(origin, former, share);
        }
        let refused = standing.set(origin, share, now_us);
        let (changes, position) = (std::mem::take(&mut standing.told), standing.position);
        let published = publish(place, &changes);
        Ok((Synced { ticket: share.ticket, position, changes, refused }, published))
    }

    /// Carries out an event that stays.
    pub(crate) fn stay(&mut self, sending: Sending, place: &Place, stay: &Stay) -> (Outcome, Vec<Published>) {
        let Sending { sender, number } = sending;
        let (now_us, is_done) = (self.now_us, self.done.get(&sender.0).copied().unwrap_or_default() >= number);
        let standing = self.standing(place);
        let outcome = if standing.knows(stay, sending, now_us) {
            Outcome::Known
        } else if is_done && !stay.is_late {
            Outcome::Before
        } else {
            let (previous, position) = standing.advance(now_us);
            if !is_done {
                standing.keep(sending, stay, now_us);
            }
            standing.keep_late(sender, stay, now_us);
            Outcome::At(previous, position)
        };
        if !is_done {
            self.done.insert(sender.0, number);
        }
        let Outcome::At(previous, position) = outcome else { return (outcome, Vec::new()) };
        let told = if is_done { stay.clone().repeated() } else { stay.clone() };
        let message = Heard::Stayed(previous, position, sender, Box::new(told));
        (outcome, vec![Published { place: place.clone(), message }])
    }

    /// How a place stands.
    pub(crate) fn look(&mut self, place: &Place, after: Option<Position>) -> Look {
        let now_us = self.now_us;
        self.standing(place).look(after, now_us)
    }

    /// Removes all that a node had.
    pub(crate) fn reap(&mut self, origin: Origin) -> Vec<Published> {
        let now_us = self.now_us;
        let mut published = Vec::new();
        for standing in self.places.values_mut() {
            standing.empty(origin, now_us);
            let told = std::mem::take(&mut standing.told);
            published.extend(standing.place.iter().flat_map(|place| publish(place, &told)));
        }
        published
    }

    /// Removes what a node had of one place; nothing where it has none any more.
    pub(crate) fn reap_one(&mut self, origin: Origin) -> Option<Vec<Published>> {
        let now_us = self.now_us;
        let is_named = |standing: &Standing| standing.has(origin) || standing.speakers().any(|of| of == origin.0);
        let standing = self.places.values_mut().find(|standing| is_named(standing))?;
        standing.empty(origin, now_us);
        let told = std::mem::take(&mut standing.told);
        Some(publish(standing.place.as_ref()?, &told))
    }

    /// Who has how many subscriptions, and which members, of each place.
    pub(crate) fn shares(&self) -> Vec<(Place, Origin, usize, Vec<UserId>)> {
        let of = |standing: &Standing| Some((standing.place.clone()?, standing.shares()));
        let all = self.places.values().filter_map(of);
        all.flat_map(|(place, shares)| shares.into_iter().map(move |(of, n, held)| (place.clone(), of, n, held)))
            .collect()
    }

    /// Subscriptions and members of all occupied places.
    pub(crate) fn occupied(&self) -> Vec<(Place, usize, usize)> {
        let occupied = self.places.values().filter(|standing| standing.is_occupied());
        occupied.filter_map(|at| Some((at.place.clone()?, at.total(), at.members.len()))).collect()
    }

    const fn now_ms(&self) -> u64 {
        self.now_us / 1000
    }

    fn standing(&mut self, place: &Place) -> &mut Standing {
        let standing = self.places.entry(Key::of(place)).or_default();
        standing.place.get_or_insert_with(|| place.clone());
        standing
    }
}

fn publish(place: &Place, changes: &[(Position, Position, Change)]) -> Vec<Published> {
    let message = |(previous, position, change): &(Position, Position, Change)| Published {
        place: place.clone(),
        message: Heard::Changed(*previous, *position, change.clone()),
    };
    changes.iter().map(message).collect()
}
