//! What people do, and what they are told.

use std::time::Duration;

use bytes::Bytes;

use crate::hub::cache::Cacheable;
use crate::hub::home::Publication;
use crate::hub::inbox::{Audience, Command, Join, Joined, Leave, Notice, Watcher};
use crate::hub::keep::{EventId, History, Keep, Record, Retain};
use crate::hub::key::{ChannelKey, ConnectionKey, WorkerId};
use crate::protocol::{Member, SocketId};

use super::clock::AtNode;
use super::ledger::{self, Client, Onlooker, State};
use super::node::Owner;
use super::schedule::{CHANNELS, USERS, Wish};
use super::world::{Published, Signed, World, channel, user};

/// Longer than any run.
const AGE: Duration = Duration::from_secs(3600);

/// Retained events that a channel keeps.
pub(super) const RETAINED: usize = 3;

/// Past events that a channel keeps.
const PAST: usize = 1000;

const WORKER: WorkerId = WorkerId(0);

impl World {
    fn command(&mut self, place: usize, command: Command) {
        let takes = self.clock.moment();
        self.later(place, takes, AtNode::Command(command));
    }

    /// In the order in which it is called.
    fn command_at_once(&mut self, place: usize, command: Command) {
        self.later(place, 0, AtNode::Command(command));
    }

    pub(super) fn join(&mut self, place: usize, number: usize, member: usize) {
        if !self.nodes[place].is_alive {
            return;
        }
        let kind = CHANNELS[number];
        let name = channel(&kind);
        let person = name.name.kind().is_presence().then_some(member);
        let key = self.nodes[place].slots.insert(Owner::Client(self.clients.len()));
        let socket = SocketId::new(self.clients.len() as u64, 0, 0);
        self.clients.push(Client {
            node: place,
            life: self.nodes[place].life,
            key,
            socket,
            channel: number,
            member: person,
            state: State::Waiting,
            since: 0,
            until: None,
            moves: false,
            was_alone: false,
            view: std::collections::BTreeSet::new(),
            removed: Vec::new(),
            greeted: Vec::new(),
            heard: Vec::new(),
            count: None,
            is_missed: false,
        });
        let join = Join {
            channel: name,
            from: Watcher { worker: WORKER, connection: key },
            member: person.map(|member| Member { id: user(member).id, info: None }),
            member_limit: kind.member_limit,
            subscriber_limit: None,
            counts: kind.counts,
        };
        self.command_at_once(place, Command::Join(join));
    }

    /// A connection ends; a subscription that it is still waiting for is given back when it comes.
    pub(super) fn leave(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let (place, state) = (client.node, client.state);
        client.state = State::Gone;
        client.until = Some(self.clock.now);
        let (key, kind) = (client.key, CHANNELS[client.channel]);
        let member = client.member.map(|member| user(member).id);
        self.nodes[place].slots.remove(key);
        if state == State::In {
            let leave = Leave { channel: channel(&kind), worker: WORKER, member, counts: kind.counts };
            self.command_at_once(place, Command::Leave(leave));
        }
    }

    /// Numbers of those who are or want to be subscribers.
    pub(super) fn present(&self) -> Vec<usize> {
        let is_here = |client: &Client| matches!(client.state, State::Waiting | State::In);
        self.clients.iter().enumerate().filter(|(_, client)| is_here(client)).map(|(number, _)| number).collect()
    }

    pub(super) fn publish(&mut self, place: usize, number: usize, wish: Wish) {
        let here: Vec<_> =
            self.clients.iter().filter(|client| client.node == place && client.channel == number).collect();
        let except = wish.except.filter(|_| !here.is_empty()).map(|nth| here[nth % here.len()].socket);
        self.events.push(Published { channel: number, wish, at: Vec::new(), except });
        self.publish_event(place, self.events.len() - 1);
    }

    pub(super) fn publish_event(&mut self, place: usize, event: usize) {
        let Published { channel: number, wish, except, .. } = self.events[event];
        let channel = channel(&CHANNELS[number]);
        let frame = ledger::event(event);
        let is_cached = wish.cache && channel.name.kind().is_cache();
        let cache = is_cached.then(|| Cacheable { ttl: AGE, data: Bytes::new() });
        let keep = Keep {
            id: wish.id.then_some(EventId { key: event as u128, window: AGE }),
            retain: wish.retain.map(|key| Retain { key: key.to_string().into(), age: AGE, keys: RETAINED }),
            history: wish.history.then_some(History { events: PAST, age: AGE }),
            record: Record::default(),
        };
        let is_kept = keep.id.is_some() || keep.retain.is_some() || keep.history.is_some();
        let keep = is_kept.then(|| Box::new(keep));
        let publication = Publication { channel, frame, except, cache, keep, receipt: None };
        self.command_at_once(place, Command::Publish(vec![publication]));
    }

    pub(super) fn sign_in(&mut self, place: usize, number: usize) {
        let life = self.nodes[place].life;
        self.signed.push(Signed { node: place, life, user: number, is_here: true });
        self.command(place, Command::SignIn(user(number)));
    }

