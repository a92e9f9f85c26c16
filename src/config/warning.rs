//! What works, and is probably not what is wanted.

use std::fmt;
use std::net::SocketAddr;

use super::contract;
use super::limits::{event_bytes, roster_bytes};
use super::measure::show_bytes;
use super::model::{AdapterKind, App, Config, TokenKeys};
use super::tokens::plain_host;
use crate::protocol::AppId;

/// The secret in the shipped `channels.toml`, which everybody can read.
const SHIPPED_SECRET: &str = "saluran-secret";

const SHIPPED_TOKEN_SECRET: &str = "saluran-token-secret-for-trials-only";

/// Bytes of a secret that is as long as the hash of HS256.
///
/// Source: RFC 7518, section 3.2.
const TOKEN_SECRET: usize = 32;

/// Something worth a look before others connect; `serve` logs it and starts all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// An app that other machines can reach is signed for with a secret that everybody knows.
    KnownSecret {
        /// The app.
        app: AppId,
    },
    /// The same of the secret that signs tokens.
    KnownTokenSecret {
        /// The app.
        app: AppId,
    },
    /// A secret for tokens that is shorter than what it is hashed with.
    ShortTokenSecret {
        /// The app.
        app: AppId,
        /// Its bytes.
        bytes: usize,
    },
    /// Tokens or keys that travel unencrypted to another machine.
    PlainUrl {
        /// The app.
        app: AppId,
        /// The key of `[app.tokens]`.
        key: &'static str,
        /// The machine.
        host: String,
    },
    /// A rule that asks for a token where no app checks any.
    RuleWithoutTokens {
        /// The channel.
        channel: String,
        /// The first such rule.
        rule: String,
    },
    /// A name that is declared and that an app has no room for.
    NameTooLong {
        /// The app.
        app: AppId,
        /// The channel, or the event and its channel.
        name: String,
        /// Characters that the app allows.
        allowed: usize,
    },
    /// A bound for data that is above the app's own.
    DataBytesBeyondApp {
        /// The app.
        app: AppId,
        /// The channel.
        channel: String,
        /// `data_bytes` of the channel.
        declared: usize,
        /// `event_data_bytes` of the app.
        allowed: usize,
    },
    /// An id that a widespread library refuses.
    IdNotDigits {
        /// The app.
        app: AppId,
    },
    /// Metrics that other machines can read.
    OpenAdmin {
        /// The admin listener.
        address: SocketAddr,
    },
    /// A Redis that is named and not used.
    UnusedRedis,
    /// A batch of the largest events is refused for its size.
    BatchTooLarge {
        /// The app.
        app: AppId,
        /// Bytes of such a batch.
        needed: usize,
        /// `limits.http_body_bytes`.
        allowed: usize,
    },
    /// The roster of a full presence channel may close the connection that joins.
    RosterTooLarge {
        /// The app.
        app: AppId,
        /// Bytes of such a roster.
        needed: usize,
        /// `limits.outbox_bytes`.
        allowed: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KnownSecret { app } => write!(
                f,
                "app {app} uses the secret of the shipped channels.toml, and other machines can reach \
                 it; set SALURAN_APP_SECRET or change the file"
            ),
            Self::KnownTokenSecret { app } => write!(
                f,
                "app {app} checks tokens with the secret of the shipped channels.toml, and other machines \
                 can reach it; set SALURAN_APP_TOKENS_SECRET or change the file"
            ),
            Self::ShortTokenSecret { app, bytes } => write!(
                f,
                "the secret for tokens of app {app} has {bytes} bytes; with less than {TOKEN_SECRET} it can be guessed"
            ),
            Self::PlainUrl { app, key, host } => write!(
                f,
                "{key} of app {app} goes to {host} over plain http; whoever is in between can read and change it"
            ),
            Self::RuleWithoutTokens { channel, rule } => write!(
                f,
                "channel {channel} has the rule `{rule}`, and no app that has the channel has [app.tokens], \
                 so it never holds"
            ),
            Self::NameTooLong { app, name, allowed } => {
                write!(f, "{name} is longer than the {allowed} characters that app {app} allows; nobody can use it")
            }
            Self::DataBytesBeyondApp { app, channel, declared, allowed } => write!(
                f,
                "channel {channel} allows data of {}, and app {app} only {}",
                show_bytes(*declared),
                show_bytes(*allowed)
            ),
            Self::IdNotDigits { app } => {
                write!(f, "app id {app} is not made of digits only; the Python server library refuses it")
            }
            Self::OpenAdmin { address } => {
                write!(f, "the admin listener {address} can be reached from other machines and asks for no password")
            }
            Self::UnusedRedis => f.write_str(
                "[adapter] has a url, and its kind is \"local\", so Redis is not used; set kind = \"redis\" \
                 (SALURAN_ADAPTER_KIND) or leave url out",
            ),
            Self::BatchTooLarge { app, needed, allowed } => write!(
                f,
                "a batch of the largest events of app {app} takes {needed} bytes, and limits.http_body_bytes \
                 is {}",
                show_bytes(*allowed)
            ),
            Self::RosterTooLarge { app, needed, allowed } => write!(
                f,
                "the members of a full presence channel of app {app} can take {needed} bytes, and \
                 limits.outbox_bytes is {}",
                show_bytes(*allowed)
            ),
        }
    }
}

