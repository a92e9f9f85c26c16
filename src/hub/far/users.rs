//! Users' homes on a node among others: who is signed in anywhere.
//!
//! A node's share of a user is one while the user is signed in at it, else nothing; watchers hear of the first
//! and the last share. Who begins to watch gets an answer when the state of all users asked about is known.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tokio::time::Instant;

use crate::hub::inbox::{Notice, Watcher};
use crate::hub::key::UserKey;
use crate::hub::links::Post;
use crate::hub::user::Users;

use super::ghosts::RETURN;
use super::link::MOVING;
use super::sharing::{Sharing, Terms};
use super::side::Phase;
use super::words::{Change, Look, Place, Position, Report, Request, Ticket, Totals};

/// What a worker's users share of their way to the other nodes.
#[derive(Debug)]
pub(in crate::hub) struct Wide {
    is_away: bool,
    /// Whether this node is about to end.
    is_parting: bool,
    tickets: Ticket,
    /// The time of the last tick.
    now: Option<Instant>,
    /// Users whom an emptied Redis does not know stay online until then.
    patient_until: Option<Instant>,
    /// When users are looked after.
    due: BinaryHeap<Reverse<(Instant, UserKey)>>,
    /// Watchers that wait for their first list.
    answers: HashMap<u64, Answering, foldhash::fast::RandomState>,
}

/// A watcher's first list, until all of it is known.
#[derive(Debug)]
struct Answering {
    watcher: Watcher,
    users: Vec<UserKey>,
    /// Users that are not known yet.
    left: usize,
}

/// One user in the cluster.
#[derive(Debug)]
pub(in crate::hub) struct UserSide {
    phase: Phase,
    position: Position,
    /// Whether the user is signed in anywhere, as watchers here were told last.
    is_online: bool,
    /// Whether the others do not know of it at the moment.
    is_missed: bool,
    /// Whether its share is not told yet, as the user may come back elsewhere.
    is_held: bool,
    sharing: Sharing,
    /// The lists that wait for it.
    answers: Vec<u64>,
}

impl Default for UserSide {
    fn default() -> Self {
        Self {
            phase: Phase::Deaf,
            position: Position::default(),
            is_online: false,
            is_missed: false,
            is_held: false,
            sharing: Sharing::default(),
            answers: Vec::new(),
        }
    }
}

impl UserSide {
    pub(in crate::hub) fn is_idle(&self) -> bool {
        self.sharing.is_settled() && self.phase == Phase::Deaf
    }

    pub(in crate::hub) const fn change(&mut self) {
        self.sharing.change();
    }
}

impl Wide {
    pub(in crate::hub) fn new() -> Self {
        Self {
            is_away: true,
            is_parting: false,
            tickets: 0,
            now: None,
            patient_until: None,
            due: BinaryHeap::new(),
            answers: HashMap::default(),
        }
    }

    /// Whether nobody waits for a first list.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.answers.is_empty()
    }

    /// A user to be looked after now.
    fn overdue(&mut self, now: Instant) -> Option<UserKey> {
        self.due.peek().filter(|Reverse((at, _))| *at <= now)?;
        self.due.pop().map(|Reverse((_, user))| user)
    }

    const fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        self.tickets
    }
}

impl Users {
    /// Registers a watcher of several users; the answer comes when their states are known.
    pub(in crate::hub) fn watch_far(&mut self, watcher: Watcher, users: Vec<UserKey>, post: &mut impl Post) {
        let Some(wide) = &mut self.wide else {
            return;
        };
        let number = wide.ticket();
        wide.answers.insert(number, Answering { watcher, users: users.clone(), left: users.len() });
        for user in users {
            let entry = self.entries.entry(user.clone()).or_default();
            entry.watchers.insert(watcher);
            entry.side.get_or_insert_default().answers.push(number);
            self.drive(&user, post);
        }
    }

