//! JSON Web Tokens: header, signature, claims, in this order.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::claims::Unique;
use super::error::Error;
use super::jwks::Keys;

/// Whether a token has the form of a JWT: three parts, of which the first is a JSON header.
pub(super) fn is_jwt(token: &str) -> bool {
    token.split('.').count() == 3
        && !matches!(
            decode_header(token).map_err(|error| error.into_kind()),
            Err(ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Utf8(_))
        )
}

/// The claims of a token whose signature holds.
///
/// The signature is compared in constant time, by the library's HMAC and public-key code.
pub(super) async fn verify(token: &str, algorithm: Algorithm, keys: &Keys) -> Result<Map<String, Value>, Error> {
    let header = header(token, algorithm)?;
    let key = keys.find(header.kid.as_deref()).await?;
    let mut validation = Validation::new(algorithm);
    // The claims are checked by our own rules, which are stricter about types and duplicates.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let data = decode::<Unique>(token, &key, &validation).map_err(|error| match error.into_kind() {
        ErrorKind::InvalidSignature => Error::Signature,
        ErrorKind::InvalidAlgorithm => Error::Algorithm { expected: name(algorithm) },
        _ => Error::Malformed,
    })?;
    Ok(data.claims.0)
}

/// A header that asks for nothing but the configured algorithm.
fn header(token: &str, algorithm: Algorithm) -> Result<Header, Error> {
    let wrong = || Error::Algorithm { expected: name(algorithm) };
    let header = decode_header(token).map_err(|error| match error.into_kind() {
        ErrorKind::Json(_) | ErrorKind::InvalidAlgorithmName => Error::Malformed,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => wrong(),
        _ => Error::Malformed,
    })?;
    if header.crit.is_some() {
        return Err(Error::Critical);
    }
    if header.alg == algorithm { Ok(header) } else { Err(wrong()) }
}

/// As the configuration writes it.
pub(super) const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 => "HS256",
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        _ => "EdDSA",
    }
}

/// A part of a token as JSON, unverified; for people only.
pub(super) fn decode_part(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
