//! One worker's connections and subscribers; synchronous, no locks.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::rc::Rc;
use std::task::Waker;

use indexmap::{IndexMap, IndexSet};
use slotmap::SlotMap;

use crate::protocol::{Frame, SocketId};

use super::home::JoinRefused;
use super::inbox::{Audience, Greeting, Joined};
use super::key::{ChannelKey, ConnectionKey, UserKey};
use super::outbox::{Bounds, Flushed};
use super::ports::Wire;
use super::slot::{Farewell, Signals, Slot};

/// Calls to one connection's wire in a turn, so that a long greeting lets others come in between.
const WRITES: usize = 16;

/// What a shard counted since it was asked last.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) delivered: u64,
    pub(super) slow: u64,
}

/// One worker's connections, and who of them listens to what.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) slots: SlotMap<ConnectionKey, Slot>,
    channels: HashMap<ChannelKey, Subscribers, foldhash::fast::RandomState>,
    /// With when each connection was signed in, in Unix microseconds.
    pub(super) users: HashMap<UserKey, Since, foldhash::fast::RandomState>,
    /// Whose tokens connections bear, with when the first of each was issued, in Unix seconds.
    pub(super) bearers: HashMap<UserKey, Since, foldhash::fast::RandomState>,
    /// Connections by their socket ids: 25 bytes an entry, 29 to 57 bytes a connection with the
    /// table's free places.
    pub(super) addresses: HashMap<SocketId, ConnectionKey, foldhash::fast::RandomState>,
    /// Connections whose outbox the next flush looks at.
    dirty: VecDeque<ConnectionKey>,
    bounds: Bounds,
    /// What a connection is told that does not read.
    slow: Farewell,
    counts: Counts,
}

pub(super) type Subscribers = IndexSet<ConnectionKey, foldhash::fast::RandomState>;

/// Connections, each with since when it is what it is.
pub(super) type Since = IndexMap<ConnectionKey, u64, foldhash::fast::RandomState>;

impl Shard {
    pub(super) fn new(bounds: Bounds, slow: Farewell) -> Self {
        Self {
            slots: SlotMap::with_key(),
            channels: HashMap::default(),
            users: HashMap::default(),
            bearers: HashMap::default(),
            addresses: HashMap::default(),
            dirty: VecDeque::new(),
            bounds,
            slow,
            counts: Counts::default(),
        }
    }

    pub(super) fn insert(&mut self, socket_id: SocketId, is_java: bool, wire: Rc<dyn Wire>) -> ConnectionKey {
        let connection = self.slots.insert(Slot::new(socket_id, is_java, wire));
        self.addresses.insert(socket_id, connection);
        connection
    }

    pub(super) fn remove(&mut self, connection: ConnectionKey) {
        if let Some(slot) = self.slots.remove(connection)
            && self.addresses.get(&slot.socket_id) == Some(&connection)
        {
            self.addresses.remove(&slot.socket_id);
        }
    }

