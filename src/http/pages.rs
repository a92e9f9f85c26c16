//! The pages that come with the broker, built in.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::{Embed, EmbeddedFile};
use serde::Serialize;

use crate::error::Refusal;

use super::answer::{Outcome, json, text};
use super::state::state;

/// What the pages' build left; empty when the binary was built without them.
#[derive(Embed)]
#[folder = "examples/dashboards/dist"]
#[allow_missing = true]
struct Pages;

/// What a page may load and where it may connect: its own host, and WebSockets.
pub(super) const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Said at `/` by a binary without pages.
const NO_PAGES: &str = "Saluran is running. This binary was built without pages; `make run` builds them.\n";

#[derive(Serialize)]
struct Settings<'a> {
    key: Option<&'a str>,
}

/// What the pages need to know: the public key to connect with.
pub(super) async fn settings(request: HttpRequest) -> HttpResponse {
    let apps = state(&request).apps.all();
    json(&Settings { key: apps.first().and_then(|app| app.keys().next()) })
}

/// A file of the pages; a folder means its `index.html`.
pub(super) async fn page(request: HttpRequest) -> Outcome {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::NotFound(request.path().to_owned()).into());
    }
    let prefix = &*state(&request).server.path_prefix;
    let path = request.path().strip_prefix(prefix).unwrap_or_default();
    if path.is_empty() {
        // The pages name their files relative to their folder.
        return Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, format!("{prefix}/"))).finish());
    }
    let path = path.trim_start_matches('/');
    let name = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    if let Some(new) = moved(path) {
        return Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, format!("{prefix}/{new}"))).finish());
    }
    match Pages::get(&name) {
        Some(file) => Ok(serve(&name, file)),
        None if path.is_empty() => Ok(text(&mut HttpResponse::Ok(), NO_PAGES.to_owned())),
        None => Err(Refusal::NotFound(request.path().to_owned()).into()),
    }
}

/// Where a page is whose address is old, or lacks its last slash.
fn moved(path: &str) -> Option<String> {
    if !path.ends_with('/') && Pages::get(&format!("{path}/index.html")).is_some() {
        return Some(format!("{path}/"));
    }
    let path = path.strip_prefix("detector-getaran/").unwrap_or(path);
    if path.starts_with("admin_new_") {
        return Some("judge/".to_owned());
    }
    let lane = path.strip_prefix("tim_")?.split('_').next()?.parse::<u8>().ok()?;
    (1..=8).contains(&lane).then(|| format!("team/?lane={lane}"))
}

fn serve(name: &str, file: EmbeddedFile) -> HttpResponse {
    // The build puts a hash into the names of all assets, so they never change.
    let caching = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.metadata.mimetype()))
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(file.data)
}
