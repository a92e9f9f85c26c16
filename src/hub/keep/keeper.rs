//! What all channels of a worker share for keeping events.

use std::collections::BTreeSet;
use std::rc::Rc;

use tokio::time::Instant;

use crate::hub::key::ChannelKey;
use crate::protocol::Frame;

use super::event::Event;
use super::ids::Ids;
use super::room::Room;
use super::store::Store;
use super::value::{History, Record, Retain};

/// Serials begin at the time in microseconds, but not above this: all that follow, one for each
/// event, stay below 2^53 and exact in clients that keep numbers as doubles.
const LATEST: u64 = 1 << 52;

/// Bounds and order of what a worker's channels keep.
#[derive(Debug)]
pub(in crate::hub) struct Keeper {
    pub(in crate::hub) ids: Ids,
    retained: Room,
    history: Room,
    /// When each channel that keeps anything is looked after next.
    due: BTreeSet<(Instant, ChannelKey)>,
    /// Kept events so far.
    tickets: u64,
    /// The greatest last serial of channels that were forgotten; those that come again go on above.
    floor: u64,
}

/// What is to be kept of an event, and where.
#[derive(Debug)]
pub(in crate::hub) struct Keeping {
    pub(in crate::hub) frame: Frame,
    pub(in crate::hub) record: Record,
    pub(in crate::hub) retain: Option<Retain>,
    pub(in crate::hub) history: Option<History>,
    /// Its number, where others have given it one.
    pub(in crate::hub) serial: Option<u64>,
}

/// Which of its stores makes a channel too big.
#[derive(Debug, Clone, Copy)]
pub(in crate::hub) enum Crowd {
    Retained,
    History,
}

impl Keeper {
    pub(in crate::hub) fn new(ids: usize, retained_bytes: usize, history_bytes: usize) -> Self {
        Self {
            ids: Ids::new(ids),
            retained: Room::new(retained_bytes),
            history: Room::new(history_bytes),
            due: BTreeSet::new(),
            tickets: 0,
            floor: 0,
        }
    }

    /// Keeps an event in the channel's store, which begins to count with it if there is none.
    pub(in crate::hub) fn keep(
        &mut self,
        channel: &ChannelKey,
        store: &mut Option<Box<Store>>,
        keeping: Keeping,
        now: Instant,
    ) {
        let Keeping { frame, record, retain, history, serial } = keeping;
        let start = record.at_ms.saturating_mul(1000).min(LATEST).saturating_sub(1).max(self.floor);
        let store = store.get_or_insert_with(|| Box::new(Store::after(start)));
        store.last = serial.unwrap_or(store.last + 1);
        self.tickets += 1;
        let event = Rc::new(Event::new(frame, self.tickets, store.last, record));
        if let Some(Retain { key, age, keys }) = retain {
            let was = store.retained.share();
            store.retained.insert(key, event.clone(), now + age, keys);
            self.retained.change(channel, was, store.retained.share());
            self.schedule(channel, store, now + age);
        }
        if let Some(History { events, age }) = history {
            let was = store.ring.share();
            store.ring.push(event, now + age, events);
            self.history.change(channel, was, store.ring.share());
            self.schedule(channel, store, now + age);
        }
    }

    /// Looks after a channel at `at`, or sooner where that is planned.
    fn schedule(&mut self, channel: &ChannelKey, store: &mut Store, at: Instant) {
        if store.due.is_some_and(|due| due <= at) {
            return;
        }
        if let Some(due) = store.due.replace(at) {
            self.due.remove(&(due, channel.clone()));
        }
        self.due.insert((at, channel.clone()));
    }

    /// A channel whose oldest event must make room; [`make_room`](Self::make_room) is to follow.
    pub(in crate::hub) fn crowded(&mut self) -> Option<(ChannelKey, Crowd)> {
        let retained = self.retained.crowded().map(|channel| (channel, Crowd::Retained));
        retained.or_else(|| self.history.crowded().map(|channel| (channel, Crowd::History)))
    }

    /// Drops the oldest event of a channel's store.
    pub(in crate::hub) fn make_room(&mut self, channel: &ChannelKey, store: &mut Store, crowd: Crowd) {
        match crowd {
            Crowd::Retained => {
                let was = store.retained.share();
                store.retained.drop_oldest();
                self.retained.change(channel, was, store.retained.share());
            }
            Crowd::History => {
                let was = store.ring.share();
                store.ring.drop_oldest();
                self.history.change(channel, was, store.ring.share());
            }
        }
    }

    /// A channel that is to be looked after; [`expire`](Self::expire) is to follow.
    pub(in crate::hub) fn overdue(&mut self, now: Instant) -> Option<ChannelKey> {
        let is_due = self.due.first().is_some_and(|(at, _)| *at <= now);
        if is_due { self.due.pop_first().map(|(_, channel)| channel) } else { None }
    }

    /// Drops what is too old of a channel that was overdue.
    pub(in crate::hub) fn expire(&mut self, channel: &ChannelKey, store: &mut Store, now: Instant) {
        let was = (store.retained.share(), store.ring.share());
        store.retained.expire(now);
        store.ring.expire(now);
        self.retained.change(channel, was.0, store.retained.share());
        self.history.change(channel, was.1, store.ring.share());
        store.due = None;
        if let Some(next) = store.next_expiry() {
            self.schedule(channel, store, next);
        }
    }

    /// Drops all that a channel keeps.
    pub(in crate::hub) fn clear(&mut self, channel: &ChannelKey, store: &mut Store) {
        for crowd in [Crowd::Retained, Crowd::History] {
            while !store.is_clear(crowd) {
                self.make_room(channel, store, crowd);
            }
        }
        self.forget(channel, store);
    }

    /// Forgets ids whose time is over.
    pub(in crate::hub) fn expire_ids(&mut self, now: Instant) {
        self.ids.expire(now);
    }

    /// A channel with an empty store goes.
    pub(in crate::hub) fn forget(&mut self, channel: &ChannelKey, store: &Store) {
        self.floor = self.floor.max(store.last);
        if let Some(due) = store.due {
            self.due.remove(&(due, channel.clone()));
        }
    }

    #[cfg(test)]
    pub(in crate::hub) fn footprint(&self) -> Footprint {
        Footprint {
            ids: self.ids.len(),
            retained: self.retained.size(),
            history: self.history.size(),
            scheduled: self.due.len(),
        }
    }
}

/// What keeping takes, for tests.
#[cfg(test)]
#[derive(Debug, PartialEq, Eq)]
pub(in crate::hub) struct Footprint {
    /// Ids known, and places in their order.
    pub(in crate::hub) ids: (usize, usize),
    /// Channels and bytes.
    pub(in crate::hub) retained: (usize, usize),
    /// Channels and bytes.
    pub(in crate::hub) history: (usize, usize),
    /// Channels that are looked after.
    pub(in crate::hub) scheduled: usize,
}
