//! Every signature that clients and publishers send (protocol reference, section 4).

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

/// An app as its clients and publishers know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppKeys {
    pub(crate) id: &'static str,
    pub(crate) key: &'static str,
    pub(crate) secret: &'static str,
}

/// The first app of every test broker: the one of the published vectors.
pub(crate) const APP: AppKeys = AppKeys { id: "1001", key: "f00dfeedf00dfeedf00d", secret: "c0ffee00c0ffee00c0ff" };

/// The second app of every test broker.
pub(crate) const OTHER: AppKeys = AppKeys { id: "2002", key: "beef", secret: "cafe" };

/// HMAC-SHA256 of `text` in lower-case hex.
pub(crate) fn hmac(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// MD5 of `body` in lower-case hex.
pub(crate) fn md5(body: &[u8]) -> String {
    hex(&Md5::digest(body))
}

/// The `auth` of a `pusher:subscribe`.
pub(crate) fn auth(app: AppKeys, socket_id: &str, channel: &str, channel_data: Option<&str>) -> String {
    let signed = match channel_data {
        Some(data) => format!("{socket_id}:{channel}:{data}"),
        None => format!("{socket_id}:{channel}"),
    };
    format!("{}:{}", app.key, hmac(app.secret, &signed))
}

/// The `auth` of a `pusher:signin`.
pub(crate) fn user_auth(app: AppKeys, socket_id: &str, user_data: &str) -> String {
    format!("{}:{}", app.key, hmac(app.secret, &format!("{socket_id}::user::{user_data}")))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs()
}

/// Request target of a signed API request; `path` may carry a query.
///
/// Values of the query are signed as they stand, so they must not need percent-encoding.
pub(crate) fn signed_target(app: AppKeys, method: &str, path: &str, body: &[u8]) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parameters: Vec<String> = query.split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    parameters.push(format!("auth_key={}", app.key));
    parameters.push(format!("auth_timestamp={}", now()));
    parameters.push("auth_version=1.0".to_owned());
    if !body.is_empty() {
        parameters.push(format!("body_md5={}", md5(body)));
    }
    parameters.sort();
    let query = parameters.join("&");
    let signature = hmac(app.secret, &format!("{method}\n{path}\n{query}"));
    format!("{path}?{query}&auth_signature={signature}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
