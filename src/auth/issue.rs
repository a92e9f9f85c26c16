//! New tokens, for the command line.

use std::fmt;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value};

use super::jwks::{algorithm, pair};
use crate::config::{self, TokenKeys};

/// What a new token says.
#[derive(Clone, Default)]
pub struct Claims {
    /// Who it is about.
    pub subject: String,
    /// What people call the subject.
    pub name: Option<String>,
    /// The subject's roles.
    pub roles: Vec<String>,
    /// Seconds that it lives.
    pub lifetime: u64,
    /// Further claims.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Claims are about people, and logs are for others.
        f.debug_struct("Claims").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Why no token can be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Only tokens of others are checked here.
    #[error("no key is configured that signs tokens: set secret, or private_key beside public_key or jwks")]
    NoKey,
    /// The private key is none, or for another algorithm.
    #[error("private_key is no PEM key for the configured algorithm")]
    Key,
    /// What it signs would be refused.
    #[error("private_key belongs to none of the configured public keys")]
    Stranger,
}

/// Issues a token at `now`, in unix seconds; what `claims.extra` says about the others does not count.
///
/// # Errors
/// When no key can sign it.
pub fn issue(config: &config::Tokens, claims: &Claims, now: u64) -> Result<String, IssueError> {
    let keys = config.keys.as_ref().ok_or(IssueError::NoKey)?;
    let algorithm = algorithm(keys);
    let key = key(config, keys, algorithm)?;
    let mut header = Header::new(algorithm);
    // Without it, nobody could tell which of several keys has signed.
    header.kid = pair(keys, &key).map_err(|_| IssueError::Stranger)?;
    let mut all = claims.extra.clone();
    all.insert("sub".to_owned(), claims.subject.as_str().into());
    all.extend(claims.name.as_ref().map(|name| ("name".to_owned(), name.as_str().into())));
    all.insert(config.roles_claim.clone(), claims.roles.clone().into());
    all.extend(config.issuer.as_ref().map(|issuer| ("iss".to_owned(), issuer.as_str().into())));
    all.extend(config.audience.as_ref().map(|audience| ("aud".to_owned(), audience.as_str().into())));
    all.insert("iat".to_owned(), now.into());
    all.insert("exp".to_owned(), now.saturating_add(claims.lifetime).into());
    encode(&header, &all, &key).map_err(|_| IssueError::Key)
}

fn key(config: &config::Tokens, keys: &TokenKeys, algorithm: Algorithm) -> Result<EncodingKey, IssueError> {
    if let TokenKeys::Secret(secret) = keys {
        return Ok(EncodingKey::from_secret(secret.expose().as_bytes()));
    }
    let pem = config.private_key.as_ref().ok_or(IssueError::NoKey)?.expose().as_bytes();
    let key = if algorithm == Algorithm::RS256 {
        EncodingKey::from_rsa_pem(pem)
    } else if algorithm == Algorithm::ES256 {
        EncodingKey::from_ec_pem(pem)
    } else {
        EncodingKey::from_ed_pem(pem)
    };
    key.map_err(|_| IssueError::Key)
}
