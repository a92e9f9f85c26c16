//! Who may do what: the operations of the document.

use std::slice::from_ref;

use serde_json::{Map, Value, json};

use super::super::names::Names;
use super::channel::{Entry, rate};
use super::object::{put, put_some};
use super::security::required;
use crate::config::contract::model::{Event, Pace};
use crate::config::contract::rule::Rule;

/// For each channel what subscribers get and what publishers may send; events with rules or a rate of
/// their own are operations of their own. What nobody may do is left out.
pub(super) fn operations(entries: &[Entry<'_>]) -> Map<String, Value> {
    let mut ids = Names::default();
    let mut operations = Map::new();
    for entry in entries {
        if let Some(operation) = sending(entry) {
            operations.insert(ids.take(&[format!("{}.send", entry.id)], "-"), operation);
        }
        for receiving in receiving(entry) {
            if let Some(operation) = receiving.operation(entry) {
                operations.insert(ids.take(from_ref(&receiving.id), "-"), operation);
            }
        }
    }
    operations
}

fn sending(entry: &Entry<'_>) -> Option<Value> {
    let rules = entry.names.subscribe;
    if rules.is_empty() {
        return None;
    }
    let mut operation = operation(entry, "send", &entry.messages);
    put(&mut operation, "summary", format!("Subscribers of {} get these events.", entry.names.name));
    put(&mut operation, "x-saluran-subscribe", texts(rules));
    let ways = required(rules, entry.names.name.kind().needs_signature());
    put_some(&mut operation, "security", ways);
    Some(operation)
}

/// Events that the same publishers may send at the same rate.
struct Receiving<'a> {
    id: String,
    messages: Vec<String>,
    rules: &'a [Rule],
    rate: Option<Pace>,
}

fn receiving<'a>(entry: &Entry<'a>) -> Vec<Receiving<'a>> {
    let channel = entry.names.channel;
    let id = format!("{}.receive", entry.id);
    if channel.events.is_empty() {
        let messages = entry.messages.clone();
        return vec![Receiving { id, messages, rules: &channel.publish, rate: channel.rate }];
    }
    let pairs = || channel.events.iter().zip(&entry.messages);
    let is_special = |event: &Event| event.publish.is_some() || event.rate.is_some();
    let plain: Vec<_> = pairs().filter(|(event, _)| !is_special(event)).map(|(_, message)| message.clone()).collect();
    let special = pairs().filter(|(event, _)| is_special(event)).map(|(event, message)| Receiving {
        id: format!("{id}.{message}"),
        messages: vec![message.clone()],
        rules: event.publish.as_ref().unwrap_or(&channel.publish),
        rate: event.rate.or(channel.rate),
    });
    let special: Vec<_> = special.collect();
    let plain = Receiving { id, messages: plain, rules: &channel.publish, rate: channel.rate };
    std::iter::once(plain).filter(|plain| !plain.messages.is_empty()).chain(special).collect()
}

impl Receiving<'_> {
    fn operation(&self, entry: &Entry<'_>) -> Option<Value> {
        if self.rules.is_empty() {
            return None;
        }
        let mut operation = operation(entry, "receive", &self.messages);
        put(&mut operation, "summary", format!("Publishers on {} send these events.", entry.names.name));
        put(&mut operation, "x-saluran-publish", texts(self.rules));
        put_some(&mut operation, "x-saluran-rate", self.rate.map(rate));
        put_some(&mut operation, "security", required(self.rules, false));
        Some(operation)
    }
}

fn operation(entry: &Entry<'_>, action: &str, messages: &[String]) -> Value {
    let channel = format!("#/channels/{}", entry.id);
    let messages: Vec<_> = messages.iter().map(|id| json!({ "$ref": format!("{channel}/messages/{id}") })).collect();
    json!({ "action": action, "channel": { "$ref": channel }, "messages": messages })
}

fn texts(rules: &[Rule]) -> Value {
    rules.iter().map(Rule::to_string).collect()
}