    pub(super) fn sign_out(&mut self, nth: usize) {
        let here: Vec<_> = self.signed.iter().enumerate().filter(|(_, one)| one.is_here).map(|(at, _)| at).collect();
        if here.is_empty() {
            return;
        }
        let Signed { node, user: number, is_here, .. } = &mut self.signed[here[nth % here.len()]];
        *is_here = false;
        let (place, command) = (*node, Command::SignOut(user(*number)));
        // Not before the signing in, which takes a moment.
        self.later(place, 10_000, AtNode::Command(command));
    }

    pub(super) fn watch(&mut self, place: usize) {
        let node = &mut self.nodes[place];
        let key = node.slots.insert(Owner::Onlooker(self.onlookers.len()));
        let states = std::collections::BTreeMap::new();
        let (life, is_here) = (node.life, true);
        self.onlookers.push(Onlooker { node: place, life, key, is_here, has_list: false, states });
        let watcher = Watcher { worker: WORKER, connection: key };
        self.command_at_once(place, Command::Watch(watcher, (0..USERS).map(user).collect()));
    }

    pub(super) fn unwatch(&mut self, nth: usize) {
        let here: Vec<_> = self.onlookers.iter().enumerate().filter(|(_, one)| one.is_here).map(|(at, _)| at).collect();
        if here.is_empty() {
            return;
        }
        let onlooker = &mut self.onlookers[here[nth % here.len()]];
        onlooker.is_here = false;
        let (place, key) = (onlooker.node, onlooker.key);
        self.nodes[place].slots.remove(key);
        let watcher = Watcher { worker: WORKER, connection: key };
        self.command_at_once(place, Command::Unwatch(watcher, (0..USERS).map(user).collect()));
    }

    /// Tells a node's people what its homes have for them.
    pub(super) fn tell(&mut self, place: usize, notices: Vec<Notice>) {
        let mut returned = Vec::new();
        for notice in notices {
            match notice {
                Notice::Deliver { channel, frame, audience } => self.deliver(place, &channel, &frame, audience),
                Notice::Joined(joined) => returned.extend(self.joined(place, *joined)),
                Notice::Watched { connection, online, offline } => {
                    self.at_onlooker(place, connection, |onlooker| onlooker.watched(&online, &offline));
                }
                Notice::Status { connections, user, online, .. } => {
                    for connection in connections {
                        self.at_onlooker(place, connection, |onlooker| onlooker.status(&user, online));
                    }
                }
                Notice::Terminate { .. } | Notice::CutOff { .. } => unreachable!("nobody asks for it"),
            }
        }
        // Homes are in an order of their own, which must not decide anything here.
        returned.sort_by(|one, other| (&one.channel, &one.member).cmp(&(&other.channel, &other.member)));
        for Joined { channel, member, counts, .. } in returned {
            self.command_at_once(place, Command::Leave(Leave { channel, worker: WORKER, member, counts }));
        }
    }

    fn at_onlooker(
        &mut self,
        place: usize,
        connection: ConnectionKey,
        tell: impl FnOnce(&mut Onlooker) -> Result<(), String>,
    ) {
        if let Some(Owner::Onlooker(number)) = self.nodes[place].slots.get(connection).copied()
            && let Err(wrong) = tell(&mut self.onlookers[number])
        {
            self.wrong.push(format!("onlooker {number} at node {place} {wrong}"));
        }
    }

    fn deliver(&mut self, place: usize, to: &ChannelKey, frame: &crate::protocol::Frame, audience: Audience) {
        let (life, now) = (self.nodes[place].life, self.clock.now);
        for (number, client) in self.clients.iter_mut().enumerate() {
            let is_in = (client.node, client.life) == (place, life) && client.state == State::In;
            let is_meant = match audience {
                Audience::All | Audience::NotJava => true,
                Audience::Except(socket) => socket != client.socket,
            };
            if is_in && is_meant && CHANNELS[client.channel].name == to.name.as_str() {
                self.clock.note(|| format!("client {number} at node {place} hears {}", text(frame)));
                if let Err(wrong) = client.hear(frame, now) {
                    self.wrong.push(format!("client {number} at node {place} {wrong}"));
                }
            }
        }
    }

    /// Gives a subscription back whose connection is gone.
    fn joined(&mut self, place: usize, joined: Joined) -> Option<Joined> {
        let Some(Owner::Client(number)) = self.nodes[place].slots.get(joined.connection).copied() else {
            return joined.outcome.is_ok().then_some(joined);
        };
        let client = &mut self.clients[number];
        client.was_alone = self.nodes[place].aways.last().is_some_and(|(_, back)| back.is_none());
        match client.joined(&joined, self.clock.now) {
            Ok(is_in) => {
                let (view, greeted) = (&client.view, &client.greeted);
                self.clock.note(|| format!("client {number} at node {place} is in: {is_in}, {view:?} {greeted:?}"));
            }
            Err(wrong) => self.wrong.push(format!("client {number} at node {place} {wrong}")),
        }
        None
    }
}

fn text(frame: &crate::protocol::Frame) -> String {
    String::from_utf8_lossy(frame.as_bytes().get(2..).unwrap_or_default()).into_owned()
}
