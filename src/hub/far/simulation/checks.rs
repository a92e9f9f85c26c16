//! What must hold once the world has become quiet: members, totals, shares, and that nothing is left behind.

use std::collections::{BTreeMap, BTreeSet};

use crate::hub::far::truth::Heard;
use crate::hub::far::{Change, Origin, Place};

use super::ledger::{Client, State};
use super::memory::{Carried, key};
use super::node::Node;
use super::schedule::{CHANNELS, SECOND, USERS, Weather};
use super::world::{World, channel, user};

/// For so long before and after somebody must have been there to be one who stays.
const STAYING: u64 = SECOND;

/// Within so long all nodes have told an emptied Redis what they have.
const RETELLING: u64 = 12 * SECOND;

/// Within so long somebody who leaves a node that drains is back.
const MOVING: u64 = 3 * SECOND;

impl World {
    fn must(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(wrong());
        }
    }

    pub(super) fn subscribers(&self, number: usize) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(move |client| client.channel == number && client.state == State::In)
    }

    /// Who is there, as everybody should see it.
    pub(super) fn members(&self, number: usize) -> BTreeSet<String> {
        self.subscribers(number).filter_map(|client| Some(client.member?.to_string())).collect()
    }

    /// All see the same, and it is so.
    pub(super) fn check_views(&mut self) {
        for (number, kind) in CHANNELS.iter().enumerate() {
            let members = self.members(number);
            let total = self.subscribers(number).count();
            let mut wrong = Vec::new();
            for client in self.subscribers(number) {
                if client.view != members {
                    wrong.push(format!("{client:?} does not see {members:?}"));
                }
                if kind.counts && client.count != Some(total) {
                    wrong.push(format!("{client:?} does not know that {total} are there"));
                }
            }
            self.wrong.append(&mut wrong);
            let look = self.redis.truth(&self.clock).look(&Place::Channel(channel(kind)), None);
            let known: BTreeSet<_> = look.members.iter().map(|(id, _)| id.as_str().to_owned()).collect();
            self.must(known == members, || format!("Redis has {known:?} in {}, not {members:?}", kind.name));
            self.must(look.total == total, || format!("Redis counts {} in {}, not {total}", look.total, kind.name));
        }
        for number in 0..self.clients.len() {
            let state = self.clients[number].state;
            self.must(state != State::Waiting, || format!("client {number} waits for ever"));
        }
    }

    pub(super) fn check_onlookers(&mut self) {
        let online: Vec<bool> =
            (0..USERS).map(|user| self.signed.iter().any(|one| one.is_here && one.user == user)).collect();
        let states: BTreeMap<_, _> =
            online.iter().enumerate().map(|(number, online)| (user(number).id, *online)).collect();
        let here = self.onlookers.iter().filter(|onlooker| onlooker.is_here);
        let wrong = here.filter(|onlooker| !onlooker.has_list || onlooker.states != states);
        let mut wrong: Vec<_> = wrong.map(|onlooker| format!("{onlooker:?} does not see {states:?}")).collect();
        self.wrong.append(&mut wrong);
    }

    /// Redis has exactly what the nodes have.
    pub(super) fn check_shares(&mut self) {
        let told: BTreeMap<(Origin, String), (usize, BTreeSet<String>)> = self
            .redis
            .truth
            .shares()
            .into_iter()
            .map(|(place, origin, subscriptions, held)| {
                let held = held.into_iter().map(|id| id.as_str().to_owned()).collect();
                ((origin, key(&place)), (subscriptions, held))
            })
            .collect();
        let mut real = BTreeMap::new();
        for node in self.nodes.iter().filter(|node| node.is_alive) {
            let origin = node.adapter.former().unwrap();
            real.extend(shares(node).into_iter().map(|(place, share)| ((origin, place), share)));
        }
        self.must(told == real, || format!("Redis thinks of shares {told:?}, which are {real:?}"));
    }

    /// Redis tells nodes what somebody there listens to, and nothing else.
    pub(super) fn check_interest(&mut self) {
        for place in 0..self.nodes.len() {
            let node = &self.nodes[place];
            let session = node.adapter.session.as_ref().map(|session| session.number);
            let told = session.and_then(|session| self.redis.links.get(&session)).map(|link| link.topics.clone());
            let channels = node.homes.channels.iter().filter(|(_, home)| home.subscriptions > 0);
            let users = node.users.entries.iter().filter(|(_, entry)| !entry.watchers.is_empty());
            let channels = channels.map(|(channel, _)| key(&Place::Channel(channel.clone())));
            let wanted = channels.chain(users.map(|(user, _)| key(&Place::User(user.clone())))).collect();
            self.must(told.as_ref() == Some(&wanted), || format!("node {place} hears {told:?}, and wants {wanted:?}"));
        }
    }

    /// Nothing waits.
    pub(super) fn check_settled(&mut self) {
        for place in 0..self.nodes.len() {
            let node = &self.nodes[place];
            let mut wrong = Vec::new();
            if !node.adapter.is_present || !node.adapter.is_idle() {
                wrong.push(format!("node {place} is not at rest: {:?}", node.adapter));
            }
            for (name, home) in &node.homes.channels {
                let Some(side) = &home.side else { continue };
                if !side.is_settled(home.subscriptions > 0) {
                    wrong.push(format!("node {place} is not at rest in {}: {side:?}", name.name.as_str()));
                }
            }
            self.wrong.append(&mut wrong);
        }
    }

    /// In what Redis tells, who comes was not there and who goes was.
    pub(super) fn check_edges(&mut self) {
        let mut there: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (index, (at, place, carried)) in self.redis.told.iter().enumerate() {
            if let Some((_, members)) = self.redis.ends.iter().rev().find(|(end, _)| *end == index) {
                there.clone_from(members);
            }
            let Carried::Told(Heard::Changed(_, _, change)) = carried else { continue };
            let members = there.entry(key(place)).or_default();
            let is_edge = match change {
                Change::Added(id, _) => members.insert(id.as_str().to_owned()),
                Change::Removed(id) => members.remove(id.as_str()),
                Change::Total(_) | Change::Stayed(..) => true,
            };
            if !is_edge {
                wrong.push(format!("at {at} Redis told once more of {place:?}: {change:?}"));
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// Nobody is said to be gone who stays, as long as nodes are never away for long.
    pub(super) fn check_flaps(&mut self) {
        if self.schedule.weather == Weather::Foul || self.schedule.pace.slow > 0 {
            return;
        }
        let stays = |channel: usize, id: &str, at: u64| {
            let is_it = |client: &&Client| client.member.is_some_and(|member| member.to_string() == id);
            let of: Vec<_> = self.clients.iter().filter(|client| client.channel == channel).filter(is_it).collect();
            // Whoever comes back elsewhere in time was never gone, unless that one leaves again.
            let left = |from: u64| of.iter().any(|other| other.until.is_some_and(|to| from < to && to < at + STAYING));
            let until =
                |client: &Client| client.until.map(|to| if client.moves && !left(to) { to + MOVING } else { to });
            // An emptied Redis takes the first who leaves for the last, as long as not all nodes have told it theirs.
            let mut losses = self.redis.losses.iter().filter(|loss| (**loss..**loss + RETELLING).contains(&at));
            if losses.any(|loss| left(*loss)) {
                return false;
            }
            let is_long = |client: &Client| client.since > 0 && client.since + STAYING < at;
            of.iter().any(|client| is_long(client) && until(client).is_none_or(|until| until > at + STAYING))
        };
        let mut wrong = Vec::new();
        for (number, client) in self.clients.iter().enumerate() {
            let told = client.removed.iter().find(|(id, at)| stays(client.channel, id, *at));
            wrong.extend(told.map(|(id, at)| format!("client {number} was told at {at} that {id} went, who stays")));
        }
        self.wrong.append(&mut wrong);
    }

    /// When all have gone and some time has passed, nobody keeps anything.
    pub(super) fn check_emptied(&mut self) {
        for place in 0..self.nodes.len() {
            let node = &self.nodes[place];
            let (homes, users) = (&node.homes.channels, &node.users.entries);
            let waits = node.users.wide.as_ref().is_some_and(|wide| !wide.is_idle());
            let is_empty = homes.is_empty() && users.is_empty() && !waits;
            let left = format!("node {place} keeps {homes:?}, {users:?}, {:?}", node.users.wide);
            self.must(is_empty, || left);
        }
        let occupied = self.redis.truth.occupied();
        self.must(occupied.is_empty(), || format!("Redis keeps {occupied:?}"));
    }
}

/// What a node has of all places.
fn shares(node: &Node) -> Vec<(String, (usize, BTreeSet<String>))> {
    let mut all = Vec::new();
    for (name, home) in &node.homes.channels {
        let members = home.roster.iter().flat_map(|roster| roster.ids()).map(|id| id.as_str().to_owned()).collect();
        all.push((key(&Place::Channel(name.clone())), (home.subscriptions, members)));
    }
    for (user, entry) in &node.users.entries {
        all.push((key(&Place::User(user.clone())), (usize::from(entry.connections > 0), BTreeSet::new())));
    }
    all.retain(|(_, (subscriptions, _))| *subscriptions > 0);
    all
}
