//! Who must have heard which events, how often, and in which order.

use std::collections::BTreeMap;

use crate::hub::far::Place;
use crate::hub::far::truth::Heard;

use super::ledger::{self, Client, State};
use super::memory::Carried;
use super::people::RETAINED;
use super::schedule::{CHANNELS, SECOND, Weather};
use super::world::{World, channel};

/// An event's first way through Redis: its place in the order of all that was told, and when.
type Told = BTreeMap<usize, (usize, u64)>;

/// Longest time in which nobody notices that a connection is broken.
const UNNOTICED: u64 = 40 * SECOND;

/// So long after its return a node knows for sure that others may come back later.
const SETTLING: u64 = 10 * SECOND;

/// So long an event that was late can surely be found.
const SOON: u64 = 50 * SECOND;

/// Time in which a node listens again once it is back.
const LISTENING: u64 = 10 * SECOND;

impl World {
    fn told(&self) -> Told {
        let mut told = Told::new();
        for (index, (at, _, carried)) in self.redis.told.iter().enumerate() {
            let frame = match carried {
                Carried::Event(_, event) => &event.frame,
                Carried::Told(Heard::Stayed(_, _, _, stay)) => &stay.event.frame,
                Carried::Told(Heard::Changed(..)) => continue,
            };
            told.entry(ledger::number(frame).unwrap()).or_insert((index, *at));
        }
        told
    }

