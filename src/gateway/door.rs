//! Where everybody comes in: cameras and pages by WebSocket, old programs by HTTP.

use actix_web::http::StatusCode;
use actix_web::http::header::{FORWARDED, HeaderMap, ORIGIN, UPGRADE, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::config;

use super::legacy;
use super::peer::{Claims, Peer};
use super::plug::Plug;
use super::shared::shared;
use super::socket;

/// Said to those who may not come in.
const STRANGER: &str =
    r#"{"error":"Only private addresses may come in here, and whoever has a lane's key","reason":"key"}"#;

/// Answers one request.
///
/// A WebSocket is one on any path, as it always was: cameras have all sorts of paths in their settings.
pub(super) async fn enter(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let shared = shared(&request);
    let peer = peer(&request, &shared.parts.config);
    if !peer.may_enter() {
        return json(StatusCode::FORBIDDEN, STRANGER.to_owned());
    }
    let wants_socket =
        header(request.headers(), UPGRADE.as_str()).is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    if !wants_socket {
        return legacy::answer(legacy::Call { shared, peer, request, payload }).await;
    }
    let plug = request.conn_data::<Plug>().cloned();
    match actix_ws::handle(&request, payload) {
        Ok((response, session, stream)) => {
            // It ends with its connection, or when the gateway stops, which counts them.
            drop(actix_web::rt::spawn(socket::serve(shared, peer, (session, stream), plug)));
            response
        }
        Err(error) => error.error_response(),
    }
}

/// A JSON text as an answer.
pub(super) fn json(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(body)
}

fn peer(request: &HttpRequest, config: &config::Gateway) -> Peer {
    let headers = request.headers();
    let forwarded = [FORWARDED.as_str(), "x-forwarded-for", "x-real-ip", "via"];
    let query: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
    let key = query.iter().find(|(name, _)| name == "key").map(|(_, key)| &**key);
    // Python's websocket-client makes an origin up of the address that it dials; browsers always say who
    // they are. Images and the like say no origin, only that they are another site's.
    let is_browser = headers.contains_key(USER_AGENT);
    let is_cross_site = header(headers, "sec-fetch-site") == Some("cross-site");
    let origin = header(headers, ORIGIN.as_str()).or_else(|| is_cross_site.then_some("https://cross.site"));
    let claims = Claims {
        address: request.peer_addr(),
        is_forwarded: forwarded.iter().any(|name| headers.contains_key(*name)),
        origin: origin.filter(|_| is_browser),
        query_key: key,
        header_key: header(headers, "x-lane-key"),
    };
    Peer::new(claims, config)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
