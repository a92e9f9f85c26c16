//! The app that the generator acts as: what it signs and sends.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::http::base64;

/// App id of the broker under test.
pub(crate) const ID: &str = "1001";
/// App key of the broker under test.
pub(crate) const KEY: &str = "bench-key";
/// App secret of the broker under test.
pub(crate) const SECRET: &str = "bench-secret";

/// Signs tokens, as `declared.toml` has it.
const TOKEN_SECRET: &[u8] = b"bench-secret-for-tokens-of-32-bytes";

/// Signs as the one app.
pub(crate) struct Account {
    mac: Hmac<Sha256>,
}

impl Account {
    pub(crate) fn new() -> Self {
        Self { mac: Hmac::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length") }
    }

    /// HMAC-SHA256 over `parts` in a row, as 64 hex digits.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> String {
        let mac = parts.iter().fold(self.mac.clone(), |mac, part| mac.chain_update(part));
        hex(&mac.finalize().into_bytes())
    }

    /// A request to `/apps/{ID}/{resource}` with a bearer token.
    pub(crate) fn post_as(token: &str, resource: &str, body: &[u8]) -> Vec<u8> {
        let size = body.len();
        let mut request = format!(
            "POST /apps/{ID}/{resource} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }

    /// A signed request to `/apps/{ID}/{resource}`.
    ///
    /// Source: Pusher docs, "HTTP API reference", authentication.
    pub(crate) fn post(&self, resource: &str, body: &[u8]) -> Vec<u8> {
        let path = format!("/apps/{ID}/{resource}");
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let digest = hex(&Md5::digest(body));
        let query = format!("auth_key={KEY}&auth_timestamp={time}&auth_version=1.0&body_md5={digest}");
        let signature = self.sign(&[b"POST\n", path.as_bytes(), b"\n", query.as_bytes()]);
        let size = body.len();
        let mut request = format!(
            "POST {path}?{query}&auth_signature={signature} HTTP/1.1\r\nHost: localhost\r\n\
             Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }
}

/// A token that may publish on the channels of `declared.toml`, an hour long.
pub(crate) fn token() -> String {
    let url_safe = |bytes: &[u8]| base64(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_");
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let header = url_safe(br#"{"typ":"JWT","alg":"HS256"}"#);
    let claims = format!(r#"{{"sub":"bench","roles":["machine"],"fleet":"bench","iat":{time},"exp":{}}}"#, time + 3600);
    let signed = format!("{header}.{}", url_safe(claims.as_bytes()));
    let mac = Hmac::<Sha256>::new_from_slice(TOKEN_SECRET).expect("HMAC takes keys of any length");
    format!("{signed}.{}", url_safe(&mac.chain_update(&signed).finalize().into_bytes()))
}

/// What opens a WebSocket.
pub(crate) fn upgrade() -> String {
    format!(
        "GET /app/{KEY}?protocol=7&client=bench&version=1.0 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2FsdXJhbiBiZW5jaG1hcg==\r\n\r\n"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes what is written");
        text
    })
}
