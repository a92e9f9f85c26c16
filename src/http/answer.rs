//! Answers: JSON objects when it worked, one line of text when not.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;

use crate::error::{Answer, Refusal};
use crate::rules;
use crate::telemetry;

/// A refusal on its way to an HTTP client.
#[derive(Debug)]
pub(super) struct Refused {
    refusal: Refusal,
    form: Form,
}

/// How a refusal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A line, as Pusher's API does; what a declaration refuses is JSON all the same.
    Text,
    /// An object, for what is ours alone.
    Json,
}

/// A refusal as an object.
#[derive(Serialize)]
struct Reason<'a> {
    error: String,
    /// What refused: `subscribe`, `undeclared`, `token`, or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    /// Who would be allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<&'a str>,
}

/// How every request ends.
pub(super) type Outcome = Result<HttpResponse, Refused>;

impl<R: Into<Refusal>> From<R> for Refused {
    fn from(refusal: R) -> Self {
        Self { refusal: refusal.into(), form: Form::Text }
    }
}

impl Refused {
    pub(super) const fn json(refusal: Refusal) -> Self {
        Self { refusal, form: Form::Json }
    }

    /// The same, written as an object.
    pub(super) fn into_json(self) -> Self {
        Self { form: Form::Json, ..self }
    }

    fn body(&self, response: &mut HttpResponseBuilder) -> HttpResponse {
        match (&self.refusal, self.form) {
            (Refusal::Breach { breach, index }, _) => {
                telemetry::breached(breach.rule.name());
                object(response, &breach.report(*index))
            }
            (refusal @ (Refusal::Token(_) | Refusal::NotTaken { .. }), _) | (refusal, Form::Json) => {
                object(response, &reason(refusal))
            }
            (_, Form::Text) => text(response, format!("{self}\n")),
        }
    }
}

fn reason(refusal: &Refusal) -> Reason<'_> {
    let reason = |rule| Reason { error: refusal.to_string(), rule, channel: None, allowed: None };
    if let Refusal::NotGranted(rules::Error::Denied { channel, allowed, .. }) = refusal {
        Reason { channel: Some(channel), allowed: Some(allowed), ..reason(Some("subscribe")) }
    } else if let Refusal::NotGranted(rules::Error::Undeclared { channel }) = refusal {
        Reason { channel: Some(channel), ..reason(Some("undeclared")) }
    } else if matches!(refusal, Refusal::Token(_)) {
        reason(Some("token"))
    } else if let Refusal::NotTaken { reason: rule, .. } = refusal {
        reason(Some(rule))
    } else {
        reason(None)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self.refusal.answer() {
            Answer::Status(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Answer::Close(_) | Answer::CloseSilently(_) | Answer::Error(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.body(&mut self.head())
    }
}

impl Refused {
    /// The status and the headers of the answer; counts the refusal.
    pub(super) fn head(&self) -> HttpResponseBuilder {
        let status = self.status_code();
        telemetry::refused(status.as_u16());
        let mut response = HttpResponse::build(status);
        if let Some(time) = self.refusal.retry_after() {
            // Never too early: a started second counts as one.
            response.insert_header((RETRY_AFTER, (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)));
        }
        if matches!(self.refusal, Refusal::Token(_)) && status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
        }
        if matches!(self.refusal, Refusal::SlowBody | Refusal::BodyTooBig { .. }) {
            // The rest of the body may never come, and nobody would read it.
            response.force_close();
        }
        response
    }
}

/// A line of text.
pub(super) fn text(response: &mut HttpResponseBuilder, body: String) -> HttpResponse {
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))).body(body)
}

/// `{}`: done, and nothing to say.
pub(super) fn done() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body("{}")
}

/// A JSON object.
pub(super) fn json(value: &impl Serialize) -> HttpResponse {
    object(&mut HttpResponse::Ok(), value)
}

/// A JSON object, to a status that is decided.
pub(super) fn respond(mut response: HttpResponseBuilder, value: &impl Serialize) -> HttpResponse {
    object(&mut response, value)
}

fn object(response: &mut HttpResponseBuilder, value: &impl Serialize) -> HttpResponse {
    let body = serde_json::to_string(value).expect("answers hold strings, numbers and checked JSON");
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(body)
}
