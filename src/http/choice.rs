//! Which app a request means whose path names none.

use std::sync::Arc;

use actix_web::HttpRequest;

use crate::error::Refusal;
use crate::rules::App;

use super::cors;
use super::state::state;

/// The app with this id or key; without one, the only app that takes tokens.
///
/// # Errors
/// 422 when there is no such app, or nobody can tell which is meant; 403 for a disabled app, or for a
/// page that may not use it.
pub(super) fn choose(request: &HttpRequest, given: Option<&str>) -> Result<Arc<App>, Refusal> {
    let app = match given {
        Some(name) => named(request, name)?,
        None => only(request)?,
    };
    cors::check(request, &app)?;
    if app.config.enabled { Ok(app) } else { Err(Refusal::Forbidden("App disabled".to_owned())) }
}

fn named(request: &HttpRequest, name: &str) -> Result<Arc<App>, Refusal> {
    let apps = &state(request).apps;
    let unknown = || Refusal::Unprocessable(format!("No app has the id or key {name:?}"));
    apps.by_id(name).or_else(|| apps.by_key(name)).ok_or_else(unknown)
}

fn only(request: &HttpRequest) -> Result<Arc<App>, Refusal> {
    let apps = state(request).apps.all();
    let mut takers = apps.all().filter(|app| app.tokens.is_some());
    match (takers.next(), takers.next()) {
        (Some(app), None) => Ok(app.clone()),
        (None, _) => Err(Refusal::Forbidden("No app takes tokens: [app.tokens] is not configured".to_owned())),
        (Some(_), Some(_)) => Err(Refusal::Unprocessable(
            "Several apps take tokens: say which with ?app=<id or key> in the URL".to_owned(),
        )),
    }
}
