//! Declared channels and roles as plain values, with their defaults.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonschema::Validator;
use serde_json::Value;

use super::pattern::Pattern;
use super::rule::Rule;
use crate::protocol::AppId;

/// A role that bearer tokens may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// As the token's list of roles has it.
    pub name: String,
    /// Roles whose rights this one has too, with all that those include.
    pub includes: Vec<String>,
}

/// What holds for a channel or a family of channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// The app that it is declared for; `None` for all.
    pub app: Option<AppId>,
    /// The names that it stands for.
    pub name: Pattern,
    /// What it is, for documents made of this.
    pub description: String,
    /// The private names of the same channels, if any.
    pub twin: Option<Twin>,
    /// Who may publish, unless an event says otherwise.
    pub publish: Vec<Rule>,
    /// Who may subscribe.
    pub subscribe: Vec<Rule>,
    /// The events there are; empty for any.
    pub events: Vec<Event>,
    /// Events that a publisher may publish on one channel in a time; the app's secret is not limited.
    pub rate: Option<Pace>,
    /// Bytes of an event's data, where that is less than the app allows.
    pub data_bytes: Option<usize>,
    /// Connections that may be subscribed to one channel.
    pub subscribers: Option<usize>,
    /// What stays for newcomers.
    pub retain: Option<Retain>,
    /// What can be read later.
    pub history: Option<History>,
    /// Whether data without `timestamp` gets the time of its arrival.
    pub timestamp: bool,
}

/// A second name for channels: what is published on one name is delivered on the other too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The other names, with the same parts.
    pub name: Pattern,
    /// Who may subscribe to them.
    pub subscribe: Vec<Rule>,
}

/// One kind of event on a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// What it is, for documents made of this.
    pub description: String,
    /// What its data looks like; `None` for anything.
    pub schema: Option<Schema>,
    /// Who may publish it, in place of whom the channel allows.
    pub publish: Option<Vec<Rule>>,
    /// As the channel's, for this event alone.
    pub rate: Option<Pace>,
}

/// How often something may happen: at most `count` times in `per`, evenly refilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Times, at least 1.
    pub count: u32,
    /// The time that they may take place in.
    pub per: Duration,
}

/// The newest event of each name and key stays for newcomers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retain {
    /// The field of `data` whose value is the key; data without it shares one key.
    pub by: String,
    /// How long an event stays.
    pub age: Duration,
    /// Events that one channel keeps; the oldest make room.
    pub keys: usize,
}

/// The last events of a channel can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Events that one channel keeps.
    pub events: usize,
    /// How long an event is kept.
    pub age: Duration,
}

/// A JSON Schema, ready to check with.
#[derive(Clone)]
pub struct Schema {
    /// The schema as it is written.
    pub document: Arc<Value>,
    /// What checks data against it.
    pub validator: Arc<Validator>,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.document)
    }
}

/// What happens to channels that nothing declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undeclared {
    /// They are as Pusher's.
    #[default]
    Allow,
    /// Nobody may publish or subscribe.
    Refuse,
}
