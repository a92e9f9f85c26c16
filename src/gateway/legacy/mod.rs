//! The old HTTP paths, `/detector-getaran/…`, as the users' programs call them.
//!
//! Owns their bodies, statuses and texts, which stay as they were; where the old code was broken, what it
//! was meant to do. `camera` takes points, `timer`, `valve`, `clear` and `scripts` are the judge's, `team`
//! and `all` are for pages, `export` gives files.
//!
//! Source: domain reference, A5.

mod all;
mod body;
mod camera;
mod clear;
mod export;
mod internal;
mod scripts;
mod team;
mod timer;
mod valve;

use std::rc::Rc;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, HeaderValue,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use crate::contest::Contest;

use super::door::json;
use super::peer::Peer;
use super::shared::Shared;
use super::speaker::NO_CONTROL;

/// Where the old server had it all.
const PREFIX: &str = "/detector-getaran";

/// A request with what belongs to it.
pub(super) struct Call {
    pub(super) shared: Rc<Shared>,
    pub(super) peer: Peer,
    pub(super) request: HttpRequest,
    pub(super) payload: web::Payload,
}

/// The answer that ends a request early.
struct No(Box<HttpResponse>);

impl From<HttpResponse> for No {
    fn from(response: HttpResponse) -> Self {
        Self(Box::new(response))
    }
}

/// An answer, either way.
type Outcome = Result<HttpResponse, No>;

/// Answers a request by its path, with the old prefix or without.
pub(super) async fn answer(mut call: Call) -> HttpResponse {
    let path = call.request.path().to_owned();
    let path = path.strip_prefix(PREFIX).unwrap_or(&path);
    if let Some(lane) = team::lane(path) {
        return readable(team::points(&call, lane).await);
    }
    match path {
        "/api/receive_camera_data.php" => whole(camera::receive(&mut call).await),
        "/api/start_timer.php" => readable(timer::start(&mut call).await),
        "/api/stop_timer.php" => readable(timer::stop(&mut call).await),
        "/api/toggle_realtime_save.php" => whole(valve::toggle(&mut call).await),
        "/api/get_realtime_status.php" => readable(valve::status(&call).await),
        "/api/get_team_info.php" => readable(team::info(&call).await),
        "/api/all.php" => readable(all::teams(&call).await),
        "/api/clear_data.php" => readable(clear::everything(&call).await),
        "/api/internal_broadcast.php" => whole(internal::broadcast(&mut call).await),
        "/api/export_realtime.php" => whole(export::realtime(&call).await),
        "/api/export_session.php" => whole(export::session(&call).await),
        "/start_new_session.php" => whole(scripts::start_new_session(&call).await),
        "/stop_all_sessions.php" => whole(scripts::stop_all_sessions(&call).await),
        "/" | "" => text(StatusCode::OK, "text/plain; charset=utf-8", HERE.to_owned()),
        _ => json(StatusCode::NOT_FOUND, r#"{"error":"Not found"}"#.to_owned()),
    }
}

/// Said at `/` to browsers.
const HERE: &str = "Saluran listens to cameras here: connect with ws:// to this address.\n";

fn whole(outcome: Outcome) -> HttpResponse {
    outcome.unwrap_or_else(|no| *no.0)
}

/// Lets pages of other hosts read it, as some of the paths always did.
fn readable(outcome: Outcome) -> HttpResponse {
    let mut response = whole(outcome);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type"));
    response
}

impl Call {
    fn contest(&self) -> &Contest {
        &self.shared.parts.contest
    }

    /// Lets only this method by.
    fn only(&self, method: &Method, refusal: &impl Serialize) -> Result<(), No> {
        let given = self.request.method();
        if given == method || (*method == Method::GET && *given == Method::HEAD) {
            return Ok(());
        }
        let mut response = object(StatusCode::METHOD_NOT_ALLOWED, refusal);
        if let Ok(allowed) = HeaderValue::from_str(method.as_str()) {
            response.headers_mut().insert(ALLOW, allowed);
        }
        Err(response.into())
    }

    /// Lets only those by who may start, stop and clear.
    fn may_control(&self) -> Result<(), No> {
        if self.peer.may_control(&self.shared.parts.config) {
            return Ok(());
        }
        Err(failed(StatusCode::FORBIDDEN, NO_CONTROL).into())
    }

    /// The first query parameter of a name.
    fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.request.query_string().as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// How most of the old paths say no.
#[derive(Serialize)]
struct Failed<'a> {
    status: &'static str,
    message: &'a str,
}

/// How the others do.
#[derive(Serialize)]
struct Wrong<'a> {
    error: &'a str,
}

const NOT_ALLOWED: Failed<'static> = Failed { status: "error", message: "Method not allowed" };

fn failed(status: StatusCode, message: &str) -> HttpResponse {
    object(status, &Failed { status: "error", message })
}

fn object(status: StatusCode, value: &impl Serialize) -> HttpResponse {
    json(status, serde_json::to_string(value).expect("answers hold strings and finite numbers"))
}

fn text(status: StatusCode, kind: &'static str, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type(kind).body(body)
}
