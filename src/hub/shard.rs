//! One worker's connections and subscribers; synchronous, no locks.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use indexmap::IndexSet;
use slotmap::SlotMap;

use crate::protocol::{Frame, SocketId, UserId, outbound};

use super::home::JoinRefused;
use super::inbox::{Audience, Joined};
use super::key::{ChannelKey, ConnectionKey, UserKey};
use super::outbox::{Bounds, Flushed, Outbox};
use super::ports::Wire;

/// The last frames of a connection: why, and Close.
pub type Farewell = Arc<[Frame; 2]>;

/// What happened to a connection that its task must know; taken by the task.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Signals(u8);

impl Signals {
    /// A subscription or sign-in that it waited for has its answer.
    pub const RESUMED: Self = Self(1);
    /// Frames wait that the wire does not take now.
    pub const BLOCKED: Self = Self(2);
    /// A farewell is in the outbox; nothing follows it.
    pub const CLOSED: Self = Self(4);
    /// The wire is gone.
    pub const BROKEN: Self = Self(8);
    /// Its time to look at the clock has come.
    pub const TIMER: Self = Self(16);

    /// Whether `other` happened.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing happened.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A connection's place on its worker.
#[derive(Debug)]
pub(super) struct Slot {
    socket_id: SocketId,
    wire: Rc<dyn Wire>,
    outbox: Outbox,
    waker: Option<Waker>,
    signals: Signals,
    is_java: bool,
    is_closed: bool,
    is_dirty: bool,
    /// The answer to the subscription that it waits for.
    outcome: Option<Result<(), JoinRefused>>,
    watching: Option<Box<Watching>>,
}

/// Answers that a sign-in with a watchlist still waits for, and what is known so far.
#[derive(Debug)]
struct Watching {
    waiting: usize,
    states: Vec<(UserId, bool)>,
}

/// What a shard counted since it was asked last.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) delivered: u64,
    pub(super) slow: u64,
}

/// One worker's connections, and who of them listens to what.
#[derive(Debug)]
pub(super) struct Shard {
    slots: SlotMap<ConnectionKey, Slot>,
    channels: HashMap<ChannelKey, Subscribers, foldhash::fast::RandomState>,
    users: HashMap<UserKey, Subscribers, foldhash::fast::RandomState>,
    /// Connections whose outbox the next flush looks at.
    dirty: VecDeque<ConnectionKey>,
    bounds: Bounds,
    /// What a connection is told that does not read.
    slow: Farewell,
    counts: Counts,
}

type Subscribers = IndexSet<ConnectionKey, foldhash::fast::RandomState>;

impl Slot {
    fn signal(&mut self, signal: Signals) {
        self.signals.0 |= signal.0;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn is_in(&self, audience: Audience) -> bool {
        match audience {
            Audience::All => true,
            Audience::Except(socket_id) => self.socket_id != socket_id,
            Audience::NotJava => !self.is_java,
        }
    }
}

impl Shard {
    pub(super) fn new(bounds: Bounds, slow: Farewell) -> Self {
        Self {
            slots: SlotMap::with_key(),
            channels: HashMap::default(),
            users: HashMap::default(),
            dirty: VecDeque::new(),
            bounds,
            slow,
            counts: Counts::default(),
        }
    }

    pub(super) fn insert(&mut self, socket_id: SocketId, is_java: bool, wire: Rc<dyn Wire>) -> ConnectionKey {
        self.slots.insert(Slot {
            socket_id,
            wire,
            outbox: Outbox::default(),
            waker: None,
            signals: Signals::default(),
            is_java,
            is_closed: false,
            is_dirty: false,
            outcome: None,
            watching: None,
        })
    }

    pub(super) fn remove(&mut self, connection: ConnectionKey) {
        self.slots.remove(connection);
    }

    pub(super) fn keys(&self) -> Vec<ConnectionKey> {
        self.slots.keys().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// Takes what happened to a connection and registers whom to wake for the next.
    pub(super) fn take_signals(&mut self, connection: ConnectionKey, waker: &Waker) -> Signals {
        let Some(slot) = self.slots.get_mut(connection) else {
            return Signals::BROKEN;
        };
        if !slot.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            slot.waker = Some(waker.clone());
        }
        std::mem::take(&mut slot.signals)
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
            for frame in greeting {
                self.push(joined.connection, &frame);
            }
        }
        None
    }

