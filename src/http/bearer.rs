//! Who asks with a bearer token.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use crate::auth::Identity;
use crate::error::Refusal;
use crate::rules::{App, Throttle, client_address, show};

use super::state::state;

/// The token in `Authorization: Bearer …`, if there is one; other schemes are somebody else's.
pub(super) fn token(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whose token it is.
///
/// # Errors
/// 401 without a token or with one that does not hold; 429 for an address with too many of those; 503
/// when nobody can tell at the moment.
pub(super) async fn identity(request: &HttpRequest, app: &App) -> Result<Arc<Identity>, Refusal> {
    let found = verify(request, app).await;
    if let Err(refusal) = &found
        && refusal.retry_after().is_none()
    {
        pace(request, app.throttles.failed_auth.as_ref(), "requests without a valid token")?;
    }
    found
}

async fn verify(request: &HttpRequest, app: &App) -> Result<Arc<Identity>, Refusal> {
    let Some(token) = token(request) else {
        return Err(Refusal::Unauthenticated("Send a token: Authorization: Bearer <token>".to_owned()));
    };
    let Some(tokens) = &app.tokens else {
        let text = format!("App {} takes no tokens: [app.tokens] is not configured", app.config.id);
        return Err(Refusal::Unauthenticated(text));
    };
    Ok(tokens.verify(token).await?)
}

/// Takes one of the calls that the client's address may do.
///
/// # Errors
/// `TooMany` when it has none left.
pub(super) fn pace(request: &HttpRequest, throttle: Option<&Throttle>, what: &'static str) -> Result<(), Refusal> {
    let Some((throttle, peer)) = throttle.zip(request.peer_addr()) else {
        return Ok(());
    };
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let address = client_address(peer.ip(), forwarded, &state(request).server.trusted_proxies);
    throttle.take_for(&address).map_err(|retry_after| Refusal::TooMany {
        what,
        allowed: format!("{} from one address", show(throttle.pace())),
        retry_after,
    })
}
