//! What a connection heard, read off its wire.

use serde_json::Value;

/// A message on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// The subscription took place; on presence channels with the members and their info.
    Joined(Vec<(String, String)>),
    Added(String, String),
    Removed(String),
    Count(usize),
    Miss,
    Event(usize),
}

/// The first byte of a whole text frame.
const TEXT: u8 = 0x81;

/// Reads whole frames and leaves out those that are not text.
pub(super) fn messages(mut bytes: &[u8]) -> Vec<Value> {
    let mut messages = Vec::new();
    while let [first, length, rest @ ..] = bytes {
        let (length, rest) = match (*length, rest) {
            (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            (short, rest) => (usize::from(short), rest),
        };
        let (payload, rest) = rest.split_at(length);
        if *first == TEXT {
            messages.push(serde_json::from_slice(payload).unwrap());
        }
        bytes = rest;
    }
    messages
}

/// The message's channel and meaning.
pub(super) fn on_channel(message: &Value) -> (&str, Heard) {
    let channel = message["channel"].as_str().unwrap();
    let data: Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
    let id = || data["user_id"].as_str().unwrap().to_owned();
    let heard = match message["event"].as_str().unwrap() {
        "pusher_internal:subscription_succeeded" => Heard::Joined(roster(&data)),
        "pusher_internal:member_added" => Heard::Added(id(), data["user_info"].to_string()),
        "pusher_internal:member_removed" => Heard::Removed(id()),
        "pusher_internal:subscription_count" => Heard::Count(number(&data["subscription_count"])),
        "pusher:cache_miss" => Heard::Miss,
        "event" => Heard::Event(number(&data)),
        other => panic!("nobody sends {other}"),
    };
    (channel, heard)
}

fn roster(data: &Value) -> Vec<(String, String)> {
    let Some(presence) = data.get("presence") else {
        return Vec::new();
    };
    let ids = presence["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
    let roster: Vec<_> = ids.map(|id| (id.to_owned(), presence["hash"][id].to_string())).collect();
    assert_eq!((number(&presence["count"]), presence["hash"].as_object().unwrap().len()), (roster.len(), roster.len()));
    roster
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap().try_into().unwrap()
}

/// The users that a message says to be online, and those that it says to be offline.
pub(super) fn on_users(message: &Value) -> Vec<(usize, bool)> {
    assert_eq!(message["event"], "pusher_internal:watchlist_events");
    let data: Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
    let list = |event: &Value| {
        let is_online = event["name"] == "online";
        let ids = event["user_ids"].as_array().unwrap().clone();
        ids.into_iter().map(move |id| (id.as_str().unwrap().parse().unwrap(), is_online)).collect::<Vec<_>>()
    };
    data["events"].as_array().unwrap().iter().flat_map(list).collect()
}