    pub(super) fn take_outcome(&mut self, connection: ConnectionKey) -> Option<Result<(), JoinRefused>> {
        self.slots.get_mut(connection)?.outcome.take()
    }

    pub(super) fn unsubscribe(&mut self, channel: &ChannelKey, connection: ConnectionKey) {
        remove_from(&mut self.channels, channel, connection);
    }

    pub(super) fn sign_in(&mut self, user: UserKey, connection: ConnectionKey) {
        self.users.entry(user).or_default().insert(connection);
    }

    pub(super) fn sign_out(&mut self, user: &UserKey, connection: ConnectionKey) {
        remove_from(&mut self.users, user, connection);
    }

    pub(super) fn terminate(&mut self, user: &UserKey, farewell: &Farewell) {
        for connection in self.users.get(user).into_iter().flatten().copied().collect::<Vec<_>>() {
            self.close(connection, &farewell[..]);
        }
    }

    /// A connection waits for the state of users from so many homes.
    pub(super) fn await_states(&mut self, connection: ConnectionKey, homes: usize) {
        if let Some(slot) = self.slots.get_mut(connection) {
            slot.watching = Some(Box::new(Watching { waiting: homes, states: Vec::new() }));
        }
    }

    pub(super) fn is_awaiting_states(&self, connection: ConnectionKey) -> bool {
        self.slots.get(connection).is_some_and(|slot| slot.watching.is_some())
    }

    /// One home's answer; with the last, the connection hears of all.
    pub(super) fn watched(&mut self, connection: ConnectionKey, online: Vec<UserId>, offline: Vec<UserId>) {
        let Some(slot) = self.slots.get_mut(connection) else {
            return;
        };
        let Some(mut watching) = slot.watching.take() else {
            return;
        };
        watching.states.extend(online.into_iter().map(|id| (id, true)));
        watching.states.extend(offline.into_iter().map(|id| (id, false)));
        watching.waiting -= 1;
        if watching.waiting > 0 {
            slot.watching = Some(watching);
            return;
        }
        slot.signal(Signals::RESUMED);
        let (online, offline): (Vec<_>, Vec<_>) = watching.states.into_iter().partition(|(_, online)| *online);
        let ids = |states: Vec<(UserId, bool)>| states.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        self.push(connection, &outbound::watchlist_events(&ids(online), &ids(offline)));
    }

    /// A watched user came or went; who still waits for the first list gets it with that.
    pub(super) fn status(&mut self, connection: ConnectionKey, user: &UserId, online: bool, frame: &Frame) {
        let watching = self.slots.get_mut(connection).and_then(|slot| slot.watching.as_mut());
        match watching.and_then(|watching| watching.states.iter_mut().find(|(id, _)| id == user)) {
            Some((_, known)) => *known = online,
            None => self.push(connection, frame),
        }
    }

    /// Writes what waits for one connection.
    pub(super) fn flush(&mut self, connection: ConnectionKey) -> Flushed {
        let Some(slot) = self.slots.get_mut(connection) else {
            return Flushed::Broken;
        };
        slot.is_dirty = false;
        let flushed = slot.outbox.flush(&*slot.wire);
        if flushed == Flushed::Broken {
            slot.is_closed = true;
            slot.outbox = Outbox::default();
        }
        flushed
    }

    /// Writes what waits for at most `limit` connections; whether more remain.
    pub(super) fn flush_dirty(&mut self, limit: usize) -> bool {
        for _ in 0..limit {
            let Some(connection) = self.dirty.pop_front() else {
                return false;
            };
            match self.flush(connection) {
                Flushed::All => {}
                Flushed::Blocked => self.signal(connection, Signals::BLOCKED),
                Flushed::Broken => self.signal(connection, Signals::BROKEN),
            }
        }
        !self.dirty.is_empty()
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
