//! Keys that check tokens: one that is configured, or a set that may change.

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::error::Error;
use super::keeper::Keeper;
use super::remote::Remote;
use crate::config::{self, TokenKeys};

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

impl Keys {
    pub(super) fn new(config: &TokenKeys, patience: Duration, keeper: &Keeper) -> Result<Self, KeyError> {
        match config {
            TokenKeys::Secret(secret) => Ok(Self::One(Box::new(DecodingKey::from_secret(secret.expose().as_bytes())))),
            TokenKeys::Pem { algorithm, text } => {
                let (key, _) = pem(*algorithm, text).ok_or(KeyError::Pem)?;
                Ok(Self::One(Box::new(key)))
            }
            TokenKeys::JwksFile { algorithm, text } => {
                let set = KeySet::parse(text.as_bytes(), of(*algorithm)).ok_or(KeyError::Jwks)?;
                Ok(Self::Set(Arc::new(set)))
            }
            TokenKeys::JwksUrl { algorithm, url, refresh } => {
                let remote = Remote::new(url, (*refresh, patience), of(*algorithm), keeper);
                Ok(Self::Remote(Arc::new(remote)))
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

/// A public key, as it verifies and as it compares.
fn pem(algorithm: config::Algorithm, text: &str) -> Option<(DecodingKey, AlgorithmParameters)> {
    let text = text.as_bytes();
    let key = match algorithm {
        config::Algorithm::Rs256 => DecodingKey::from_rsa_pem(text),
        config::Algorithm::Es256 => DecodingKey::from_ec_pem(text),
        config::Algorithm::EdDsa => DecodingKey::from_ed_pem(text),
    };
    let key = key.ok()?;
    let parameters = Jwk::from_decoding_key(&key, None).ok()?.algorithm;
    is_sound(&parameters, of(algorithm)).then_some((key, parameters))
}

impl KeySet {
    /// The keys for `algorithm`; nothing when there is none.
    pub(super) fn parse(json: &[u8], algorithm: Algorithm) -> Option<Self> {
        let jwks = usable(json, algorithm)?;
        let key = |jwk: Jwk| Some((DecodingKey::from_jwk(&jwk).ok()?, jwk.common.key_id));
        let keys: Vec<_> = jwks.into_iter().filter_map(key).map(|(key, id)| (id, key)).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// By id, the first if several have it; a token that names none must leave no choice.
    pub(super) fn find(&self, kid: Option<&str>) -> Option<&DecodingKey> {
        match (kid, self.0.as_slice()) {
            (None, [(_, only)]) => Some(only),
            (None, _) => None,
            (Some(kid), keys) => keys.iter().find(|(id, _)| id.as_deref() == Some(kid)).map(|(_, key)| key),
        }
    }
}

/// The keys of a set that are for signing with `algorithm`; all others, of whatever kind, are passed over.
fn usable(json: &[u8], algorithm: Algorithm) -> Option<Vec<Jwk>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(json).ok()?;
    let jwks = set.keys.into_iter().filter_map(|key| Jwk::deserialize(key).ok());
    Some(jwks.filter(|jwk| is_for(jwk, algorithm)).collect())
}

fn is_for(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let common = &jwk.common;
    common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|found| found == KeyAlgorithm::from(algorithm))
        && is_sound(&jwk.algorithm, algorithm)
}

/// Whether a key is of the type, the curve and the length that `algorithm` wants.
fn is_sound(key: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    /// Bytes of a modulus: 2048 bits are the least that counts as safe, 8192 the most that is checked.
    const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
    let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    if let AlgorithmParameters::RSA(key) = key {
        let length = bytes(&key.n).iter().skip_while(|byte| **byte == 0).count();
        return algorithm == Algorithm::RS256 && MODULUS.contains(&length);
    }
    if let AlgorithmParameters::EllipticCurve(key) = key {
        let is_whole = [&key.x, &key.y].into_iter().all(|part| bytes(part).len() == 32);
        return algorithm == Algorithm::ES256 && key.curve == EllipticCurve::P256 && is_whole;
    }
    if let AlgorithmParameters::OctetKeyPair(key) = key {
        let is_whole = bytes(&key.x).len() == 32;
        return algorithm == Algorithm::EdDSA && key.curve == EllipticCurve::Ed25519 && is_whole;
    }
    false
}

/// Whether what `private` signs will be accepted, and by which `kid` its key is known.
///
/// # Errors
/// When it belongs to none of the configured public keys. What is at a URL is not asked.
pub(super) fn pair(keys: &TokenKeys, private: &EncodingKey) -> Result<Option<String>, KeyError> {
    let algorithm = algorithm(keys);
    let public = |error| Jwk::from_encoding_key(private, algorithm).map(|jwk| jwk.algorithm).map_err(|_| error);
    match keys {
        TokenKeys::Secret(_) | TokenKeys::JwksUrl { .. } => Ok(None),
        TokenKeys::Pem { algorithm, text } => {
            let (_, known) = pem(*algorithm, text).ok_or(KeyError::Pem)?;
            if known == public(KeyError::Pem)? { Ok(None) } else { Err(KeyError::Pem) }
        }
        TokenKeys::JwksFile { text, .. } => {
            let public = public(KeyError::Jwks)?;
            let known = usable(text.as_bytes(), algorithm).unwrap_or_default();
            let ours = known.into_iter().find(|jwk| jwk.algorithm == public);
            ours.map(|jwk| jwk.common.key_id).ok_or(KeyError::Jwks)
        }
    }
}
