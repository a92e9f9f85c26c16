//! `internal_broadcast.php`: how scripts on this machine reach all raw clients.

use actix_web::http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::simulator::is_ours;
use super::{Call, Outcome, object, text};

#[derive(Serialize)]
struct Queued {
    success: bool,
    queued: bool,
}

pub(super) async fn broadcast(call: &mut Call) -> Outcome {
    let said = |status, words: &str| text(status, "text/html; charset=UTF-8", words.to_owned());
    if !call.peer.is_loopback {
        return Ok(said(StatusCode::FORBIDDEN, "Forbidden"));
    }
    if *call.request.method() != Method::POST {
        return Ok(said(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"));
    }
    let body = call.body().await?;
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(&body) else {
        return Ok(said(StatusCode::BAD_REQUEST, "Bad Request"));
    };
    let kind = fields.get("type").and_then(Value::as_str);
    if kind.is_some_and(is_ours) && !call.shared.parts.config.relay {
        return Ok(said(StatusCode::FORBIDDEN, "Forbidden"));
    }
    call.contest().relay(body, None);
    Ok(object(StatusCode::OK, &Queued { success: true, queued: true }))
}
