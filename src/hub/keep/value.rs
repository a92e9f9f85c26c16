//! What a publication asks to be kept, and what is read back.

use std::time::Duration;

use bytes::Bytes;

/// What a declared channel wants done with an event besides delivering it.
#[derive(Debug, Clone)]
pub struct Keep {
    /// What tells a retry.
    pub id: Option<EventId>,
    /// Stays for newcomers.
    pub retain: Option<Retain>,
    /// Can be read later.
    pub history: Option<History>,
    /// The event for those who read it.
    pub record: Record,
}

/// What tells an event from others of the channel; the second one of an id is not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// A hash of publisher and id.
    pub key: u128,
    /// How long it is remembered.
    pub window: Duration,
}

/// An event stays for newcomers, in place of the one before it with this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retain {
    /// Event name and key value.
    pub key: Box<str>,
    /// How long it stays.
    pub age: Duration,
    /// Events that the channel keeps; the oldest make room.
    pub keys: usize,
}

/// An event can be read later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Events that the channel keeps; the oldest make room.
    pub events: usize,
    /// How long it is kept.
    pub age: Duration,
}

/// An event for those who read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub name: Box<str>,
    /// Its `data` as JSON text, a part of the frame.
    pub data: Bytes,
    /// When it was accepted, in Unix milliseconds.
    pub at_ms: u64,
}

/// A kept event as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number on the channel: the next one's is greater, also after a restart; below 2^53.
    pub serial: u64,
    /// Its name.
    pub name: Box<str>,
    /// Its `data` as JSON text.
    pub data: Bytes,
    /// When it was accepted, in Unix milliseconds.
    pub at_ms: u64,
}

/// A part of a channel's history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The events asked for, oldest first.
    pub events: Vec<Kept>,
    /// Serial of the oldest event that there is.
    pub first: Option<u64>,
    /// Serial of the newest event that there is.
    pub last: Option<u64>,
}