    pub(super) fn keys(&self) -> Vec<ConnectionKey> {
        self.slots.keys().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn take_counts(&mut self) -> Counts {
        mem::take(&mut self.counts)
    }

    /// Takes what happened to a connection and registers whom to wake for the next.
    pub(super) fn take_signals(&mut self, connection: ConnectionKey, waker: &Waker) -> Signals {
        self.slots.get_mut(connection).map_or(Signals::BROKEN, |slot| slot.take_signals(waker))
    }

    pub(super) fn signal(&mut self, connection: ConnectionKey, signal: Signals) {
        if let Some(slot) = self.slots.get_mut(connection) {
            slot.signal(signal);
        }
    }

    /// Puts a frame in a connection's outbox; a full one closes the connection.
    pub(super) fn push(&mut self, connection: ConnectionKey, frame: &Frame) {
        let Some(slot) = self.slots.get_mut(connection).filter(|slot| !slot.is_closed) else {
            return;
        };
        if slot.outbox.push(frame, self.bounds).is_err() {
            slot.outbox.abandon();
            self.counts.slow += 1;
            let farewell = self.slow.clone();
            self.close(connection, &farewell[..]);
            return;
        }
        if !slot.is_dirty {
            slot.is_dirty = true;
            self.dirty.push_back(connection);
        }
    }

    /// Puts what greets a subscriber in its outbox. Retained events are no sign of slowness, as they
    /// come all at once: of them only one list at a time is outside of the bounds.
    fn greet(&mut self, connection: ConnectionKey, greeting: &Greeting) {
        for frame in &greeting.first {
            self.push(connection, frame);
        }
        let Some(retained) = &greeting.retained else {
            return;
        };
        let Some(slot) = self.slots.get_mut(connection).filter(|slot| !slot.is_closed) else {
            return;
        };
        if slot.outbox.greet(retained) {
            self.soil(connection);
        } else {
            retained.iter().for_each(|frame| self.push(connection, frame));
        }
    }

    /// Whether retained events that greet a connection still wait.
    pub(super) fn is_greeting(&self, connection: ConnectionKey) -> bool {
        self.slots.get(connection).is_some_and(|slot| slot.outbox.is_greeting())
    }

    /// How many of them still wait.
    pub(super) fn greeting_left(&self, connection: ConnectionKey) -> Option<usize> {
        self.slots.get(connection)?.outbox.greeting_left()
    }

    /// Puts a connection's last frames in its outbox; what comes later is dropped.
    pub(super) fn close(&mut self, connection: ConnectionKey, farewell: &[Frame]) {
        let Some(slot) = self.slots.get_mut(connection).filter(|slot| !slot.is_closed) else {
            return;
        };
        slot.is_closed = true;
        let bounds = Bounds { bytes: usize::MAX, frames: usize::MAX };
        for frame in farewell {
            // Two small frames above the bound: the connection must learn why it ends.
            let Ok(()) = slot.outbox.push(frame, bounds) else {
                break;
            };
        }
        slot.signal(Signals::CLOSED);
        if !slot.is_dirty {
            slot.is_dirty = true;
            self.dirty.push_back(connection);
        }
    }

    /// Hands a frame to all subscribers of a channel but those whom `audience` leaves out.
    pub(super) fn deliver(&mut self, channel: &ChannelKey, frame: &Frame, audience: Audience) {
        let Some(subscribers) = self.channels.get(channel) else {
            return;
        };
        let mut slow = Vec::new();
        for connection in subscribers {
            let Some(slot) = self.slots.get_mut(*connection) else {
                continue;
            };
            if slot.is_closed || !slot.is_in(audience) {
                continue;
            }
            if slot.outbox.push(frame, self.bounds).is_err() {
                slow.push(*connection);
                continue;
            }
            self.counts.delivered += 1;
            if !slot.is_dirty {
                slot.is_dirty = true;
                self.dirty.push_back(*connection);
            }
        }
        for connection in slow {
            self.push(connection, frame);
        }
    }

    /// Applies a home's answer. When the connection has gone meanwhile, the answer comes back, and
    /// the caller must leave in its stead.
    pub(super) fn joined(&mut self, joined: Joined) -> Option<Joined> {
        let Some(slot) = self.slots.get_mut(joined.connection) else {
            return joined.outcome.is_ok().then_some(joined);
        };
        slot.outcome = Some(joined.outcome.as_ref().map(|_| ()).map_err(|refused| *refused));
        slot.signal(Signals::RESUMED);
        if let Ok(greeting) = joined.outcome {
            self.channels.entry(joined.channel).or_default().insert(joined.connection);
            self.greet(joined.connection, &greeting);
        }
        None
    }

    pub(super) fn take_outcome(&mut self, connection: ConnectionKey) -> Option<Result<(), JoinRefused>> {
        self.slots.get_mut(connection)?.outcome.take()
    }

    pub(super) fn unsubscribe(&mut self, channel: &ChannelKey, connection: ConnectionKey) {
        remove_from(&mut self.channels, channel, connection);
    }

    /// Writes what waits for one connection, as far as one may write in a turn.
    pub(super) fn flush(&mut self, connection: ConnectionKey) -> Flushed {
        self.write(connection, &mut { WRITES })
    }

    /// Writes what waits for dirty connections, in `limit` calls to their wires at most; whether
    /// more remain.
    pub(super) fn flush_dirty(&mut self, limit: usize) -> bool {
        let mut left = limit;
        while left > 0 {
            let Some(connection) = self.dirty.pop_front() else {
                return false;
            };
            let share = left.min(WRITES);
            let mut writes = share;
            match self.write(connection, &mut writes) {
                Flushed::All => {}
                Flushed::Partly => self.soil(connection),
                Flushed::Blocked => self.signal(connection, Signals::BLOCKED),
                Flushed::Broken => self.signal(connection, Signals::BROKEN),
            }
            left -= (share - writes).max(1);
        }
        !self.dirty.is_empty()
    }

    fn write(&mut self, connection: ConnectionKey, writes: &mut usize) -> Flushed {
        self.slots.get_mut(connection).map_or(Flushed::Broken, |slot| slot.flush(writes))
    }

    /// Something waits for a connection.
    fn soil(&mut self, connection: ConnectionKey) {
        if let Some(slot) = self.slots.get_mut(connection)
            && !mem::replace(&mut slot.is_dirty, true)
        {
            self.dirty.push_back(connection);
        }
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }
}

fn remove_from<K: std::hash::Hash + Eq>(
    sets: &mut HashMap<K, Subscribers, foldhash::fast::RandomState>,
    key: &K,
    connection: ConnectionKey,
) {
    if let Some(set) = sets.get_mut(key) {
        set.swap_remove(&connection);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
