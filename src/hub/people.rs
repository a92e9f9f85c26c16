//! Who the people at a worker's connections are, and what connections are told of people.

use std::sync::Arc;

use crate::protocol::{Frame, SocketId, UserId, outbound};

use super::far::unix_us;
use super::inbox::Handed;
use super::key::{ConnectionKey, UserKey};
use super::ports::Letter;
use super::shard::Shard;
use super::slot::{Farewell, Signals, Watching};

impl Shard {
    pub(super) fn sign_in(&mut self, user: UserKey, connection: ConnectionKey) {
        self.users.entry(user).or_default().insert(connection, unix_us());
    }

    pub(super) fn sign_out(&mut self, user: &UserKey, connection: ConnectionKey) {
        if let Some(connections) = self.users.get_mut(user) {
            connections.swap_remove(&connection);
            if connections.is_empty() {
                self.users.remove(user);
            }
        }
    }

    /// Closes a user's connections that were signed in before, in Unix microseconds.
    pub(super) fn terminate(&mut self, user: &UserKey, before: u64, farewell: &Farewell) {
        let earlier = self.users.get(user).into_iter().flatten().filter(|(_, since)| **since < before);
        for connection in earlier.map(|(connection, _)| *connection).collect::<Vec<_>>() {
            self.close(connection, &farewell[..]);
        }
    }

    /// A connection bears a token of `bearer` that was issued then, in Unix seconds; of several the first counts.
    pub(super) fn bear(&mut self, bearer: UserKey, connection: ConnectionKey, issued_at: u64) {
        let first = self.bearers.entry(bearer).or_default().entry(connection).or_insert(issued_at);
        *first = issued_at.min(*first);
    }

    pub(super) fn unbear(&mut self, bearer: &UserKey, connection: ConnectionKey) {
        if let Some(connections) = self.bearers.get_mut(bearer) {
            connections.swap_remove(&connection);
            if connections.is_empty() {
                self.bearers.remove(bearer);
            }
        }
    }

    /// Closes connections that bear a token of `bearer` that was issued up to then, in Unix seconds.
    pub(super) fn cut_off(&mut self, bearer: &UserKey, issued_until: u64, farewell: &Farewell) {
        let earlier = self.bearers.get(bearer).into_iter().flatten().filter(|(_, issued)| **issued <= issued_until);
        for connection in earlier.map(|(connection, _)| *connection).collect::<Vec<_>>() {
            self.close(connection, &farewell[..]);
        }
    }

    /// Hands a letter to the connection with this id; one that is closed reads none any more.
    pub(super) fn hand(&mut self, to: SocketId, letter: Arc<dyn Letter>) -> Handed {
        let slot = self.addresses.get(&to).and_then(|connection| self.slots.get_mut(*connection));
        slot.filter(|slot| !slot.is_closed).map_or(Handed::Unknown, |slot| slot.hand(letter))
    }

    pub(super) fn take_letters(&mut self, connection: ConnectionKey) -> Vec<Arc<dyn Letter>> {
        self.slots.get_mut(connection).map_or_else(Vec::new, |slot| slot.take_letters())
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
}
