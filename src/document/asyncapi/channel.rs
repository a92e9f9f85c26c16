//! A declared name as a channel of the document.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::declared::Declared;
use super::super::names::{Names, key};
use super::components::Components;
use super::object::{put, put_some};
use crate::config::contract::model::Pace;

/// A declared name, and the ids that it and its messages have in the document.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) id: String,
    pub(super) names: Declared<'a>,
    /// In the order of the events; one that stands for any when none is declared.
    pub(super) messages: Vec<String>,
}

impl<'a> Entry<'a> {
    /// Gives ids; what its events have in common with others goes to `components`.
    pub(super) fn new(names: Declared<'a>, ids: &mut Names, components: &mut Components<'a>) -> Self {
        let id = ids.take(&[key(names.name.as_str())], "-");
        let messages = match names.events() {
            [] => vec![components.any_event()],
            events => events.iter().map(|event| components.message(event, &id)).collect(),
        };
        Self { id, names, messages }
    }

    /// The channel object.
    pub(super) fn channel(&self, all: &[Self]) -> Value {
        let reference = |id: &String| (id.clone(), json!({ "$ref": format!("#/components/messages/{id}") }));
        let messages: Map<_, _> = self.messages.iter().map(reference).collect();
        let mut channel = json!({ "address": self.names.name.as_str(), "messages": messages });
        put(&mut channel, "description", &*self.names.channel.description);
        let parameters: Map<_, _> = self.names.name.parts().map(|part| (part.to_owned(), parameter(part))).collect();
        if !parameters.is_empty() {
            put(&mut channel, "parameters", parameters);
        }
        let twin = all.iter().find(|other| self.names.twin.is_some_and(|twin| twin == other.names.name));
        put_some(&mut channel, "x-saluran-twin", twin.map(|twin| &*twin.id));
        self.extend(&mut channel);
        channel
    }

    /// What AsyncAPI has no word for.
    fn extend(&self, channel: &mut Value) {
        let declared = self.names.channel;
        let retain = declared.retain.as_ref().map(|retain| {
            let age = milliseconds(retain.age);
            json!({ "by": retain.by, "age_ms": age, "keys": retain.keys })
        });
        let history = declared.history.as_ref().map(|history| {
            let age = milliseconds(history.age);
            json!({ "events": history.events, "age_ms": age })
        });
        put_some(channel, "x-saluran-retain", retain);
        put_some(channel, "x-saluran-history", history);
        put_some(channel, "x-saluran-timestamp", declared.timestamp.then_some(true));
        put_some(channel, "x-saluran-data-bytes", declared.data_bytes);
        put_some(channel, "x-saluran-subscribers", declared.subscribers);
    }
}

fn parameter(part: &str) -> Value {
    json!({ "description": format!("`{part}` in the channel's name: one or more characters, no dot.") })
}

/// A rate as an extension has it.
pub(super) fn rate(pace: Pace) -> Value {
    json!({ "count": pace.count, "per_ms": milliseconds(pace.per) })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
