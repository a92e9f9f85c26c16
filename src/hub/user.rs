//! Users' homes: who is signed in, and who watches whom.
//!
//! A user is online while signed in on at least one connection; watchers hear of the edges only.

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::protocol::{UserId, outbound};

use super::far::{UserSide, Wide};
use super::inbox::{Notice, Watcher};
use super::key::{ConnectionKey, UserKey, WorkerId};
use super::links::Post;

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) connections: usize,
    pub(super) watchers: IndexSet<Watcher, foldhash::fast::RandomState>,
    /// On a node among others.
    pub(super) side: Option<Box<UserSide>>,
}

/// The users whose home is this worker.
#[derive(Debug, Default)]
pub(super) struct Users {
    pub(super) entries: HashMap<UserKey, Entry, foldhash::fast::RandomState>,
    /// The way to the other nodes, where there are any.
    pub(super) wide: Option<Wide>,
}

impl Users {
    /// Users of a node that is alone, or of one among others.
    pub(super) fn new(wide: Option<Wide>) -> Self {
        Self { wide, ..Self::default() }
    }

    pub(super) fn sign_in(&mut self, user: &UserKey, post: &mut impl Post) {
        let entry = self.entries.entry(user.clone()).or_default();
        entry.connections += 1;
        if entry.connections > 1 {
            return;
        }
        if self.wide.is_none() {
            return entry.tell(&user.id, true, post);
        }
        entry.side.get_or_insert_default().change();
        self.come(user, post);
        self.drive(user, post);
    }

    pub(super) fn sign_out(&mut self, user: &UserKey, post: &mut impl Post) {
        if let Some(entry) = self.entries.get_mut(user) {
            entry.connections -= 1;
            if entry.connections == 0 && self.wide.is_none() {
                entry.tell(&user.id, false, post);
            } else if entry.connections == 0 {
                self.go(user, post);
            }
        }
        self.drop_if_idle(user);
    }

    /// Registers a watcher of several users and answers with their present state.
    pub(super) fn watch(&mut self, watcher: Watcher, users: Vec<UserKey>, post: &mut impl Post) {
        if self.wide.is_some() {
            return self.watch_far(watcher, users, post);
        }
        let (mut online, mut offline) = (Vec::new(), Vec::new());
        for user in users {
            let id = user.id.clone();
            let entry = self.entries.entry(user).or_default();
            entry.watchers.insert(watcher);
            if entry.connections > 0 { online.push(id) } else { offline.push(id) }
        }
        post.post(watcher.worker, Notice::Watched { connection: watcher.connection, online, offline });
    }

    pub(super) fn unwatch(&mut self, watcher: Watcher, users: &[UserKey], post: &mut impl Post) {
        self.unwatch_far(watcher);
        for user in users {
            if let Some(entry) = self.entries.get_mut(user) {
                entry.watchers.swap_remove(&watcher);
            }
            self.drive(user, post);
            self.drop_if_idle(user);
        }
    }

    pub(super) fn drop_if_idle(&mut self, user: &UserKey) {
        let is_idle = |entry: &Entry| {
            let is_settled = entry.side.as_ref().is_none_or(|side| side.is_idle());
            entry.connections == 0 && entry.watchers.is_empty() && is_settled
        };
        if self.entries.get(user).is_some_and(is_idle) {
            self.entries.remove(user);
        }
    }
}

impl Entry {
    pub(super) fn tell(&self, id: &UserId, online: bool, post: &mut impl Post) {
        if self.watchers.is_empty() {
            return;
        }
        let one = std::slice::from_ref(id);
        let frame = if online { outbound::watchlist_events(one, &[]) } else { outbound::watchlist_events(&[], one) };
        let mut by_worker: HashMap<WorkerId, Vec<ConnectionKey>, foldhash::fast::RandomState> = HashMap::default();
        for watcher in &self.watchers {
            by_worker.entry(watcher.worker).or_default().push(watcher.connection);
        }
        for (worker, connections) in by_worker {
            post.post(worker, Notice::Status { connections, user: id.clone(), online, frame: frame.clone() });
        }
    }
}
