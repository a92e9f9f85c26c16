//! A running app: what is configured, with keys ready to sign and connections counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

use crate::auth::Tokens;
use crate::config;
use crate::hub::{AppIndex, ChannelKey, UserKey};
use crate::protocol::{ChannelName, Signer, UserId};

use super::access::{Access, Verdict, Who};
use super::contract::Contract;
use super::error::Error;
use super::throttle::Throttle;

/// A running app.
#[derive(Debug)]
pub struct App {
    /// Its place in keys.
    pub index: AppIndex,
    /// What is configured.
    pub config: config::App,
    /// What its channels are declared to be.
    pub contract: Contract,
    /// What checks its bearer tokens, if it has any.
    pub tokens: Option<Arc<Tokens>>,
    /// How often addresses may do what costs us something.
    pub throttles: Throttles,
    revoke: Access,
    signers: Vec<(String, Signer)>,
    connections: Arc<AtomicUsize>,
}

/// How often one address may do something; `None` for as often as it likes.
#[derive(Debug)]
pub struct Throttles {
    /// Handshakes.
    pub handshakes: Option<Throttle>,
    /// Calls to the auth endpoints.
    pub auth: Option<Throttle>,
    /// Calls without a valid token.
    pub failed_auth: Option<Throttle>,
}

/// The parts of an app that are made elsewhere.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) contract: Contract,
    pub(super) tokens: Option<Arc<Tokens>>,
    /// Who may revoke tokens.
    pub(super) revoke: Access,
    /// The count of the app's connections, which outlives a reload.
    pub(super) connections: Arc<AtomicUsize>,
}

impl App {
    pub(super) fn new(index: AppIndex, config: config::App, parts: Parts) -> Self {
        let Parts { contract, tokens, revoke, connections } = parts;
        let signer =
            |credential: &config::Credential| (credential.key.clone(), Signer::new(credential.secret.expose()));
        let signers = config.credentials.iter().map(signer).collect();
        let throttles = Throttles {
            handshakes: config.handshake_rate.map(Throttle::new),
            auth: config.auth_rate.map(Throttle::new),
            failed_auth: config.failed_auth_rate.map(Throttle::new),
        };
        Self { index, config, contract, tokens, throttles, revoke, signers, connections }
    }

    /// The app's keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.signers.iter().map(|(key, _)| key.as_str())
    }

    /// The count of its connections.
    pub(super) const fn count(&self) -> &Arc<AtomicUsize> {
        &self.connections
    }

    /// Signs what a client will show: `KEY:SIGNATURE`, with the first key.
    #[must_use]
    pub fn sign(&self, to_sign: &str) -> String {
        let signed = self.signers.first().map(|(key, signer)| format!("{key}:{}", signer.sign(to_sign)));
        signed.unwrap_or_default()
    }

    /// Whether somebody may revoke tokens.
    #[must_use]
    pub fn may_revoke(&self, who: Who<'_>) -> bool {
        self.revoke.decide(who, None) == Verdict::Allowed
    }

    /// The key of an encrypted channel, for those who may read it; `None` without a master key.
    ///
    /// Shape: base64 of the SHA-256 of the channel's name and the master key, as all server libraries
    /// derive it.
    #[must_use]
    pub fn shared_secret(&self, channel: &ChannelName) -> Option<String> {
        let master = BASE64_STANDARD.decode(self.config.encryption_master_key.as_ref()?.expose()).ok()?;
        Some(BASE64_STANDARD.encode(Sha256::new().chain_update(channel.as_str()).chain_update(master).finalize()))
    }

    /// The signer of one of the app's keys.
    #[must_use]
    pub fn signer(&self, key: &str) -> Option<&Signer> {
        self.signers.iter().find(|(known, _)| known == key).map(|(_, signer)| signer)
    }

    /// The app's channel of this name.
    #[must_use]
    pub const fn channel(&self, name: ChannelName) -> ChannelKey {
        ChannelKey { app: self.index, name }
    }

    /// The app's user of this id.
    #[must_use]
    pub const fn user(&self, id: UserId) -> UserKey {
        UserKey { app: self.index, id }
    }

    /// Open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a connection for as long as the permit lives; `None` when the app has all it may have.
    #[must_use]
    pub fn admit(self: &Arc<Self>) -> Option<Permit> {
        let limit = self.config.max_connections.unwrap_or(usize::MAX);
        let more = |open: usize| (open < limit).then_some(open + 1);
        self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Permit(self.clone()))
    }

    /// Checks `KEY:SIGNATURE` over `to_sign`.
    pub(super) fn verify(&self, auth: &str, to_sign: String, what: Purpose<'_>) -> Result<(), Error> {
        let Some((key, signature)) = auth.split_once(':') else {
            return Err(Error::AuthFormat { what: what.in_format() });
        };
        let Some(signer) = self.signer(key) else {
            return Err(Error::AuthKey { what: what.in_key(), key: key.to_owned() });
        };
        if !signer.verifies(&to_sign, signature) {
            return Err(Error::AuthSignature { to_sign, found: signature.to_owned() });
        }
        Ok(())
    }
}

/// What an `auth` is for, as the texts of its refusals say it.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    Subscription(&'a str),
    SignIn,
}

impl Purpose<'_> {
    fn in_format(self) -> String {
        match self {
            Self::Subscription(channel) => format!("subscription to {channel}"),
            Self::SignIn => "signing in".to_owned(),
        }
    }

    const fn in_key(self) -> &'static str {
        match self {
            Self::Subscription(_) => "subscription",
            Self::SignIn => "signin",
        }
    }
}

/// A connection's share of its app's quota; given back when dropped.
#[derive(Debug)]
pub struct Permit(Arc<App>);

impl Permit {
    /// The app.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
