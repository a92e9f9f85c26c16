//! JSON Web Tokens: header, signature, claims, in this order.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::{Algorithm, crypto};
use serde_json::{Map, Value};

use super::error::Error;
use super::json::Unique;
use super::jwks::Keys;

/// The parts of a token, still as they were sent.
struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    /// Header and payload with the dot between them: what the signature is over.
    signed: &'a str,
}

impl<'a> Parts<'a> {
    /// Exactly three.
    fn of(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        (!payload.contains('.')).then_some(Self { header, payload, signature, signed })
    }
}

/// Whether a token has the form of a JWT: three parts, of which the first opens a JSON object.
///
/// What has it is never looked up, however broken it is inside.
pub(super) fn is_jwt(token: &str) -> bool {
    let header = Parts::of(token).and_then(|parts| BASE64_URL_SAFE_NO_PAD.decode(parts.header).ok());
    header.is_some_and(|header| header.trim_ascii_start().starts_with(b"{"))
}

/// The claims of a token whose signature holds.
///
/// The signature is compared in constant time, by the library's HMAC and public-key code. Nothing
/// of the token says how it is checked: the algorithm is ours, and the key is found by `kid` alone.
pub(super) async fn verify(token: &str, algorithm: Algorithm, keys: &Keys) -> Result<Map<String, Value>, Error> {
    let parts = Parts::of(token).ok_or(Error::Malformed)?;
    let kid = kid(object(parts.header)?, algorithm)?;
    let key = keys.find(kid.as_deref()).await?;
    let verified = crypto::verify(parts.signature, parts.signed.as_bytes(), &key, algorithm);
    // Base64 that is none is no signature either, and so is one by a key that turns out to be none.
    if matches!(verified, Ok(true)) { object(parts.payload) } else { Err(Error::Signature) }
}

/// The key that a header asks for, if it asks for nothing else but the configured algorithm.
fn kid(mut header: Map<String, Value>, algorithm: Algorithm) -> Result<Option<String>, Error> {
    if header.contains_key("crit") {
        return Err(Error::Critical);
    }
    match header.get("alg") {
        Some(Value::String(found)) if found == name(algorithm) => {}
        Some(Value::String(_)) => return Err(Error::Algorithm { expected: name(algorithm) }),
        _ => return Err(Error::Malformed),
    }
    match header.remove("kid") {
        None => Ok(None),
        Some(Value::String(kid)) => Ok(Some(kid)),
        Some(_) => Err(Error::Malformed),
    }
}

/// Base64url without padding of a JSON object whose names are unique.
fn object(part: &str) -> Result<Map<String, Value>, Error> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Error::Malformed)?;
    let Unique(object) = serde_json::from_slice(&bytes).map_err(|_| Error::Malformed)?;
    Ok(object)
}

/// As the configuration writes it, and headers do.
pub(super) fn name(algorithm: Algorithm) -> &'static str {
    let names = [(Algorithm::HS256, "HS256"), (Algorithm::RS256, "RS256"), (Algorithm::ES256, "ES256")];
    // There is no fourth but this.
    names.into_iter().find(|(known, _)| *known == algorithm).map_or("EdDSA", |(_, name)| name)
}

/// A part of a token as JSON, unverified; for people only.
pub(super) fn decode_part(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
