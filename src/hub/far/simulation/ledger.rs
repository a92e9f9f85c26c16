//! What a subscriber was told, and whether it can be true.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::hub::inbox::{Greeting, Joined};
use crate::hub::key::ConnectionKey;
use crate::protocol::{Frame, SocketId, UserId};

use super::schedule::CHANNELS;

/// Where somebody is who wants to be a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    In,
    Refused,
    /// Left, or went with the node.
    Gone,
}

/// A connection with one subscription, and what it was told.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) node: usize,
    pub(super) life: u64,
    pub(super) key: ConnectionKey,
    pub(super) socket: SocketId,
    pub(super) channel: usize,
    pub(super) member: Option<usize>,
    pub(super) state: State,
    /// When it became a subscriber.
    pub(super) since: u64,
    pub(super) until: Option<u64>,
    /// Whether it left with its node and comes back at another one.
    pub(super) moves: bool,
    /// Whether its node was alone when it became one.
    pub(super) was_alone: bool,
    /// Members, as far as it was told.
    pub(super) view: BTreeSet<String>,
    /// Who was said to be gone, and when.
    pub(super) removed: Vec<(String, u64)>,
    /// Events that greeted it.
    pub(super) greeted: Vec<usize>,
    /// Events that came later, and when.
    pub(super) heard: Vec<(usize, u64)>,
    pub(super) count: Option<usize>,
    pub(super) is_missed: bool,
}

/// Somebody who watches all users.
#[derive(Debug)]
pub(super) struct Onlooker {
    pub(super) node: usize,
    pub(super) life: u64,
    pub(super) key: ConnectionKey,
    pub(super) is_here: bool,
    pub(super) has_list: bool,
    pub(super) states: BTreeMap<UserId, bool>,
}

/// What a frame says.
#[derive(Debug)]
enum Said {
    Joined(Vec<String>),
    Added(String),
    Removed(String),
    Count(usize),
    Miss,
    Event(usize),
}

/// The frame of an event.
pub(super) fn event(number: usize) -> Frame {
    Frame::text(9, |out| out.extend_from_slice(format!("e{number}").as_bytes()))
}

/// An event's number.
pub(super) fn number(frame: &Frame) -> Option<usize> {
    let text = std::str::from_utf8(payload(frame)).ok()?;
    text.strip_prefix('e')?.parse().ok()
}

fn payload(frame: &Frame) -> &[u8] {
    match frame.as_bytes() {
        [_, 126, _, _, payload @ ..] | [_, _, payload @ ..] => payload,
        other => panic!("{other:?} is no frame"),
    }
}

fn read(frame: &Frame) -> Said {
    if let Some(number) = number(frame) {
        return Said::Event(number);
    }
    let message: Value = serde_json::from_slice(payload(frame)).unwrap();
    let data: Value = message["data"].as_str().map_or(Value::Null, |data| serde_json::from_str(data).unwrap());
    let id = || data["user_id"].as_str().unwrap().to_owned();
    match message["event"].as_str().unwrap() {
        "pusher_internal:subscription_succeeded" => {
            let ids = data["presence"]["ids"].as_array().into_iter().flatten();
            Said::Joined(ids.map(|id| id.as_str().unwrap().to_owned()).collect())
        }
        "pusher_internal:member_added" => Said::Added(id()),
        "pusher_internal:member_removed" => Said::Removed(id()),
        "pusher_internal:subscription_count" => {
            Said::Count(data["subscription_count"].as_u64().unwrap().try_into().unwrap())
        }
        "pusher:cache_miss" => Said::Miss,
        other => panic!("nobody sends {other}"),
    }
}

impl Client {
    /// Takes an answer; says whether that makes it a subscriber.
    pub(super) fn joined(&mut self, joined: &Joined, now: u64) -> Result<bool, String> {
        if self.state != State::Waiting {
            return Err(format!("was answered as {:?}", self.state));
        }
        let Ok(Greeting { first, retained }) = &joined.outcome else {
            self.state = State::Refused;
            return Ok(false);
        };
        self.state = State::In;
        self.since = now;
        for frame in first.iter().chain(retained.iter().flat_map(|all| all.iter())) {
            match read(frame) {
                Said::Joined(ids) => {
                    let count = ids.len();
                    self.view = ids.into_iter().collect();
                    if self.view.len() != count {
                        return Err("was told of a member twice in one list".to_owned());
                    }
                }
                Said::Event(number) if self.greeted.contains(&number) => {
                    return Err(format!("was greeted with event {number} twice"));
                }
                Said::Event(number) => self.greeted.push(number),
                Said::Miss => self.is_missed = true,
                said @ (Said::Added(_) | Said::Removed(_) | Said::Count(_)) => {
                    return Err(format!("was greeted with {said:?}"));
                }
            }
        }
        match self.member {
            Some(member) if !self.view.contains(&member.to_string()) => Err("is not in its own list".to_owned()),
            _ => Ok(true),
        }
    }

    /// Takes a frame.
    pub(super) fn hear(&mut self, frame: &Frame, now: u64) -> Result<(), String> {
        match read(frame) {
            Said::Added(id) => {
                if !self.view.insert(id.clone()) {
                    return Err(format!("was told twice that {id} is there"));
                }
            }
            Said::Removed(id) => {
                if !self.view.remove(&id) {
                    return Err(format!("was told that {id} went, who was not there"));
                }
                self.removed.push((id, now));
            }
            Said::Count(count) if CHANNELS[self.channel].counts => self.count = Some(count),
            Said::Event(number) => self.heard.push((number, now)),
            said @ (Said::Joined(_) | Said::Count(_) | Said::Miss) => return Err(format!("was told {said:?}")),
        }
        Ok(())
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.greeted.contains(&number) || self.heard.iter().any(|(heard, _)| *heard == number)
    }
}

impl Onlooker {
    pub(super) fn watched(&mut self, online: &[UserId], offline: &[UserId]) -> Result<(), String> {
        self.states.extend(online.iter().map(|id| (id.clone(), true)));
        self.states.extend(offline.iter().map(|id| (id.clone(), false)));
        if std::mem::replace(&mut self.has_list, true) { Err("got two first lists".to_owned()) } else { Ok(()) }
    }

    /// What comes before the first list is told, too, and the list has the last word.
    pub(super) fn status(&mut self, user: &UserId, is_online: bool) -> Result<(), String> {
        if self.states.insert(user.clone(), is_online) == Some(is_online) && self.has_list {
            return Err(format!("was told twice that {user:?} is online: {is_online}"));
        }
        Ok(())
    }
}
