//! Opaque tokens: whoever issued them is asked, and believed for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use serde_json::{Map, Value};

use super::claims::{number, roles, subject};
use super::error::Error;
use super::identity::{Identity, unix_now};
use super::json::Unique;
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
    answers: Cache<Digest, Said>,
}

/// Yes, no, or neither.
type Said = Result<Option<Arc<Identity>>, Error>;

/// A yes lives as long as is configured, a no shortly.
struct Lifetimes {
    yes: Duration,
    no: Duration,
}

impl Lifetimes {
    /// What is neither is for those who wait for it now.
    const fn of(&self, said: &Said) -> Duration {
        match said {
            Ok(Some(_)) => self.yes,
            Ok(None) => self.no,
            Err(_) => Duration::ZERO,
        }
    }
}

impl Expiry<Digest, Said> for Lifetimes {
    fn expire_after_create(&self, _: &Digest, said: &Said, _: Instant) -> Option<Duration> {
        Some(self.of(said))
    }

    fn expire_after_update(&self, _: &Digest, said: &Said, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(self.of(said))
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

    /// Whose token it is; an answer that is known already counts unless it `is_void`.
    ///
    /// The answer may be void all the same: when it was asked for before that which voids it.
    pub(super) async fn look_up(
        &self,
        token: &str,
        digest: Digest,
        is_void: impl Fn(&Identity) -> bool + Send + Sync,
    ) -> Result<Arc<Identity>, Error> {
        let is_old = |said: &Said| match said {
            Ok(Some(identity)) => is_void(identity),
            Ok(None) => false,
            Err(_) => true,
        };
        let entry = self.answers.entry(digest).or_insert_with_if(self.ask(token), is_old).await;
        entry.into_value()?.ok_or(Error::Inactive)
    }

    /// Anything but a clear yes or no is neither.
    async fn ask(&self, token: &str) -> Said {
        let unavailable = Error::Unavailable("its issuer cannot be asked");
        // What is revoked while the question is under way may or may not be in the answer.
        let asked_at = unix_now();
        let answer = self.keeper.get_token(&self.config.url, token, self.patience).await;
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
        read(&object, &self.roles_claim, asked_at).map_err(|_| odd())
    }
}

/// An answer that is neither a yes nor a no.
struct Odd;

/// Reads an answer that was asked for at `asked_at`, in unix seconds.
///
/// A yes has a user: in `data.user`, `data` or `user`, or it is one; `id` or `sub`, `role` or roles.
/// It is no where any of these objects, or the answer itself, has `active` or `success` at false (or 0).
fn read(answer: &Map<String, Value>, roles_claim: &str, asked_at: u64) -> Result<Option<Arc<Identity>>, Odd> {
    let inner = |object: &Map<String, Value>, name: &str| object.get(name).and_then(Value::as_object).cloned();
    let data = inner(answer, "data");
    let user = data.as_ref().and_then(|data| inner(data, "user")).or_else(|| inner(answer, "user"));
    if [Some(answer), data.as_ref(), user.as_ref()].into_iter().flatten().any(says_no) {
        return Ok(None);
    }
    let user = user.or(data).unwrap_or_else(|| answer.clone());
    let identity = identity(user, roles_claim, asked_at).ok_or(Odd)?;
    Ok((!identity.is_expired(unix_now())).then(|| Arc::new(identity)))
}

fn says_no(object: &Map<String, Value>) -> bool {
    let is_false = |value: &Value| value.as_bool() == Some(false) || value.as_u64() == Some(0);
    ["active", "success"].into_iter().any(|name| object.get(name).is_some_and(is_false))
}

fn identity(mut claims: Map<String, Value>, roles_claim: &str, asked_at: u64) -> Option<Identity> {
    let subject = subject(claims.get("sub").or_else(|| claims.get("id")))?;
    let listed = [roles_claim, "roles", "role"].into_iter().find_map(|name| claims.get(name)).map(slugs);
    claims.insert("sub".to_owned(), Value::from(&*subject));
    Some(Identity {
        subject,
        name: claims.get("name").and_then(Value::as_str).map(Arc::from),
        roles: roles(listed.as_ref())?,
        issued_at: Some(asked_at),
        expires_at: number(&claims, "exp").ok()?,
        claims,
    })
}

/// Roles that are objects are named by their slug or their name.
fn slugs(value: &Value) -> Value {
    let slug = |role: &Value| match role.as_object() {
        Some(fields) => fields.get("slug").or_else(|| fields.get("name")).cloned().unwrap_or(Value::Null),
        None => role.clone(),
    };
    value.as_array().map_or_else(|| slug(value), |several| several.iter().map(slug).collect())
}
