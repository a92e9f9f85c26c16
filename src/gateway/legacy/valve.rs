//! `toggle_realtime_save.php` and `get_realtime_status.php`.

use actix_web::http::{Method, StatusCode};
use serde::Serialize;

use crate::measurement::{RunId, local};

use super::timer::integer;
use super::{Call, NOT_ALLOWED, Outcome, failed, object};

#[derive(Serialize)]
struct Toggled {
    status: &'static str,
    message: &'static str,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<RunId>,
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
    enabled: bool,
    session_id: Option<RunId>,
    /// Absent before anybody has said anything, null when saving was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Option<String>>,
    message: &'static str,
}

pub(super) async fn toggle(call: &mut Call) -> Outcome {
    call.only(&Method::POST, &NOT_ALLOWED)?;
    let fields = call.fields().await?;
    let Some(action) = fields.get("action").filter(|action| !action.is_null()) else {
        return Ok(failed(StatusCode::OK, "Missing required field: action"));
    };
    let enabled = match action.as_str() {
        Some("start") => true,
        Some("stop") => false,
        _ => return Ok(failed(StatusCode::OK, "Invalid action. Must be \"start\" or \"stop\"")),
    };
    call.may_control()?;
    let session_id = integer(&fields, "session_id").map(RunId);
    let done = call.contest().realtime(enabled, session_id).await;
    done.map_err(|why| failed(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string()))?;
    let message = match (enabled, session_id.is_some()) {
        (true, true) => "Realtime saving started (with session)",
        (true, false) => "Realtime saving started (no session)",
        (false, _) => "Realtime saving stopped",
    };
    Ok(object(StatusCode::OK, &Toggled { status: "success", message, enabled, session_id }))
}

pub(super) async fn status(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    let state = call.contest().state().await;
    let state = state.map_err(|why| failed(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string()))?;
    let realtime = state.realtime;
    let started_at = realtime.since_ms.map(|since| realtime.enabled.then(|| local(since)));
    let message = if realtime.enabled { "Realtime saving is enabled" } else { "Realtime saving is disabled" };
    let status =
        Status { status: "success", enabled: realtime.enabled, session_id: realtime.session_id, started_at, message };
    Ok(object(StatusCode::OK, &status))
}