/// The warnings about a configuration that has no mistakes.
pub(super) fn warnings(config: &Config) -> Vec<Warning> {
    let mut found = Vec::new();
    for app in &config.apps {
        let known = app.credentials.iter().any(|held| held.secret.expose() == SHIPPED_SECRET);
        if known && !config.server.host.is_loopback() {
            found.push(Warning::KnownSecret { app: app.id.clone() });
        }
        found.extend(token_warnings(app, !config.server.host.is_loopback()));
        if !app.id.as_str().chars().all(|c| c.is_ascii_digit()) {
            found.push(Warning::IdNotDigits { app: app.id.clone() });
        }
        found.extend(sizes(app, config));
    }
    found.extend(config.channels.iter().flat_map(|channel| contract::warnings(channel, &config.apps)));
    let open = config.server.admin.filter(|address| !address.ip().is_loopback());
    found.extend(open.map(|address| Warning::OpenAdmin { address }));
    found.extend(adapter_warning(config));
    found
}

fn adapter_warning(config: &Config) -> Option<Warning> {
    let is_unused = config.adapter.kind == AdapterKind::Local && !config.adapter.servers.is_empty();
    is_unused.then_some(Warning::UnusedRedis)
}

fn token_warnings(app: &App, is_reachable: bool) -> Vec<Warning> {
    let Some(tokens) = &app.tokens else { return Vec::new() };
    let id = || app.id.clone();
    let mut found = Vec::new();
    if let Some(TokenKeys::Secret(secret)) = &tokens.keys {
        let (text, bytes) = (secret.expose(), secret.expose().len());
        found.extend((text == SHIPPED_TOKEN_SECRET && is_reachable).then(|| Warning::KnownTokenSecret { app: id() }));
        found.extend((bytes < TOKEN_SECRET).then(|| Warning::ShortTokenSecret { app: id(), bytes }));
    }
    let jwks = if let Some(TokenKeys::JwksUrl { url, .. }) = &tokens.keys { Some(url) } else { None };
    let introspection = tokens.introspection.as_ref().map(|introspection| &introspection.url);
    for (key, url) in [("jwks", jwks), ("introspection_url", introspection)] {
        let host = url.and_then(|url| plain_host(url));
        found.extend(host.map(|host| Warning::PlainUrl { app: id(), key, host }));
    }
    found
}

fn sizes(app: &App, config: &Config) -> impl Iterator<Item = Warning> {
    let batch = event_bytes(&app.limits).saturating_mul(app.limits.batch_events);
    let roster = roster_bytes(&app.limits);
    let (body, outbox) = (config.limits.http_body_bytes, config.limits.outbox_bytes);
    let id = || app.id.clone();
    let batch = (batch > body).then(|| Warning::BatchTooLarge { app: id(), needed: batch, allowed: body });
    let roster = (roster > outbox).then(|| Warning::RosterTooLarge { app: id(), needed: roster, allowed: outbox });
    batch.into_iter().chain(roster)
}
