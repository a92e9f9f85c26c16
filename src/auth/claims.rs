//! What stands in a token, once its signature holds.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::Error;
use super::identity::Identity;
use crate::config::Tokens;

/// Checks claims against the clock (`now` in unix seconds) and the configuration.
///
/// # Errors
/// The first claim that is missing, malformed or wrong.
pub(super) fn check(claims: Map<String, Value>, config: &Tokens, now: u64) -> Result<Identity, Error> {
    let leeway = config.leeway.as_secs();
    let expires_at = number(&claims, "exp")?.ok_or(Error::Claim("exp"))?;
    if expires_at.saturating_add(leeway) <= now {
        return Err(Error::Expired);
    }
    let issued_at = number(&claims, "iat")?;
    for begin in [number(&claims, "nbf")?, issued_at].into_iter().flatten() {
        if begin > now.saturating_add(leeway) {
            return Err(Error::NotYet);
        }
    }
    check_issuer(&claims, config)?;
    check_audience(&claims, config)?;
    Ok(Identity {
        subject: subject(claims.get("sub")).ok_or(Error::Claim("sub"))?,
        name: claims.get("name").and_then(Value::as_str).map(Arc::from),
        roles: roles(claims.get(&config.roles_claim)).ok_or(Error::Claim("roles"))?,
        issued_at,
        expires_at: Some(expires_at),
        claims,
    })
}

/// A time in unix seconds: a whole number, also where it is written as `1.7e9`.
pub(super) fn number(claims: &Map<String, Value>, name: &'static str) -> Result<Option<u64>, Error> {
    /// Whole numbers up to here are exact as doubles.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let Some(value) = claims.get(name) else { return Ok(None) };
    if let Some(number) = value.as_u64() {
        return Ok(Some(number));
    }
    let float = value.as_f64().filter(|float| float.fract() == 0.0 && (0.0..=EXACT).contains(float));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive and exact")]
    float.map(|float| Some(float as u64)).ok_or(Error::Claim(name))
}

fn check_issuer(claims: &Map<String, Value>, config: &Tokens) -> Result<(), Error> {
    let Some(expected) = &config.issuer else { return Ok(()) };
    let is_right = claims.get("iss").and_then(Value::as_str) == Some(expected);
    if is_right { Ok(()) } else { Err(Error::Issuer { expected: expected.clone() }) }
}

fn check_audience(claims: &Map<String, Value>, config: &Tokens) -> Result<(), Error> {
    let Some(expected) = &config.audience else { return Ok(()) };
    let is_right = match claims.get("aud") {
        Some(Value::String(one)) => one == expected,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(expected)),
        _ => false,
    };
    if is_right { Ok(()) } else { Err(Error::Audience { expected: expected.clone() }) }
}

/// Characters that a subject may have; a user's id has as many.
const SUBJECT_CHARACTERS: usize = 200;

/// A text, or a whole number's digits.
pub(super) fn subject(value: Option<&Value>) -> Option<Arc<str>> {
    let value = value?;
    let subject: Arc<str> = match value.as_str() {
        Some(text) => text.into(),
        None if value.is_u64() || value.is_i64() => value.to_string().into(),
        None => return None,
    };
    (1..=SUBJECT_CHARACTERS).contains(&subject.chars().count()).then_some(subject)
}

/// A list of texts, or one text; absent or null for none.
pub(super) fn roles(value: Option<&Value>) -> Option<Vec<Arc<str>>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.as_str().into()]),
        Some(Value::Array(several)) => several.iter().map(|role| role.as_str().map(Arc::from)).collect(),
        Some(_) => None,
    }
}