    /// Does what is possible now for a user: asks, tells, answers.
    pub(in crate::hub) fn drive(&mut self, user: &UserKey, post: &mut impl Post) {
        let Some((entry, wide)) = self.entries.get_mut(user).zip(self.wide.as_mut()) else {
            return;
        };
        let connections = usize::from(entry.connections > 0);
        let side = entry.side.get_or_insert_default();
        let is_watched = !entry.watchers.is_empty();
        if !wide.is_away {
            if is_watched && side.phase == Phase::Deaf {
                let ticket = wide.ticket();
                side.phase = Phase::Asked(ticket);
                post.ask(Request::Listen(Place::User(user.clone()), ticket));
            }
            let terms = Terms { subscriptions: connections, totals: Totals::Edges, member_limit: 0 };
            if let Some(share) = (!side.is_held).then(|| side.sharing.next(terms, &mut wide.tickets)).flatten() {
                post.ask(Request::Sync(Place::User(user.clone()), share));
            }
        }
        if !is_watched && side.phase != Phase::Deaf {
            post.ask(Request::Unlisten(Place::User(user.clone())));
            side.phase = Phase::Deaf;
            side.position = Position::default();
        }
        if wide.is_away || side.phase == Phase::Live {
            self.answer(user, post);
        }
        self.drop_if_idle(user);
    }

    /// Tells the lists that wait for a user.
    fn answer(&mut self, user: &UserKey, post: &mut impl Post) {
        let is_here = self.entries.get(user).is_some_and(|entry| entry.connections > 0);
        if is_here && self.wide.as_ref().is_some_and(|wide| wide.is_away) {
            // Alone, at least those are known who are signed in here; watchers may not have heard of it from the others.
            self.turn(user, true, post);
        }
        let Some((entry, wide)) = self.entries.get_mut(user).zip(self.wide.as_mut()) else {
            return;
        };
        let Some(side) = &mut entry.side else {
            return;
        };
        for number in std::mem::take(&mut side.answers) {
            let Some(answering) = wide.answers.get_mut(&number) else {
                continue;
            };
            answering.left -= 1;
            if answering.left == 0
                && let Some(Answering { watcher, users, .. }) = wide.answers.remove(&number)
            {
                // Some were known long before the last one, and may have come or gone since.
                let is_online = |user: &UserKey| {
                    let side = self.entries.get(user).and_then(|entry| entry.side.as_ref());
                    side.is_some_and(|side| side.is_online)
                };
                let (online, offline): (Vec<_>, Vec<_>) = users.into_iter().partition(is_online);
                let ids = |users: Vec<UserKey>| users.into_iter().map(|user| user.id).collect();
                let (online, offline) = (ids(online), ids(offline));
                post.post(watcher.worker, Notice::Watched { connection: watcher.connection, online, offline });
            }
        }
    }

    /// Whoever watches no more waits for no list.
    pub(in crate::hub) fn unwatch_far(&mut self, watcher: Watcher) {
        if let Some(wide) = &mut self.wide {
            wide.answers.retain(|_, answering| answering.watcher != watcher);
        }
    }

    /// Takes what the adapter reports of a user, or of itself.
    pub(in crate::hub) fn hear(&mut self, report: Report, post: &mut impl Post) {
        match report {
            Report::Listening(Place::User(user), ticket) => self.listening(&user, ticket, post),
            Report::Looked(Place::User(user), ticket, look) => self.looked(&user, ticket, &look, post),
            Report::Synced(Place::User(user), synced) => {
                if self.side(&user).is_some_and(|side| side.sharing.settle(synced.ticket)) {
                    self.drive(&user, post);
                }
            }
            Report::Changed(Place::User(user), _, position, Change::Total(total)) => {
                self.total(&user, position, total, post);
            }
            Report::Away => self.go_alone(post),
            Report::Back => self.come_back(post),
            Report::Listening(..)
            | Report::Looked(..)
            | Report::Synced(..)
            | Report::Changed(..)
            | Report::Stayed(..)
            | Report::Control(_)
            | Report::Relayed(..) => {}
        }
    }

    fn side(&mut self, user: &UserKey) -> Option<&mut UserSide> {
        self.entries.get_mut(user)?.side.as_deref_mut()
    }

    fn listening(&mut self, user: &UserKey, ticket: Ticket, post: &mut impl Post) {
        if self.side(user).is_none_or(|side| side.phase == Phase::Deaf) {
            // It was asked before this home heard that the others were away, and nobody watches any more.
            return post.ask(Request::Unlisten(Place::User(user.clone())));
        }
        let Some((entry, wide)) = self.entries.get_mut(user).zip(self.wide.as_mut()) else {
            return;
        };
        if let Some(side) = entry.side.as_mut().filter(|side| side.phase == Phase::Asked(ticket)) {
            let ticket = wide.ticket();
            side.phase = Phase::Looking(ticket);
            post.ask(Request::Look(Place::User(user.clone()), ticket, None));
        }
    }

