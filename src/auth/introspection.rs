//! Opaque tokens: whoever issued them is asked, and believed for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use serde_json::{Map, Value};

use super::claims::{Unique, roles, subject};
use super::error::Error;
use super::identity::{Identity, unix_now};
use super::keeper::Keeper;
use super::tokens::Digest;
use crate::config;

/// Answers kept; the least used make room.
const ANSWERS: u64 = 10_000;

/// A no is believed no longer than this.
const NO: Duration = Duration::from_secs(5);

/// Looks tokens up; each once at a time, however many ask.
#[derive(Debug)]
pub(super) struct Introspection {
    config: config::Introspection,
    roles_claim: String,
    patience: Duration,
    keeper: Keeper,
    answers: Cache<Digest, Option<Arc<Identity>>>,
}

/// A yes lives as long as is configured, a no shortly.
struct Lifetimes {
    yes: Duration,
    no: Duration,
}

impl Expiry<Digest, Option<Arc<Identity>>> for Lifetimes {
    fn expire_after_create(&self, _: &Digest, answer: &Option<Arc<Identity>>, _: Instant) -> Option<Duration> {
        Some(if answer.is_some() { self.yes } else { self.no })
    }
}

impl Introspection {
    pub(super) fn new(tokens: &config::Tokens, config: &config::Introspection, keeper: &Keeper) -> Self {
        let lifetimes = Lifetimes { yes: config.cache, no: config.cache.min(NO) };
        Self {
            config: config.clone(),
            roles_claim: tokens.roles_claim.clone(),
            patience: tokens.timeout,
            keeper: keeper.clone(),
            answers: Cache::builder().max_capacity(ANSWERS).expire_after(lifetimes).build(),
        }
    }

    /// Whose token it is.
    pub(super) async fn look_up(&self, token: &str, digest: Digest) -> Result<Arc<Identity>, Error> {
        let asked = self.answers.try_get_with(digest, self.ask(token)).await;
        asked.map_err(|error| (*error).clone())?.ok_or(Error::Inactive)
    }

    /// Forgets what was answered, so that the next look-up asks anew.
    pub(super) async fn forget(&self, digest: &Digest) {
        self.answers.invalidate(digest).await;
    }

    /// Anything but a clear yes or no is neither.
    async fn ask(&self, token: &str) -> Result<Option<Arc<Identity>>, Error> {
        let unavailable = Error::Unavailable("its issuer cannot be asked");
        let answer = self.keeper.get(&self.config.url, Some(token), self.patience).await;
        let answer = answer.map_err(|reason| {
            tracing::warn!(url = self.config.url, %reason, "token not looked up");
            unavailable.clone()
        })?;
        match answer.status {
            200 => {}
            401 | 403 => return Ok(None),
            status => {
                tracing::warn!(url = self.config.url, status, "token not looked up");
                return Err(unavailable);
            }
        }
        let odd = || {
            tracing::warn!(url = self.config.url, "the answer about a token names no user");
            unavailable.clone()
        };
        let Unique(object) = serde_json::from_slice(&answer.body).map_err(|_| odd())?;
        if object.get("active") == Some(&Value::Bool(false)) || object.get("success") == Some(&Value::Bool(false)) {
            return Ok(None);
        }
        let identity = identity(&object, &self.roles_claim).ok_or_else(odd)?;
        Ok((!identity.is_expired(unix_now())).then(|| Arc::new(identity)))
    }
}

/// Reads a user: in `data.user`, `data` or `user`, or the object itself; `id` or `sub`, `role` or roles.
fn identity(object: &Map<String, Value>, roles_claim: &str) -> Option<Identity> {
    let inner = |object: &Map<String, Value>, name: &str| object.get(name).and_then(Value::as_object).cloned();
    let data = inner(object, "data");
    let user = data.as_ref().and_then(|data| inner(data, "user")).or(data).or_else(|| inner(object, "user"));
    let mut claims = user.unwrap_or_else(|| object.clone());
    let subject = subject(claims.get("sub").or_else(|| claims.get("id")))?;
    let listed = [roles_claim, "roles", "role"].into_iter().find_map(|name| claims.get(name)).map(slugs);
    claims.insert("sub".to_owned(), Value::from(&*subject));
    Some(Identity {
        subject,
        name: claims.get("name").and_then(Value::as_str).map(Arc::from),
        roles: roles(listed.as_ref())?,
        issued_at: Some(unix_now()),
        expires_at: claims.get("exp").and_then(Value::as_u64),
        claims,
    })
}

/// Roles that are objects are named by their slug or their name.
fn slugs(value: &Value) -> Value {
    let slug = |role: &Value| match role.as_object() {
        Some(fields) => fields.get("slug").or_else(|| fields.get("name")).cloned().unwrap_or(Value::Null),
        None => role.clone(),
    };
    match value {
        Value::Array(several) => several.iter().map(slug).collect(),
        one => slug(one),
    }
}
