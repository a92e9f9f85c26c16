//! What works, and is probably not what is wanted.

use std::fmt;
use std::net::SocketAddr;

use super::limits::{event_bytes, roster_bytes};
use super::measure::show_bytes;
use super::model::{App, Config};
use crate::protocol::AppId;

/// The secret in the shipped `channels.toml`, which everybody can read.
const SHIPPED_SECRET: &str = "saluran-secret";

/// Something worth a look before others connect; `serve` logs it and starts all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// An app that other machines can reach is signed for with a secret that everybody knows.
    KnownSecret {
        /// The app.
        app: AppId,
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
            Self::IdNotDigits { app } => {
                write!(f, "app id {app} is not made of digits only; the Python server library refuses it")
            }
            Self::OpenAdmin { address } => {
                write!(f, "the admin listener {address} can be reached from other machines and asks for no password")
            }
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
        if !app.id.as_str().chars().all(|c| c.is_ascii_digit()) {
            found.push(Warning::IdNotDigits { app: app.id.clone() });
        }
        found.extend(sizes(app, config));
    }
    let open = config.server.admin.filter(|address| !address.ip().is_loopback());
    found.extend(open.map(|address| Warning::OpenAdmin { address }));
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
