//! One app's checker of bearer tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::claims;
use super::error::Error;
use super::identity::{Identity, unix_now};
use super::introspection::Introspection;
use super::jwks::{KeyError, Keys, algorithm};
use super::jwt;
use super::keeper::Keeper;
use super::revocations::Revocations;
use crate::config;

/// Bytes of a token.
const TOKEN_BYTES: usize = 8 * 1024;

/// Verified tokens kept; the least used make room.
const VERIFIED: u64 = 10_000;

/// How long a signature that held is not computed again.
const BELIEVED: Duration = Duration::from_secs(60);

/// A token's SHA-256: what caches know of it.
pub(super) type Digest = [u8; 32];

/// Checks the tokens of one app; shared by all workers.
pub struct Tokens {
    config: config::Tokens,
    keys: Option<(Algorithm, Keys)>,
    introspection: Option<Introspection>,
    verified: Cache<Digest, Arc<Identity>>,
    revocations: Arc<Revocations>,
}

/// What a token says, whether or not it holds.
pub struct Inspection {
    /// Its header, if it can be read.
    pub header: Option<serde_json::Value>,
    /// Its claims, if they can be read.
    pub claims: Option<serde_json::Value>,
    /// Whether it holds.
    pub verdict: Result<Arc<Identity>, Error>,
}

impl Tokens {
    /// Makes the configured keys ready.
    ///
    /// # Errors
    /// When a key is none, or not for the configured algorithm.
    pub fn new(config: &config::Tokens, keeper: &Keeper, revocations: Arc<Revocations>) -> Result<Self, KeyError> {
        let keys = config.keys.as_ref().map(|keys| Ok((algorithm(keys), Keys::new(keys, config.timeout, keeper)?)));
        let introspection = config.introspection.as_ref();
        Ok(Self {
            keys: keys.transpose()?,
            introspection: introspection.map(|found| Introspection::new(config, found, keeper)),
            verified: Cache::builder().max_capacity(VERIFIED).time_to_live(BELIEVED).build(),
            revocations,
            config: config.clone(),
        })
    }

    /// Whose token it is. A token that was verified lately is answered without waiting.
    ///
    /// # Errors
    /// Why it does not count; `Unavailable` when nobody can tell at the moment.
    pub async fn verify(&self, token: &str) -> Result<Arc<Identity>, Error> {
        if token.len() > TOKEN_BYTES {
            return Err(Error::TooLong { allowed: TOKEN_BYTES });
        }
        let digest: Digest = Sha256::digest(token).into();
        match self.verified.get(&digest) {
            Some(identity) => self.check_again(identity),
            None => self.verify_anew(token, digest).await,
        }
    }

    /// How they are checked.
    #[must_use]
    pub const fn config(&self) -> &config::Tokens {
        &self.config
    }

    /// Whose tokens count no longer.
    #[must_use]
    pub const fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    /// Reads a token and checks it, for people.
    pub async fn inspect(&self, token: &str) -> Inspection {
        let mut parts = token.split('.').map(jwt::decode_part);
        let header = parts.next().flatten();
        Inspection { header, claims: parts.next().flatten(), verdict: self.verify(token).await }
    }

    /// What may change about a token that held: its end, and its revocation.
    fn check_again(&self, identity: Arc<Identity>) -> Result<Arc<Identity>, Error> {
        if identity.is_expired(unix_now().saturating_sub(self.config.leeway.as_secs())) {
            return Err(Error::Expired);
        }
        if self.revocations.is_revoked(&identity) {
            return Err(Error::Revoked);
        }
        Ok(identity)
    }

    async fn verify_anew(&self, token: &str, digest: Digest) -> Result<Arc<Identity>, Error> {
        let is_jwt = jwt::is_jwt(token);
        match (&self.keys, &self.introspection) {
            (Some((algorithm, keys)), introspection) if is_jwt || introspection.is_none() => {
                let claims = jwt::verify(token, *algorithm, keys).await?;
                let identity = Arc::new(claims::check(claims, &self.config, unix_now())?);
                self.verified.insert(digest, identity.clone());
                self.check_again(identity)
            }
            (_, Some(introspection)) => self.look_up(introspection, token, digest).await,
            _ => Err(Error::Malformed),
        }
    }

    async fn look_up(
        &self,
        introspection: &Introspection,
        token: &str,
        digest: Digest,
    ) -> Result<Arc<Identity>, Error> {
        // What no header can hold is no token of anybody's, and nobody need be asked.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Malformed);
        }
        let is_revoked = |identity: &Identity| self.revocations.is_revoked(identity);
        let mut identity = introspection.look_up(token, digest, is_revoked).await?;
        if is_revoked(&identity) {
            // The question was under way already when the subject was revoked; what counts is the answer
            // to one that was asked after.
            identity = introspection.look_up(token, digest, is_revoked).await?;
        }
        self.check_again(identity)
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header and claims are about people, and logs are for others.
        f.debug_struct("Inspection").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("config", &self.config).finish_non_exhaustive()
    }
}
