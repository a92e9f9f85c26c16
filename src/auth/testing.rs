//! What the tests of tokens share: keys, configurations, and tokens of any bytes.

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::Error;
use super::identity::{Identity, unix_now};
use super::keeper::{Keeper, KeeperThread};
use super::tokens::Tokens;
use crate::config::{self, Secret, TokenKeys};

pub(super) const SECRET: &str = "a secret of the tests, long enough";
pub(super) const RSA: &str = include_str!("../../tests/keys/rsa.pem");
pub(super) const RSA_PUBLIC: &str = include_str!("../../tests/keys/rsa.pub.pem");
pub(super) const RSA_NEXT: &str = include_str!("../../tests/keys/rsa-next.pem");
pub(super) const RSA_SHORT: &str = include_str!("../../tests/keys/rsa-short.pub.pem");
pub(super) const EC: &str = include_str!("../../tests/keys/ec.pem");
pub(super) const EC_PUBLIC: &str = include_str!("../../tests/keys/ec.pub.pem");
pub(super) const EC_P384: &str = include_str!("../../tests/keys/ec-p384.pub.pem");
pub(super) const ED: &str = include_str!("../../tests/keys/ed.pem");
pub(super) const ED_PUBLIC: &str = include_str!("../../tests/keys/ed.pub.pem");
pub(super) const JWKS: &str = include_str!("../../tests/keys/jwks.json");

/// How tokens are checked that nothing more is asked of than a signature by these keys.
pub(super) fn config(keys: Option<TokenKeys>) -> config::Tokens {
    config::Tokens {
        keys,
        private_key: None,
        issuer: None,
        audience: None,
        leeway: Duration::from_secs(30),
        roles_claim: "roles".to_owned(),
        user_info: Vec::new(),
        watchlist_claim: "watchlist".to_owned(),
        introspection: None,
        timeout: Duration::from_secs(10),
        revoke: Vec::new(),
    }
}

pub(super) fn hs256() -> TokenKeys {
    TokenKeys::Secret(Secret::new(SECRET))
}

pub(super) fn pem(algorithm: config::Algorithm, text: &str) -> TokenKeys {
    TokenKeys::Pem { algorithm, text: text.to_owned() }
}

pub(super) fn jwks(algorithm: config::Algorithm, text: &str) -> TokenKeys {
    TokenKeys::JwksFile { algorithm, text: text.to_owned() }
}

/// One app's tokens with a keeper of their own.
pub(super) struct Checker {
    pub(super) tokens: Arc<Tokens>,
    /// Ends with the test.
    _thread: KeeperThread,
}

impl Checker {
    pub(super) fn new(config: &config::Tokens) -> Self {
        let (keeper, thread) = Keeper::start().unwrap();
        Self { tokens: Arc::new(Tokens::new(config, &keeper, Arc::default()).unwrap()), _thread: thread }
    }

    pub(super) async fn verify(&self, token: &str) -> Result<Arc<Identity>, Error> {
        self.tokens.verify(token).await
    }
}

/// Whether nobody can tell, and says so in good time.
pub(super) async fn is_unavailable(checker: &Checker, token: &str) -> bool {
    let began = Instant::now();
    let found = checker.verify(token).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    found.is_err_and(|error| error.is_unavailable())
}

/// Claims of a token that is good for an hour, with others in their place or beside them.
pub(super) fn claims(others: &Value) -> Value {
    let mut claims = json!({ "sub": "7", "iat": unix_now(), "exp": unix_now() + 3600, "roles": ["operator"] });
    for (name, value) in others.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

pub(super) fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A signature over these very texts, whatever they are.
pub(super) fn sign(header: &str, payload: &str, by: (Algorithm, &EncodingKey)) -> String {
    let (algorithm, key) = by;
    let signed = format!("{}.{}", base64(header), base64(payload));
    let signature = crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

/// A token by the shared secret.
pub(super) fn hs(header: &str, payload: &str) -> String {
    sign(header, payload, (Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes())))
}

/// A good token by an RSA key.
pub(super) fn rs(kid: &str, private: &str) -> String {
    let header = json!({ "alg": "RS256", "kid": kid });
    let key = EncodingKey::from_rsa_pem(private.as_bytes()).unwrap();
    sign(&header.to_string(), &claims(&json!({})).to_string(), (Algorithm::RS256, &key))
}
