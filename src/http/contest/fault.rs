//! Why something was not done, as `{"error": …, "reason": …}`.

use std::time::Duration;

use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::contest::{Contest, NotDone, RunTold};
use crate::error::Refusal;
use crate::http::answer::{Refused, respond};
use crate::store::Unreadable;

/// When to ask a contest again that is busy or full.
const SOON: Duration = Duration::from_secs(1);

/// Why something was not done.
#[derive(Debug)]
pub(super) struct Fault {
    refusal: Refusal,
    /// A word for programs, where the status does not say it all.
    reason: Option<&'static str>,
    /// The run that is in the way, or that is over.
    session: Option<Box<RunTold>>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: String,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a RunTold>,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, reason: None, session: None }
    }
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        let reason = match &unreadable {
            Unreadable::Away { .. } => "database_away",
            Unreadable::Behind { .. } => "database_behind",
            Unreadable::Busy => "busy",
        };
        let refusal = Refusal::Unavailable { text: unreadable.to_string(), retry_after: unreadable.retry_after() };
        Self { reason: Some(reason), ..refusal.into() }
    }
}

impl Fault {
    /// A value that cannot be.
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Refusal::Unprocessable(text.into()).into()
    }

    /// What the contest would not do.
    pub(super) fn not_done(contest: &Contest, not_done: &NotDone) -> Self {
        let text = not_done.to_string();
        let told = |run| Some(Box::new(RunTold::new(run, &contest.now(), contest.run_length())));
        let (refusal, reason, session) = match not_done {
            NotDone::Running(run) => (Refusal::Conflict(text), not_done.reason(), told(run)),
            // Whoever stops a run that is over learns how it ended.
            NotDone::Over(run) => (Refusal::Conflict(text), "not_running", told(run)),
            NotDone::NotRunning | NotDone::Locked(_) | NotDone::Expired(_) => {
                (Refusal::Conflict(text), not_done.reason(), None)
            }
            NotDone::UnknownRun(_) => (Refusal::NotFound(text), not_done.reason(), None),
            NotDone::StoreFull | NotDone::Busy => {
                (Refusal::Unavailable { text, retry_after: SOON }, not_done.reason(), None)
            }
        };
        Self { refusal, reason: Some(reason), session }
    }

    /// As it is answered: status and headers as everywhere, the body for pages.
    pub(super) fn response(self) -> HttpResponse {
        let Self { refusal, reason, session } = self;
        let error = refusal.to_string();
        let refused = Refused::json(refusal);
        let reason = reason.unwrap_or_else(|| word(refused.status_code().as_u16()));
        respond(refused.head(), &Body { error, reason, session: session.as_deref() })
    }
}

const fn word(status: u16) -> &'static str {
    match status {
        400 | 422 => "invalid",
        401 => "unauthenticated",
        403 => "forbidden",
        404 => "not_found",
        405 => "method",
        408 => "slow_body",
        413 => "too_big",
        429 => "too_many",
        _ => "busy",
    }
}
