//! Whether a key from a file can do what it is named for.

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey, crypto};

use serde::Deserialize;
use serde_json::Value;

use crate::config::model::Algorithm;

/// A JSON Web Key Set, whatever its keys are.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// Bytes of the shortest modulus that verifies RS256.
const RSA_MODULUS: usize = 256;

/// Why a key is of no use; the text says no part of it.
pub(super) type Reason = &'static str;

/// The end of a reason where the key may be the right one in another form.
pub(super) const PKCS8: &str = "in PEM (PKCS #8)";

/// Whether `text` is a public key in PEM for `algorithm`.
///
/// # Errors
/// What it is instead.
pub(super) fn public_key(text: &str, algorithm: Algorithm) -> Result<(), Reason> {
    if text.contains("PRIVATE KEY-----") {
        return Err("it is a private key");
    }
    let key = decoding(text, algorithm).map_err(|_| no_pem(algorithm))?;
    if fits(&key, algorithm) { Ok(()) } else { Err(no_pem(algorithm)) }
}

/// Whether `private` is a private key in PEM for `algorithm` that belongs to the key in `public`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn private_key(private: &str, public: &str, algorithm: Algorithm) -> Result<(), Reason> {
    let bytes = private.as_bytes();
    let key = match algorithm {
        Algorithm::Rs256 => EncodingKey::from_rsa_pem(bytes),
        Algorithm::Es256 => EncodingKey::from_ec_pem(bytes),
        Algorithm::EdDsa => EncodingKey::from_ed_pem(bytes),
    };
    let (name, probe) = (library_name(algorithm), b"saluran");
    let signed = key.and_then(|key| crypto::sign(probe, &key, name)).map_err(|_| no_private_pem(algorithm))?;
    let verified = decoding(public, algorithm).and_then(|key| crypto::verify(&signed, probe, &key, name));
    if verified.is_ok_and(|is_right| is_right) { Ok(()) } else { Err("it does not belong to public_key") }
}

/// Whether `text` is a JSON Web Key Set with a key for `algorithm`.
///
/// # Errors
/// What it is instead.
pub(super) fn key_set(text: &str, algorithm: Algorithm) -> Result<(), Reason> {
    let set: KeySet = serde_json::from_str(text).map_err(|_| "it is no JSON Web Key Set")?;
    let named = |key: KeyAlgorithm| match algorithm {
        Algorithm::Rs256 => key == KeyAlgorithm::RS256,
        Algorithm::Es256 => key == KeyAlgorithm::ES256,
        Algorithm::EdDsa => key == KeyAlgorithm::EdDSA,
    };
    let is_ours = |key: &Jwk| {
        key.common.key_algorithm.is_none_or(named) && DecodingKey::from_jwk(key).is_ok_and(|key| fits(&key, algorithm))
    };
    // A key of a kind that is not known here is no fault: it is for others.
    let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    if known.into_iter().any(|key| is_ours(&key)) { Ok(()) } else { Err("no key in it is for the algorithm") }
}

fn decoding(text: &str, algorithm: Algorithm) -> jsonwebtoken::errors::Result<DecodingKey> {
    match algorithm {
        Algorithm::Rs256 => DecodingKey::from_rsa_pem(text.as_bytes()),
        Algorithm::Es256 => DecodingKey::from_ec_pem(text.as_bytes()),
        Algorithm::EdDsa => DecodingKey::from_ed_pem(text.as_bytes()),
    }
}

/// Whether the key has the family and the size that the algorithm needs; a P-256 point is 65 bytes.
fn fits(key: &DecodingKey, algorithm: Algorithm) -> bool {
    let bytes = match key.kind() {
        DecodingKeyKind::SecretOrDer(bytes) => bytes,
        DecodingKeyKind::RsaModulusExponent { n, .. } => n,
    };
    match (key.family(), algorithm) {
        (AlgorithmFamily::Rsa, Algorithm::Rs256) => bytes.len() >= RSA_MODULUS,
        (AlgorithmFamily::Ec, Algorithm::Es256) => bytes.len() == 65 && bytes.first() == Some(&4),
        (AlgorithmFamily::Ed, Algorithm::EdDsa) => bytes.len() == 32,
        _ => false,
    }
}

const fn library_name(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

const fn no_pem(algorithm: Algorithm) -> Reason {
    match algorithm {
        Algorithm::Rs256 => "it is no public RSA key of 2048 bits or more in PEM",
        Algorithm::Es256 => "it is no public key of the curve P-256 in PEM",
        Algorithm::EdDsa => "it is no public Ed25519 key in PEM",
    }
}

const fn no_private_pem(algorithm: Algorithm) -> Reason {
    match algorithm {
        Algorithm::Rs256 => "it is no private RSA key of 2048 bits or more in PEM",
        Algorithm::Es256 => "it is no private key of the curve P-256 in PEM (PKCS #8)",
        Algorithm::EdDsa => "it is no private Ed25519 key in PEM (PKCS #8)",
    }
}
