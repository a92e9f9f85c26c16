//! Users' homes: who is signed in, and who watches whom.
//!
//! A user is online while signed in on at least one connection; watchers hear of the edges only.

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::protocol::{UserId, outbound};

use super::inbox::{Notice, Watcher};
use super::key::{ConnectionKey, UserKey, WorkerId};
use super::links::Post;

#[derive(Debug, Default)]
struct Entry {
    connections: usize,
    watchers: IndexSet<Watcher, foldhash::fast::RandomState>,
}

/// The users whose home is this worker.
#[derive(Debug, Default)]
pub(super) struct Users {
    entries: HashMap<UserKey, Entry, foldhash::fast::RandomState>,
}

impl Users {
    pub(super) fn sign_in(&mut self, user: &UserKey, post: &mut impl Post) {
        let entry = self.entries.entry(user.clone()).or_default();
        entry.connections += 1;
        if entry.connections == 1 {
            entry.tell(&user.id, true, post);
        }
    }

    pub(super) fn sign_out(&mut self, user: &UserKey, post: &mut impl Post) {
        if let Some(entry) = self.entries.get_mut(user) {
            entry.connections -= 1;
            if entry.connections == 0 {
                entry.tell(&user.id, false, post);
            }
        }
        self.drop_if_idle(user);
    }

    /// Registers a watcher of several users and answers with their present state.
    pub(super) fn watch(&mut self, watcher: Watcher, users: Vec<UserKey>, post: &mut impl Post) {
        let (mut online, mut offline) = (Vec::new(), Vec::new());
        for user in users {
            let id = user.id.clone();
            let entry = self.entries.entry(user).or_default();
            entry.watchers.insert(watcher);
            if entry.connections > 0 { online.push(id) } else { offline.push(id) }
        }
        post.post(watcher.worker, Notice::Watched { connection: watcher.connection, online, offline });
    }

    pub(super) fn unwatch(&mut self, watcher: Watcher, users: &[UserKey]) {
        for user in users {
            if let Some(entry) = self.entries.get_mut(user) {
                entry.watchers.swap_remove(&watcher);
            }
            self.drop_if_idle(user);
        }
    }

    fn drop_if_idle(&mut self, user: &UserKey) {
        let is_idle = |entry: &Entry| entry.connections == 0 && entry.watchers.is_empty();
        if self.entries.get(user).is_some_and(is_idle) {
            self.entries.remove(user);
        }
    }
}

impl Entry {
    fn tell(&self, id: &UserId, online: bool, post: &mut impl Post) {
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
