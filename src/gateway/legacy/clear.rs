//! `clear_data.php`.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use serde::Serialize;

use crate::measurement::{Scope, local};

use super::{Call, Outcome, Wrong, object};

#[derive(Serialize)]
struct Done {
    success: bool,
    message: &'static str,
    deleted: Deleted,
    preserved: Preserved,
    timestamp: String,
}

/// Counts are texts, as they always were.
#[derive(Serialize)]
struct Deleted {
    realtime_data: String,
    statistics: String,
    stopped_sessions: String,
    broadcast_queue: &'static str,
}

#[derive(Serialize)]
struct Preserved {
    teams: &'static str,
    categories: &'static str,
    sessions_history: &'static str,
}

const PRESERVED: Preserved =
    Preserved { teams: "kept", categories: "kept", sessions_history: "kept (status updated to stopped)" };

#[derive(Serialize)]
struct NotCleared {
    success: bool,
    error: &'static str,
    message: String,
}

pub(super) async fn everything(call: &Call) -> Outcome {
    if *call.request.method() == Method::OPTIONS {
        return Ok(HttpResponse::Ok().finish());
    }
    call.only(&Method::POST, &Wrong { error: "Method not allowed" })?;
    call.may_control()?;
    let cleared = call.contest().clear(Scope::All).await.map_err(|why| {
        let message = why.to_string();
        let failed = NotCleared { success: false, error: "Failed to clear data", message };
        object(StatusCode::INTERNAL_SERVER_ERROR, &failed)
    })?;
    let done = Done {
        success: true,
        message: "All data cleared successfully",
        deleted: Deleted {
            realtime_data: cleared.points.to_string(),
            statistics: cleared.statistics.to_string(),
            stopped_sessions: cleared.sessions_stopped.to_string(),
            // There is no queue any more.
            broadcast_queue: "not found",
        },
        preserved: PRESERVED,
        timestamp: local(call.contest().now().unix_ms),
    };
    Ok(object(StatusCode::OK, &done))
}
