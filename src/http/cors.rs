//! Pages of other hosts: which may call what is for browsers.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue, ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::error::Refusal;
use crate::rules::{App, is_allowed};

use super::answer::{Outcome, Refused};
use super::state::state;

/// Says that a page may go on; any page that one of the apps lets connect.
pub(super) async fn preflight(request: HttpRequest) -> HttpResponse {
    let Some(origin) = allowed_origin(&request) else {
        return Refused::json(Refusal::ForeignPage).error_response();
    };
    let mut response = HttpResponse::NoContent();
    response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin));
    response.insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT"));
    response.insert_header((ACCESS_CONTROL_MAX_AGE, "600"));
    response.insert_header((VARY, "Origin, Access-Control-Request-Headers"));
    // Whatever a page adds, such as X-CSRF-TOKEN, means nothing to us and may be sent.
    if let Some(headers) = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS) {
        response.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, headers.clone()));
    }
    response.finish()
}

/// The answer as a page may read it, refusals too.
pub(super) fn readable(request: &HttpRequest, outcome: Outcome) -> HttpResponse {
    open(request, outcome.unwrap_or_else(|refused| refused.into_json().error_response()))
}

/// An answer as a page may read it.
pub(super) fn open(request: &HttpRequest, mut response: HttpResponse) -> HttpResponse {
    if let Some(origin) = allowed_origin(request) {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// Whether a page, if it is one that asks, may ask this app.
///
/// # Errors
/// `ForeignPage` when it may not.
pub(super) fn check(request: &HttpRequest, app: &App) -> Result<(), Refusal> {
    let origin = request.headers().get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let is_refused = origin.is_some_and(|origin| !is_allowed(origin, &app.config.allowed_origins));
    if is_refused { Err(Refusal::ForeignPage) } else { Ok(()) }
}

/// The page's origin, where any app lets it in.
fn allowed_origin(request: &HttpRequest) -> Option<HeaderValue> {
    let value = request.headers().get(ORIGIN)?;
    let origin = value.to_str().ok()?;
    let apps = state(request).apps.all();
    apps.all().any(|app| is_allowed(origin, &app.config.allowed_origins)).then(|| value.clone())
}
