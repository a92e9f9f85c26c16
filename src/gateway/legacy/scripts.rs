//! `start_new_session.php` and `stop_all_sessions.php`: for scripts and browsers, by GET.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};

use crate::contest::{NotDone, Replace};
use crate::measurement::{Category, EndedBy, Frequency, Run, local};

use super::team::status;
use super::{Call, NOT_ALLOWED, Outcome, text};

/// Runs that the second one lists.
const LISTED: usize = 5;

/// What PHP says of a text.
const HTML: &str = "text/html; charset=UTF-8";

/// Always baja, 1.5 Hz; a run that goes on makes room.
pub(super) async fn start_new_session(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    call.may_control()?;
    let run = call.contest().start(Category::Baja, Frequency::default(), Replace::Yes).await;
    let run = run.map_err(|why| unavailable(&why))?;
    let said = format!(
        "Old sessions stopped\nNew session started: ID={}, Category={}, Frequency={} Hz\nStarted at: {}\n",
        run.id.0,
        run.category,
        run.frequency,
        local(run.started_at_ms)
    );
    Ok(text(StatusCode::OK, HTML, said))
}

pub(super) async fn stop_all_sessions(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    call.may_control()?;
    let stopped = match call.contest().stop(None, EndedBy::Judge).await {
        Ok(_) => 1,
        Err(NotDone::NotRunning) => 0,
        Err(why) => return Ok(unavailable(&why)),
    };
    let state = call.contest().state().await.map_err(|why| unavailable(&why))?;
    let mut said = format!("Stopped {stopped} running session(s)\n");
    for run in state.runs.values().rev().take(LISTED) {
        said.push_str(&line(run));
    }
    Ok(text(StatusCode::OK, HTML, said))
}

fn line(run: &Run) -> String {
    format!(
        "ID={}, Category={}, Frequency={} Hz, Status={}, Started at: {}\n",
        run.id.0,
        run.category,
        run.frequency,
        status(run),
        local(run.started_at_ms)
    )
}

fn unavailable(why: &NotDone) -> HttpResponse {
    text(StatusCode::INTERNAL_SERVER_ERROR, HTML, format!("Error: {why}\n"))
}
