//! Is it up? For load balancers and for those who come from other brokers.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::answer::{json, text};
use super::state::state;

#[derive(Serialize)]
struct Health {
    health: &'static str,
}

/// The process answers, as Reverb says it.
pub(super) async fn up() -> HttpResponse {
    json(&Health { health: "OK" })
}

/// The process answers.
pub(super) async fn live() -> HttpResponse {
    text(&mut HttpResponse::Ok(), "OK\n".to_owned())
}

/// The process takes new connections; 503 while it is shutting down.
pub(super) async fn ready(request: HttpRequest) -> HttpResponse {
    if state(&request).node.is_draining() {
        return text(&mut HttpResponse::ServiceUnavailable(), "shutting down\n".to_owned());
    }
    text(&mut HttpResponse::Ok(), "OK\n".to_owned())
}
