//! Keys that check tokens: one that is configured, or a set that may change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::watch;
use tokio::time::timeout;

use super::error::Error;
use super::identity::unix_now;
use super::keeper::{Keeper, Unreachable};
use crate::config::{self, TokenKeys};

/// Time between two attempts to get a key set because of an unknown `kid`.
const GAP: u64 = 10;

/// Why a configured key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key of the configured algorithm.
    #[error("it is no public key for the configured algorithm")]
    Pem,
    /// Not a JSON Web Key Set, or one without any usable key.
    #[error("it is no key set with a key for the configured algorithm")]
    Jwks,
}

/// Where the keys of an app's tokens are.
pub(super) enum Keys {
    One(Box<DecodingKey>),
    Set(Arc<KeySet>),
    Remote(Arc<Remote>),
}

/// Keys by their id.
pub(super) struct KeySet(Vec<(Option<String>, DecodingKey)>);

/// A key set at a URL.
pub(super) struct Remote {
    url: String,
    refresh: u64,
    patience: Duration,
    algorithm: Algorithm,
    keeper: Keeper,
    /// The last set that came, and how many have; none before the first.
    held: watch::Sender<Held>,
    /// When it was asked for last, in unix seconds.
    asked_at: AtomicU64,
}

#[derive(Clone, Default)]
struct Held {
    keys: Option<Arc<KeySet>>,
    /// Counts attempts that have ended.
    attempts: u64,
}

impl Keys {
    pub(super) fn new(config: &TokenKeys, patience: Duration, keeper: &Keeper) -> Result<Self, KeyError> {
        match config {
            TokenKeys::Secret(secret) => Ok(Self::One(Box::new(DecodingKey::from_secret(secret.expose().as_bytes())))),
            TokenKeys::Pem { algorithm, text } => {
                let text = text.as_bytes();
                let key = match algorithm {
                    config::Algorithm::Rs256 => DecodingKey::from_rsa_pem(text),
                    config::Algorithm::Es256 => DecodingKey::from_ec_pem(text),
                    config::Algorithm::EdDsa => DecodingKey::from_ed_pem(text),
                };
                Ok(Self::One(Box::new(key.map_err(|_| KeyError::Pem)?)))
            }
            TokenKeys::JwksFile { algorithm, text } => {
                let set = KeySet::parse(text.as_bytes(), of(*algorithm)).ok_or(KeyError::Jwks)?;
                Ok(Self::Set(Arc::new(set)))
            }
            TokenKeys::JwksUrl { algorithm, url, refresh } => {
                let remote = Arc::new(Remote {
                    url: url.clone(),
                    refresh: refresh.as_secs().max(1),
                    patience,
                    algorithm: of(*algorithm),
                    keeper: keeper.clone(),
                    held: watch::Sender::new(Held::default()),
                    asked_at: AtomicU64::new(0),
                });
                Ok(Self::Remote(remote))
            }
        }
    }

    /// The key that a token with this `kid` is signed with.
    pub(super) async fn find(&self, kid: Option<&str>) -> Result<DecodingKey, Error> {
        match self {
            Self::One(key) => Ok((**key).clone()),
            Self::Set(set) => set.find(kid).cloned().ok_or(Error::UnknownKey),
            Self::Remote(remote) => remote.find(kid).await,
        }
    }
}

/// The one algorithm that tokens may be signed with.
pub(super) const fn algorithm(keys: &TokenKeys) -> Algorithm {
    match keys {
        TokenKeys::Secret(_) => Algorithm::HS256,
        TokenKeys::Pem { algorithm, .. }
        | TokenKeys::JwksFile { algorithm, .. }
        | TokenKeys::JwksUrl { algorithm, .. } => of(*algorithm),
    }
}

const fn of(algorithm: config::Algorithm) -> Algorithm {
    match algorithm {
        config::Algorithm::Rs256 => Algorithm::RS256,
        config::Algorithm::Es256 => Algorithm::ES256,
        config::Algorithm::EdDsa => Algorithm::EdDSA,
    }
}

