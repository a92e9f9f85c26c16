//! `start_timer.php` and `stop_timer.php`.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::contest::{NotDone, Replace};
use crate::measurement::{Category, EndedBy, Frequency, Run, RunId, local};

use super::{Call, NOT_ALLOWED, Outcome, failed, object};

#[derive(Serialize)]
struct Started {
    status: &'static str,
    message: &'static str,
    session_id: RunId,
    frequency: Frequency,
    category: Category,
    started_at: String,
}

#[derive(Serialize)]
struct Ended {
    status: &'static str,
    message: &'static str,
    session_id: RunId,
    frequency: Frequency,
    duration_seconds: u32,
    auto_stopped: bool,
    stopped_at: String,
}

pub(super) async fn start(call: &mut Call) -> Outcome {
    call.only(&Method::POST, &NOT_ALLOWED)?;
    let fields = call.fields().await?;
    let wrong = |message| failed(StatusCode::BAD_REQUEST, message);
    let frequency = number(&fields, "frequency").and_then(|hertz| Frequency::of(hertz).ok());
    let frequency = frequency.ok_or_else(|| wrong("Invalid frequency. Must be 1.5, 2.5, 3.5, 4.5, or 5.5"))?;
    let category = match fields.get("category").filter(|value| !value.is_null()) {
        None => Some(Category::Baja),
        Some(value) => value.as_str().and_then(|text| text.parse().ok()),
    };
    let category = category.ok_or_else(|| wrong("Invalid category. Must be baja or beton"))?;
    call.may_control()?;
    let run = call.contest().start(category, frequency, Replace::No).await.map_err(|why| refused(&why))?;
    let started = Started {
        status: "success",
        message: "Timer started",
        session_id: run.id,
        frequency,
        category,
        started_at: local(run.started_at_ms),
    };
    Ok(object(StatusCode::OK, &started))
}

pub(super) async fn stop(call: &mut Call) -> Outcome {
    call.only(&Method::POST, &NOT_ALLOWED)?;
    let fields = call.fields().await?;
    call.may_control()?;
    let session = integer(&fields, "session_id").map(RunId);
    // A page sends the click that stopped it in this field; only true itself means that time was over.
    let is_over = fields.get("auto_stopped") == Some(&Value::Bool(true));
    let by = if is_over { EndedBy::Time } else { EndedBy::Judge };
    let run = match call.contest().stop(session, by).await {
        Ok(run) => run,
        // The server ends runs by itself, a moment before a page that counts along.
        Err(NotDone::Over(run)) => *run,
        Err(why) => return Ok(refused(&why)),
    };
    Ok(object(StatusCode::OK, &ended(&run)))
}

fn ended(run: &Run) -> Ended {
    Ended {
        status: "success",
        message: "Timer stopped",
        session_id: run.id,
        frequency: run.frequency,
        duration_seconds: run.stop.map_or(0, |stop| stop.duration_ms / 1000),
        auto_stopped: run.auto_stopped(),
        stopped_at: local(run.stop.map_or(run.started_at_ms, |stop| stop.at_ms)),
    }
}

fn refused(why: &NotDone) -> HttpResponse {
    let message = match why {
        NotDone::Running(run) => {
            format!("Masih ada sesi yang berjalan (ID: {}). Hentikan sesi tersebut terlebih dahulu.", run.id.0)
        }
        NotDone::NotRunning => "No running session found".to_owned(),
        NotDone::UnknownRun(_) => "Session not found".to_owned(),
        NotDone::Over(_) | NotDone::Locked(_) | NotDone::Expired(_) | NotDone::StoreFull | NotDone::Busy => {
            why.to_string()
        }
    };
    failed(StatusCode::INTERNAL_SERVER_ERROR, &message)
}

/// A number, or a text that is one: forms of pages send those.
fn number(fields: &Map<String, Value>, field: &str) -> Option<f64> {
    let value = fields.get(field)?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A whole number, or a text that is one.
pub(super) fn integer(fields: &Map<String, Value>, field: &str) -> Option<i64> {
    let value = fields.get(field)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
