//! What a reload would change, for a log: names of keys, never what they hold.

use std::fmt;

use super::contract::model::{Channel, Role};
use super::model::{App, AppLimits, Config};

/// One difference between two configurations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// One clause, as `channel rvm-status: changed retain`.
    pub what: String,
    /// Whether it takes hold only when the broker starts again.
    pub needs_restart: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let later = if self.needs_restart { "; it needs a restart" } else { "" };
        write!(f, "{}{later}", self.what)
    }
}

/// The differences that `new` makes, in the order of the file; empty when both are the same.
///
/// The order of channels, roles and apps means nothing.
#[must_use]
pub fn changes(old: &Config, new: &Config) -> Vec<Change> {
    let mut found = Vec::new();
    let tables = [
        ("[server]", old.server != new.server),
        ("[limits]", old.limits != new.limits),
        ("[log]", old.log != new.log),
        ("[adapter]", old.adapter != new.adapter),
        ("[contest]", old.contest != new.contest),
        ("[store]", old.store != new.store),
        ("[gateway]", old.gateway != new.gateway),
    ];
    for (table, is_changed) in tables {
        found.extend(is_changed.then(|| Change { what: format!("{table}: changed"), needs_restart: true }));
    }
    let live = |what| Change { what, needs_restart: false };
    let apps = Kind { name: "app", key: |app: &App| app.id.to_string(), keys: app_keys };
    found.extend(apps.compare(&old.apps, &new.apps).into_iter().map(live));
    let roles = Kind {
        name: "role",
        key: |role: &Role| role.name.clone(),
        keys: |one, other| named(&[("includes", one.includes != other.includes)]),
    };
    found.extend(roles.compare(&old.roles, &new.roles).into_iter().map(live));
    let channels = Kind { name: "channel", key: channel_key, keys: channel_keys };
    found.extend(channels.compare(&old.channels, &new.channels).into_iter().map(live));
    found
}

/// What is compared: how one is called, and which of its keys differ.
struct Kind<T> {
    name: &'static str,
    key: fn(&T) -> String,
    keys: fn(&T, &T) -> Vec<String>,
}

impl<T: PartialEq> Kind<T> {
    fn compare(&self, old: &[T], new: &[T]) -> Vec<String> {
        let find = |list: &[T], key: &str| list.iter().position(|item| (self.key)(item) == key);
        let mut said = Vec::new();
        for item in old {
            let key = (self.key)(item);
            if find(new, &key).is_none() {
                said.push(format!("{} {key}: removed", self.name));
            }
        }
        for item in new {
            let key = (self.key)(item);
            let Some(before) = find(old, &key).and_then(|number| old.get(number)) else {
                said.push(format!("{} {key}: added", self.name));
                continue;
            };
            if before != item {
                said.push(format!("{} {key}: changed {}", self.name, (self.keys)(before, item).join(", ")));
            }
        }
        said
    }
}

/// The names of those that differ.
fn named(keys: &[(&str, bool)]) -> Vec<String> {
    keys.iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| (*name).to_owned()).collect()
}

fn channel_key(channel: &Channel) -> String {
    channel.app.as_ref().map_or_else(|| channel.name.to_string(), |app| format!("{} of app {app}", channel.name))
}

fn channel_keys(one: &Channel, other: &Channel) -> Vec<String> {
    let mut changed = named(&[
        ("description", one.description != other.description),
        ("twin", one.twin != other.twin),
        ("publish", one.publish != other.publish),
        ("subscribe", one.subscribe != other.subscribe),
        ("rate", one.rate != other.rate),
        ("data_bytes", one.data_bytes != other.data_bytes),
        ("subscribers", one.subscribers != other.subscribers),
        ("retain", one.retain != other.retain),
        ("history", one.history != other.history),
        ("enrich", one.timestamp != other.timestamp),
    ]);
    let find = |channel: &Channel, name: &str| channel.events.iter().position(|event| event.name == name);
    let events = one.events.iter().chain(other.events.iter().filter(|event| find(one, &event.name).is_none()));
    for event in events {
        let [before, after] =
            [one, other].map(|channel| find(channel, &event.name).and_then(|number| channel.events.get(number)));
        if before != after {
            changed.push(format!("event {}", event.name));
        }
    }
    if changed.is_empty() {
        changed.push("the order of events".to_owned());
    }
    changed
}

fn app_keys(one: &App, other: &App) -> Vec<String> {
    let mut changed = named(&[
        ("key or secret", one.credentials != other.credentials),
        ("enabled", one.enabled != other.enabled),
        ("tls_only", one.tls_only != other.tls_only),
        ("max_connections", one.max_connections != other.max_connections),
        ("allowed_origins", one.allowed_origins != other.allowed_origins),
        ("client_events", one.client_events != other.client_events),
        ("client_event_rate", one.client_event_rate != other.client_event_rate),
        ("authorized_connections", one.authorized_connections != other.authorized_connections),
        ("authorization_timeout", one.authorization_timeout != other.authorization_timeout),
        ("subscription_count", one.subscription_count != other.subscription_count),
        ("watchlist", one.watchlist != other.watchlist),
        ("cache_ttl", one.cache_ttl != other.cache_ttl),
        ("activity_timeout", one.activity_timeout != other.activity_timeout),
        ("pong_timeout", one.pong_timeout != other.pong_timeout),
        ("assume_protocol", one.assume_protocol != other.assume_protocol),
        ("subscription_error", one.subscription_error != other.subscription_error),
        ("undeclared", one.undeclared != other.undeclared),
        ("event_id_window", one.event_id_window != other.event_id_window),
        ("handshake_rate", one.handshake_rate != other.handshake_rate),
        ("auth_rate", one.auth_rate != other.auth_rate),
        ("failed_auth_rate", one.failed_auth_rate != other.failed_auth_rate),
        ("encryption_master_key", one.encryption_master_key != other.encryption_master_key),
        ("tokens", one.tokens != other.tokens),
    ]);
    changed.extend(limit_keys(&one.limits, &other.limits));
    changed
}

fn limit_keys(one: &AppLimits, other: &AppLimits) -> Vec<String> {
    named(&[
        ("limits.channel_name", one.channel_name != other.channel_name),
        ("limits.event_name", one.event_name != other.event_name),
        ("limits.event_data_bytes", one.event_data_bytes != other.event_data_bytes),
        ("limits.channels_per_event", one.channels_per_event != other.channels_per_event),
        ("limits.batch_events", one.batch_events != other.batch_events),
        ("limits.presence_members", one.presence_members != other.presence_members),
        ("limits.presence_user_id", one.presence_user_id != other.presence_user_id),
        ("limits.presence_user_info_bytes", one.presence_user_info_bytes != other.presence_user_info_bytes),
        ("limits.watchlist_ids", one.watchlist_ids != other.watchlist_ids),
        ("limits.clock_skew", one.clock_skew != other.clock_skew),
    ])
}