impl KeySet {
    /// The keys for `algorithm`; nothing when there is none.
    fn parse(json: &[u8], algorithm: Algorithm) -> Option<Self> {
        let set: JwkSet = serde_json::from_slice(json).ok()?;
        let keys: Vec<_> = set.keys.iter().filter_map(|jwk| usable(jwk, algorithm)).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// By id; a token that names none must leave no choice.
    fn find(&self, kid: Option<&str>) -> Option<&DecodingKey> {
        match (kid, self.0.as_slice()) {
            (None, [(_, only)]) => Some(only),
            (None, _) => None,
            (Some(kid), keys) => keys.iter().find(|(id, _)| id.as_deref() == Some(kid)).map(|(_, key)| key),
        }
    }
}

fn usable(jwk: &Jwk, algorithm: Algorithm) -> Option<(Option<String>, DecodingKey)> {
    let named = match algorithm {
        Algorithm::RS256 => KeyAlgorithm::RS256,
        Algorithm::ES256 => KeyAlgorithm::ES256,
        _ => KeyAlgorithm::EdDSA,
    };
    let common = &jwk.common;
    let is_for_signing = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let is_for_it = common.key_algorithm.is_none_or(|found| found == named);
    let key = DecodingKey::from_jwk(jwk).ok()?;
    let fits = key.family() == algorithm.family();
    (is_for_signing && is_for_it && fits).then(|| (common.key_id.clone(), key))
}

impl Remote {
    async fn find(self: &Arc<Self>, kid: Option<&str>) -> Result<DecodingKey, Error> {
        let held = self.held.borrow().clone();
        let age = unix_now().saturating_sub(self.asked_at.load(Ordering::Relaxed));
        let found = |held: &Held| held.keys.as_ref().and_then(|keys| keys.find(kid)).cloned();
        if let Some(key) = found(&held) {
            if age >= self.refresh {
                self.ask();
            }
            return Ok(key);
        }
        if age >= GAP || held.keys.is_none() {
            self.ask();
        }
        let held = self.wait(held.attempts).await;
        let unavailable = Error::Unavailable("its issuer's keys cannot be had");
        found(&held).ok_or(if held.keys.is_some() { Error::UnknownKey } else { unavailable })
    }

    /// Asks for the set, unless somebody has done so in this very moment.
    fn ask(self: &Arc<Self>) {
        let now = unix_now();
        let before = self.asked_at.load(Ordering::Relaxed);
        let is_first =
            before != now && self.asked_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_first {
            let remote = self.clone();
            // Owned by its worker's set of tasks, and over within `patience`.
            drop(tokio::task::spawn(async move { remote.fetch().await }));
        }
    }

    async fn fetch(&self) {
        let fetched = self.keeper.get(&self.url, None, self.patience).await;
        let keys = match fetched {
            Ok(answer) if answer.status == 200 => KeySet::parse(&answer.body, self.algorithm).ok_or("no usable key"),
            Ok(_) => Err("another status than 200"),
            Err(Unreachable::Busy) => Err("too many requests are waiting"),
            Err(Unreachable::Connection) => Err("no connection"),
            Err(Unreachable::Slow) => Err("no answer in time"),
            Err(Unreachable::TooLarge) => Err("the answer is too large"),
        };
        match &keys {
            Ok(_) => tracing::debug!(url = self.url, "key set read"),
            Err(reason) => tracing::warn!(url = self.url, reason, "key set not read, going on with what is known"),
        }
        self.held.send_modify(|held| {
            held.attempts += 1;
            if let Ok(keys) = keys {
                held.keys = Some(Arc::new(keys));
            }
        });
    }

    /// What is held once an attempt after `seen` has ended, or the time is over.
    async fn wait(&self, seen: u64) -> Held {
        let mut changes = self.held.subscribe();
        let news = changes.wait_for(|held| held.attempts > seen);
        drop(timeout(self.patience, news).await);
        self.held.borrow().clone()
    }
}
