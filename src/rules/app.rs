//! The running apps: what is configured, with keys ready to sign and connections counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config;
use crate::hub::{AppIndex, ChannelKey, UserKey};
use crate::protocol::{AppId, ChannelName, Signer, UserId};

use super::error::Error;

/// A running app.
#[derive(Debug)]
pub struct App {
    /// Its place in keys.
    pub index: AppIndex,
    /// What is configured.
    pub config: config::App,
    signers: Vec<(String, Signer)>,
    connections: AtomicUsize,
}

impl App {
    fn new(index: AppIndex, config: config::App) -> Self {
        let signer =
            |credential: &config::Credential| (credential.key.clone(), Signer::new(credential.secret.expose()));
        let signers = config.credentials.iter().map(signer).collect();
        Self { index, config, signers, connections: AtomicUsize::new(0) }
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

/// All running apps, by id and by key.
#[derive(Debug)]
pub struct Apps {
    by_id: HashMap<AppId, Arc<App>>,
    by_key: HashMap<String, Arc<App>>,
}

impl Apps {
    /// Makes the configured apps ready.
    #[must_use]
    pub fn new(configured: Vec<config::App>) -> Self {
        let mut apps = Self { by_id: HashMap::new(), by_key: HashMap::new() };
        for (index, config) in (0..).map(AppIndex).zip(configured) {
            let app = Arc::new(App::new(index, config));
            for (key, _) in &app.signers {
                apps.by_key.insert(key.clone(), app.clone());
            }
            apps.by_id.insert(app.config.id.clone(), app);
        }
        apps
    }

    /// The app with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<App>> {
        self.by_id.get(&AppId::parse(id).ok()?)
    }

    /// The app with this key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<&Arc<App>> {
        self.by_key.get(key)
    }
}
