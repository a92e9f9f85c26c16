//! What of a channel works, and is probably not what is wanted.

use super::model::Channel;
use super::rule::{Condition, Rule};
use crate::config::model::App;
use crate::config::warning::Warning;

/// The warnings about one channel.
pub(in crate::config) fn warnings(channel: &Channel, apps: &[App]) -> Vec<Warning> {
    let has_channel = |app: &&App| channel.app.as_ref().is_none_or(|id| *id == app.id);
    let apps: Vec<_> = apps.iter().filter(has_channel).collect();
    let mut found: Vec<_> = rule_without_tokens(channel, &apps).into_iter().collect();
    for app in apps {
        found.extend(long_names(channel, app));
        let allowed = app.limits.event_data_bytes;
        found.extend(channel.data_bytes.filter(|declared| *declared > allowed).map(|declared| {
            let (app, channel) = (app.id.clone(), channel.name.to_string());
            Warning::DataBytesBeyondApp { app, channel, declared, allowed }
        }));
    }
    found
}

/// The first rule of a channel that only a token satisfies, when there are none.
fn rule_without_tokens(channel: &Channel, apps: &[&App]) -> Option<Warning> {
    if apps.iter().any(|app| app.tokens.is_some()) {
        return None;
    }
    let twin = channel.twin.iter().flat_map(|twin| &twin.subscribe);
    let events = channel.events.iter().flat_map(|event| event.publish.iter().flatten());
    let mut rules = channel.publish.iter().chain(&channel.subscribe).chain(twin).chain(events);
    let is_free = |condition: &Condition| matches!(condition, Condition::Anyone | Condition::App);
    let needs_token = |rule: &&Rule| !rule.0.iter().all(is_free);
    let (channel, rule) = (channel.name.to_string(), rules.find(needs_token)?.to_string());
    Some(Warning::RuleWithoutTokens { channel, rule })
}

/// Names that the app refuses for their length; a part of a pattern takes one character at least.
fn long_names(channel: &Channel, app: &App) -> Vec<Warning> {
    let warning = |name: String, allowed| Warning::NameTooLong { app: app.id.clone(), name, allowed };
    let (of_channels, of_events) = (app.limits.channel_name, app.limits.event_name);
    let patterns = std::iter::once(&channel.name).chain(channel.twin.iter().map(|twin| &twin.name));
    let patterns = patterns.filter(|pattern| pattern.example().len() > of_channels);
    let mut found: Vec<_> = patterns.map(|pattern| warning(format!("channel {pattern}"), of_channels)).collect();
    let events = channel.events.iter().filter(|event| event.name.chars().count() > of_events);
    found.extend(events.map(|event| warning(format!("event {} of channel {}", event.name, channel.name), of_events)));
    found
}
