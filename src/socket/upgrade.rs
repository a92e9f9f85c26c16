//! The upgrade hook: an HTTP request becomes a connection, or is told why not.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::header::{self, HeaderMap};
use actix_http::{HttpMessage, Request, StatusCode, h1, ws};
use bytes::BytesMut;
use tokio::net::TcpStream;

use crate::error::{Answer, Refusal};
use crate::hub::Newcomer;
use crate::protocol::handshake::{self, Handshake, InvalidHandshake};
use crate::protocol::outbound;
use crate::rules::{self, App, Permit, Seat, client_address};
use crate::telemetry;

use super::connection::{Beginning, Connection};
use super::context::Context;
use super::farewell::refuse;
use super::guarded::Guarded;
use super::machine::Machine;
use super::wire::TcpWire;

/// A handshake that passed every check.
#[derive(Debug)]
struct Accepted {
    permit: Permit,
    seat: Seat,
    protocol: u8,
    is_java: bool,
}

/// Takes an upgrade request's socket out of HTTP's hands.
///
/// Handshakes that RFC 6455 forbids get an HTTP status; all others are completed, because browsers
/// cannot see why a handshake failed, and refusals follow as frames.
///
/// # Errors
/// Never; the type is what the HTTP service asks for.
pub async fn upgrade(
    context: Rc<Context>,
    request: Request,
    framed: actix_codec::Framed<Guarded, h1::Codec>,
) -> Result<(), Infallible> {
    let parts = framed.into_parts();
    let stream = parts.io.into_inner();
    if let Err(error) = ws::verify_handshake(request.head()) {
        reject(&stream, &error);
        return Ok(());
    }
    if let Err(refusal) = pace(&context, &request) {
        slow_down(&stream, &refusal);
        return Ok(());
    }
    let head = response_head(request.headers());
    match decide(&context, &request) {
        Ok(accepted) => accept(context, accepted, stream, head, parts.read_buf),
        Err(refusal) => {
            tracing::debug!(%refusal, "connection refused");
            drop(tokio::task::spawn_local(refuse(context, stream, head, refusal)));
        }
    }
    Ok(())
}

/// Registers the connection, sends its first frame behind the handshake's answer, and lets it live.
fn accept(context: Rc<Context>, accepted: Accepted, stream: TcpStream, mut head: Vec<u8>, early: BytesMut) {
    let Accepted { permit, seat, protocol, is_java } = accepted;
    let app: Arc<App> = permit.app().clone();
    let socket_id = context.node.next_socket_id();
    let established = outbound::connection_established(socket_id, app.config.activity_timeout.as_secs());
    head.extend_from_slice(established.as_bytes());
    // A fresh socket has room for this; one that has not is broken.
    if !stream.try_write(&head).is_ok_and(|written| written == head.len()) {
        return;
    }
    let (reader, writer) = stream.into_split();
    let wire = Rc::new(TcpWire::new(writer));
    let key = context.hub.insert(Newcomer { socket_id, is_java, wire: wire.clone() });
    tracing::debug!(connection = ?key, %socket_id, app = %app.config.id, protocol, "connection accepted");
    let machine = Machine::new(app, socket_id, context.limits.channels_per_connection);
    let beginning = Beginning { key, reader, wire, machine, protocol, early, permit, seat };
    // Its owner is the worker, which does not end before the hub has no connection left.
    drop(tokio::task::spawn_local(Connection::new(context, beginning)));
}

/// Checks a handshake in the order of the protocol reference's section 1.5.
fn decide(context: &Context, request: &Request) -> Result<Accepted, Refusal> {
    let key = app_key(request.path(), &context.server.path_prefix).ok_or(Refusal::PathNotFound)?;
    let app = context.apps.by_key(key);
    let app = app.as_ref();
    let handshake = Handshake::parse(request.uri().query().unwrap_or_default());
    let protocol = match handshake.protocol() {
        Err(InvalidHandshake::NoProtocol) if app.is_some_and(|app| app.config.assume_protocol) => {
            handshake.check_version()?;
            handshake::CURRENT
        }
        protocol => protocol?,
    };
    let app = app.ok_or_else(|| Refusal::UnknownApp { key: key.chars().take(64).collect() })?;
    if !app.config.enabled {
        return Err(Refusal::AppDisabled);
    }
    if app.config.tls_only && !is_secure(context, request) {
        return Err(Refusal::TlsOnly);
    }
    let origin = request.headers().get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    if origin.is_some_and(|origin| !rules::is_allowed(origin, &app.config.allowed_origins)) {
        return Err(Refusal::Origin);
    }
    let permit = app.admit().ok_or(Refusal::OverQuota)?;
    let seat = context.node.admit().ok_or(Refusal::OverCapacity)?;
    if context.node.is_draining() {
        return Err(Refusal::Draining);
    }
    Ok(Accepted { permit, seat, protocol, is_java: handshake.is_java() })
}