    pub(super) fn check_events(&mut self) {
        let told = self.told();
        let mut wrong = Vec::new();
        for (number, client) in self.clients.iter().enumerate() {
            let found = [
                self.twice(client),
                self.own_missed(client),
                self.missed(client, &told),
                self.out_of_order(client, &told),
                self.newest_missed(client),
            ];
            wrong.extend(found.into_iter().flatten().map(|what| format!("client {number} {what}: {client:?}")));
        }
        for (number, event) in self.events.iter().enumerate() {
            let is_lost = event.at.iter().any(|(place, life, _)| self.nodes[*place].life == *life);
            if is_lost && !told.contains_key(&number) {
                wrong.push(format!("event {number} was never sent: {event:?}"));
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// A retry at another node cannot be known as one while nodes do not hear of each other.
    fn may_come_twice(&self, event: usize) -> bool {
        self.schedule.weather != Weather::Calm && self.events[event].at.len() > 1
    }

    fn twice(&self, client: &Client) -> Option<String> {
        let mut all: Vec<_> = client.greeted.iter().chain(client.heard.iter().map(|(event, _)| event)).collect();
        all.sort_unstable();
        let twice = all.windows(2).find(|pair| pair[0] == pair[1] && !self.may_come_twice(*pair[0]))?;
        Some(format!("heard event {} twice", twice[0]))
    }

    /// Events that somebody should have, as subscriber to the end.
    fn due<'a>(&'a self, client: &'a Client) -> impl Iterator<Item = usize> + 'a {
        let is_due = |event: &usize| {
            let of = &self.events[*event];
            of.channel == client.channel && of.except != Some(client.socket) && !client.has(*event)
        };
        (0..self.events.len()).filter(move |_| client.state == State::In).filter(is_due)
    }

    /// What the own node published while somebody was a subscriber there.
    fn own_missed(&self, client: &Client) -> Option<String> {
        let is_own = |event: &usize| {
            let mut at = self.events[*event].at.iter();
            at.all(|(place, life, at)| (*place, *life) == (client.node, client.life) && *at > client.since)
        };
        let missed = self.due(client).filter(|event| !self.events[*event].at.is_empty()).find(is_own)?;
        Some(format!("missed its own node's event {missed}"))
    }

    /// Whether its publisher's node was away when its home took it, or had just come back.
    fn waited(&self, event: usize) -> bool {
        let [(place, life, at)] = self.events[event].at[..] else { return false };
        let node = Some(&self.nodes[place]).filter(|node| node.life == life);
        let mut aways = node.into_iter().flat_map(|node| &node.aways);
        aways.any(|(away, back)| {
            let settles = if *away > 0 { SETTLING } else { 0 };
            *away <= at && back.is_none_or(|back| at < back + settles)
        })
    }

    /// What others published, unless the node was away and nobody kept it.
    fn missed(&self, client: &Client, told: &Told) -> Option<String> {
        let node = &self.nodes[client.node];
        let was_away = |at: u64| {
            node.aways.iter().any(|(away, back)| {
                let back = back.map_or(u64::MAX, |back| back + LISTENING);
                *away <= at + UNNOTICED && at <= back
            })
        };
        let is_own = |event: &usize| {
            self.events[*event].at.iter().any(|(place, life, _)| (*place, *life) == (client.node, client.life))
        };
        let is_silent = |event: &usize| {
            let Some((index, at)) = told.get(event).filter(|(_, at)| *at > client.since) else { return false };
            let is_late = self.waited(*event)
                && node.aways.iter().all(|(_, back)| {
                    // Whoever comes back soon finds it.
                    back.is_none_or(|back| back < *at + SOON)
                });
            let was_handed_in = self.handed_in.contains(&(*index, node.life));
            let stays = self.events[*event].wish.history || is_late;
            let was_kept = stays && self.redis.emptied.is_none_or(|emptied| emptied < *at);
            was_handed_in || was_kept || !was_away(*at)
        };
        let missed = self.due(client).filter(|event| !is_own(event)).find(is_silent)?;
        Some(format!("missed event {missed} in silence"))
    }

    /// All in the order of Redis as long as nothing breaks, else each publisher's in its own.
    fn out_of_order(&self, client: &Client, told: &Told) -> Option<String> {
        let node = &self.nodes[client.node];
        if node.life == client.life && node.gaps > 0 {
            return None;
        }
        let heard = client.heard.iter().map(|(event, _)| *event).filter(|event| !self.may_come_twice(*event));
        if self.schedule.weather == Weather::Calm {
            let heard: Vec<_> = heard.map(|event| (told[&event].0, event)).collect();
            let pair = heard.windows(2).find(|pair| pair[0] > pair[1])?;
            return Some(format!("heard {} before {}", pair[0].1, pair[1].1));
        }
        let mut last = BTreeMap::new();
        for event in heard {
            let (place, life, at) = self.events[event].at[0];
            let (before, first) = last.insert((place, life), (at, event)).unwrap_or_default();
            if before > at {
                return Some(format!("heard {first} before {event}"));
            }
        }
        None
    }

    /// Of each key of a channel the newest retained event, and the cached one under no key, since Redis was emptied last.
    fn newest(&self, number: usize) -> BTreeMap<Option<Box<str>>, (usize, u64)> {
        let place = Place::Channel(channel(&CHANNELS[number]));
        let since = self.redis.ends.last().map_or(0, |(end, _)| *end);
        let mut newest = BTreeMap::new();
        for (at, of, carried) in &self.redis.told[since..] {
            let Carried::Told(Heard::Stayed(_, _, _, stay)) = carried else { continue };
            if *of != place {
                continue;
            }
            let event = ledger::number(&stay.event.frame).unwrap();
            let keys = stay.retain.iter().map(|retain| Some(retain.key.clone())).chain(stay.cache.map(|_| None));
            newest.extend(keys.map(|key| (key, (event, *at))));
        }
        newest
    }

    /// All that stays is known to everybody; but who was let in alone need not know of what was published before.
    fn newest_missed(&self, client: &Client) -> Option<String> {
        let newest = self.newest(client.channel);
        if client.state != State::In || newest.keys().filter(|key| key.is_some()).count() > RETAINED {
            return None;
        }
        let is_early = |event: usize| {
            let mut at = self.events[event].at.iter();
            at.any(|(place, life, at)| (*place, *life) == (client.node, client.life) && *at <= client.since)
        };
        let is_due = |(event, at): &(usize, u64)| {
            let is_owed = !client.was_alone || (*at > client.since && !is_early(*event));
            is_owed && self.events[*event].except != Some(client.socket) && !client.has(*event)
        };
        let (missed, _) = newest.values().find(|newest| is_due(newest))?;
        Some(format!("does not know of event {missed}, which stays"))
    }

    /// Who comes now is greeted as Redis has it.
    pub(super) fn check_greetings(&mut self, since: usize) {
        for number in since..self.clients.len() {
            let place = Place::Channel(channel(&CHANNELS[self.clients[number].channel]));
            let look = self.redis.truth(&self.clock).look(&place, None);
            let frame = |past: &crate::hub::far::Past| ledger::number(&past.stay.event.frame).unwrap();
            let retained: Vec<_> = look.retained.iter().map(frame).collect();
            let cached = look.cached.iter().map(frame).filter(|event| !retained.contains(event));
            let due: Vec<_> = cached.chain(retained.iter().copied()).collect();
            let client = &self.clients[number];
            if client.state != State::In || client.greeted != due {
                self.wrong.push(format!("client {number} should be greeted with {due:?}: {client:?}"));
            }
        }
    }
}
