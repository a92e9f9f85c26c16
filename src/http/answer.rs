//! Answers: JSON objects when it worked, one line of text when not.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;

use crate::error::{Answer, Refusal};
use crate::telemetry;

/// A refusal on its way to an HTTP client.
#[derive(Debug)]
pub(super) struct Refused(Refusal);

/// How every request ends.
pub(super) type Outcome = Result<HttpResponse, Refused>;

impl<R: Into<Refusal>> From<R> for Refused {
    fn from(refusal: R) -> Self {
        Self(refusal.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self.0.answer() {
            Answer::Status(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Answer::Close(_) | Answer::CloseSilently(_) | Answer::Error(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        telemetry::refused(status.as_u16());
        let mut response = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "1"));
        }
        if matches!(self.0, Refusal::SlowBody | Refusal::BodyTooBig { .. }) {
            // The rest of the body may never come, and nobody would read it.
            response.force_close();
        }
        text(&mut response, format!("{self}\n"))
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
    let body = serde_json::to_string(value).expect("answers hold strings, numbers and checked JSON");
    HttpResponse::Ok().insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(body)
}