/// Takes one of the handshakes that the peer's address may do.
fn pace(context: &Context, request: &Request) -> Result<(), Refusal> {
    let app = app_key(request.path(), &context.server.path_prefix).and_then(|key| context.apps.by_key(key));
    let Some(throttle) = app.as_ref().and_then(|app| app.throttles.handshakes.as_ref()) else {
        return Ok(());
    };
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let address = request.peer_addr().map(|peer| client_address(peer.ip(), forwarded, &context.server.trusted_proxies));
    address.map_or(Ok(()), |address| throttle.take_for(&address)).map_err(|retry_after| Refusal::TooMany {
        what: "handshakes",
        allowed: format!("{} from one address", rules::show(throttle.pace())),
        retry_after,
    })
}

/// Says in HTTP, before a WebSocket has cost anything, that there were too many.
fn slow_down(stream: &TcpStream, refusal: &Refusal) {
    let Answer::Status(status) = refusal.answer() else { return };
    telemetry::refused(status);
    let body = format!("{refusal}\n");
    let seconds = refusal.retry_after().map_or(1, |time| time.as_secs() + 1);
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let response = format!(
        "HTTP/1.1 {status} {reason}\r\nRetry-After: {seconds}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whoever cannot take these few bytes will not miss them.
    drop(stream.try_write(response.as_bytes()));
}

/// The key in `{prefix}/app/{key}`; `None` for any other path.
fn app_key<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let key = path.strip_prefix(prefix)?.strip_prefix("/app/")?;
    (!key.is_empty() && !key.contains('/')).then_some(key)
}

/// Whether a proxy that we trust says that the client came over TLS.
fn is_secure(context: &Context, request: &Request) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let is_trusted = peer.is_some_and(|peer| context.server.trusted_proxies.iter().any(|net| net.contains(&peer)));
    let scheme = request.headers().get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    is_trusted && scheme.is_some_and(|scheme| matches!(scheme.trim(), "https" | "wss"))
}

/// The answer that completes a handshake, up to the empty line.
fn response_head(headers: &HeaderMap) -> Vec<u8> {
    let mut head = Vec::with_capacity(320);
    head.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    if let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) {
        head.extend_from_slice(b"Sec-WebSocket-Accept: ");
        head.extend_from_slice(&ws::hash_key(key.as_bytes()));
        head.extend_from_slice(b"\r\n");
    }
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).filter_map(|offer| offer.to_str().ok());
    if let Some(selected) = offers.filter_map(handshake::subprotocol).next() {
        head.extend_from_slice(b"Sec-WebSocket-Protocol: ");
        head.extend_from_slice(selected.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Says in HTTP that this is no handshake.
fn reject(stream: &TcpStream, error: &ws::HandshakeError) {
    let (status, extra) = match error {
        ws::HandshakeError::UnsupportedVersion | ws::HandshakeError::NoVersionHeader => {
            ("426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n")
        }
        ws::HandshakeError::GetMethodRequired => ("405 Method Not Allowed", "Allow: GET\r\n"),
        ws::HandshakeError::NoWebsocketUpgrade
        | ws::HandshakeError::NoConnectionUpgrade
        | ws::HandshakeError::BadWebsocketKey => ("400 Bad Request", ""),
    };
    let body = format!("{error}\n");
    let response = format!(
        "HTTP/1.1 {status}\r\n{extra}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whoever cannot take these few bytes will not miss them.
    drop(stream.try_write(response.as_bytes()));
}