    fn looked(&mut self, user: &UserKey, ticket: Ticket, look: &Look, post: &mut impl Post) {
        let Some(side) = self.side(user).filter(|side| side.phase == Phase::Looking(ticket)) else {
            return;
        };
        side.phase = Phase::Live;
        // What was told meanwhile may be newer.
        if look.position >= side.position {
            side.position = look.position;
            self.stand(user, look.total > 0, post);
        }
        self.drive(user, post);
    }

    /// Takes what a look says. Who is missed may come back with another node.
    fn stand(&mut self, user: &UserKey, is_online: bool, post: &mut impl Post) {
        let Some((entry, wide)) = self.entries.get_mut(user).zip(self.wide.as_mut()) else {
            return;
        };
        let patience = wide.patient_until.filter(|until| wide.now.is_some_and(|now| now < *until));
        if let Some(side) = entry.side.as_mut().filter(|side| side.is_online && !is_online)
            && let Some(until) = patience
        {
            side.is_missed = true;
            wide.due.push(Reverse((until, user.clone())));
        } else {
            self.turn(user, is_online, post);
        }
    }

    /// A user has lost the last connection here. On a node that is about to end that is not told at once.
    pub(in crate::hub) fn go(&mut self, user: &UserKey, post: &mut impl Post) {
        let Some((entry, wide)) = self.entries.get_mut(user).zip(self.wide.as_mut()) else {
            return;
        };
        let side = entry.side.get_or_insert_default();
        side.sharing.change();
        if let Some(now) = wide.now.filter(|_| wide.is_parting) {
            side.is_held = true;
            wide.due.push(Reverse((now + MOVING, user.clone())));
        }
        self.drive(user, post);
    }

    /// Looks after users whose time has come.
    pub(in crate::hub) fn tick(&mut self, now: Instant, post: &mut impl Post) {
        let Some(wide) = &mut self.wide else {
            return;
        };
        wide.now = Some(now);
        while let Some(user) = self.wide.as_mut().and_then(|wide| wide.overdue(now)) {
            let Some(side) = self.side(&user) else {
                continue;
            };
            side.is_held = false;
            if std::mem::take(&mut side.is_missed) {
                self.turn(&user, false, post);
            }
            self.drive(&user, post);
        }
    }

    /// This node is about to end.
    pub(in crate::hub) const fn part(&mut self) {
        if let Some(wide) = &mut self.wide {
            wide.is_parting = true;
        }
    }

    /// A total was told. Each says all, so one that was missed does no harm once another is heard, and a look follows
    /// whenever the adapter was away.
    fn total(&mut self, user: &UserKey, position: Position, total: usize, post: &mut impl Post) {
        let Some(side) = self.side(user).filter(|side| side.phase != Phase::Deaf && position > side.position) else {
            return;
        };
        side.position = position;
        side.is_missed = false;
        self.turn(user, total > 0, post);
    }

    /// Tells watchers of another state; who still waits for the first list gets it with that.
    pub(in crate::hub) fn turn(&mut self, user: &UserKey, is_online: bool, post: &mut impl Post) {
        if let Some(entry) = self.entries.get_mut(user)
            && let Some(side) = &mut entry.side
            && std::mem::replace(&mut side.is_online, is_online) != is_online
        {
            entry.tell(&user.id, is_online, post);
        }
    }

    /// Without the others a user's first connection here is told at once; whether a last one was the last is not known.
    pub(in crate::hub) fn come(&mut self, user: &UserKey, post: &mut impl Post) {
        if self.wide.as_ref().is_some_and(|wide| wide.is_away) {
            self.turn(user, true, post);
        }
    }

    fn go_alone(&mut self, post: &mut impl Post) {
        if let Some(wide) = &mut self.wide {
            wide.is_away = true;
        }
        for user in self.entries.keys().cloned().collect::<Vec<_>>() {
            if let Some(side) = self.side(&user) {
                side.is_missed = false;
                side.phase = Phase::Deaf;
                // An emptied Redis begins below what was heard.
                side.position = Position::default();
                side.sharing.doubt();
            }
            self.drive(&user, post);
        }
    }

    fn come_back(&mut self, post: &mut impl Post) {
        if let Some(wide) = &mut self.wide {
            wide.is_away = false;
            wide.patient_until = wide.now.map(|now| now + RETURN);
        }
        for user in self.entries.keys().cloned().collect::<Vec<_>>() {
            self.drive(&user, post);
        }
    }
}
