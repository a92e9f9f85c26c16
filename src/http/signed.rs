//! Who asks: every request to the API carries a signature by one of its app's keys.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;

use crate::error::Refusal;
use crate::protocol::{Signer, md5_hex, request_to_sign};
use crate::rules::App;

use super::answer::Refused;
use super::body;
use super::parameters::Parameters;
use super::state::state;

/// A request whose signature holds.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) app: Arc<App>,
    pub(super) body: Bytes,
    pub(super) parameters: Parameters,
}

impl FromRequest for Signed {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            // Read first, whatever else is wrong: a connection with an unread body cannot be used again.
            let body = body::read(&request, &mut payload).await?;
            Ok(verify(&request, body)?)
        })
    }
}

/// Checks a request in the order of the protocol reference's section 4.4.
pub(super) fn verify(request: &HttpRequest, body: Bytes) -> Result<Signed, Refusal> {
    let parameters = Parameters::parse(request.query_string());
    let key = parameters.find("auth_key").ok_or_else(|| unauthenticated("Missing parameter: auth_key"))?;
    let app = app(request, key)?;
    let signer = app.signer(key).ok_or_else(|| unauthenticated("Unknown auth_key"))?.clone();
    check_version(&parameters)?;
    check_timestamp(&parameters, app.config.limits.clock_skew)?;
    check_body(&parameters, &body)?;
    check_signature(request, &signer, &parameters)?;
    tracing::debug!(app = %app.config.id, library = ?request.headers().get("x-pusher-library"), path = request.path(), "request verified");
    if !app.config.enabled {
        return Err(Refusal::Forbidden("App disabled".to_owned()));
    }
    Ok(Signed { app, body, parameters })
}

/// The app that the path names, or for the one path without an app id, the key's.
fn app(request: &HttpRequest, key: &str) -> Result<Arc<App>, Refusal> {
    let apps = &state(request).apps;
    let app = match request.match_info().get("app_id") {
        Some(id) => apps.by_id(id).ok_or_else(|| Refusal::NotFound(format!("no app has the id {id}")))?,
        None => apps.by_key(key).ok_or_else(|| unauthenticated("Unknown auth_key"))?,
    };
    Ok(app)
}

fn check_version(parameters: &Parameters) -> Result<(), Refusal> {
    match parameters.find("auth_version") {
        Some("1.0") => Ok(()),
        Some(_) => Err(unauthenticated("Version not supported")),
        None => Err(unauthenticated("Version required")),
    }
}

fn check_timestamp(parameters: &Parameters, skew: Duration) -> Result<(), Refusal> {
    let given = parameters.find("auth_timestamp").and_then(|text| text.parse::<u64>().ok());
    let given = given.ok_or_else(|| unauthenticated("Timestamp required"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    if given.abs_diff(now) < skew.as_secs() {
        return Ok(());
    }
    Err(Refusal::Unauthenticated(format!(
        "Timestamp expired: Given timestamp ({}) not within {}s of server time ({})",
        iso(given),
        skew.as_secs(),
        iso(now)
    )))
}

/// A moment as people read it; one beyond the calendar as its number.
fn iso(seconds: u64) -> String {
    /// The last second of the year 9999.
    const LAST: u64 = 253_402_300_799;
    if seconds > LAST {
        return seconds.to_string();
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// A body needs its MD5; no body may have the MD5 of nothing, as the Python library sends it.
fn check_body(parameters: &Parameters, body: &[u8]) -> Result<(), Refusal> {
    match parameters.find("body_md5") {
        Some(given) if given == md5_hex(body) => Ok(()),
        None if body.is_empty() => Ok(()),
        Some(_) => Err(unauthenticated("Invalid body_md5: it is not the MD5 of the request body")),
        None => Err(unauthenticated("Missing parameter: body_md5")),
    }
}

/// The path as it came, then decoded, each without the prefix first, then with it.
fn check_signature(request: &HttpRequest, signer: &Signer, parameters: &Parameters) -> Result<(), Refusal> {
    let given = parameters.find("auth_signature").unwrap_or_default();
    let method = request.method().as_str();
    let prefix = &*state(request).server.path_prefix;
    let full = request.uri().path();
    let path = full.strip_prefix(prefix).unwrap_or(full);
    let expected = request_to_sign(method, path, parameters.all());
    if signer.verifies(&expected, given) {
        return Ok(());
    }
    let decode = |path: &str| percent_decode_str(path).decode_utf8_lossy().into_owned();
    let holds = |path: &str| signer.verifies(&request_to_sign(method, path, parameters.all()), given);
    let is_decoded = path.contains('%') && holds(&decode(path));
    let is_prefixed = !prefix.is_empty() && (holds(full) || holds(&decode(full)));
    if is_decoded || is_prefixed {
        return Ok(());
    }
    Err(Refusal::Unauthenticated(format!(
        "Invalid signature: you should have sent HmacSHA256Hex({expected:?}, your_secret_key), but you sent {given:?}"
    )))
}

fn unauthenticated(text: &str) -> Refusal {
    Refusal::Unauthenticated(text.to_owned())
}
