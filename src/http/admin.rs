//! The admin listener's paths: for the operator, not for clients.

use std::rc::Rc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::text;
use super::health;
use super::routes::not_found;
use super::state::{State, state};

/// Lays out the admin listener.
pub fn admin(config: &mut ServiceConfig, state: Rc<State>) {
    config
        .app_data(state)
        .route("/metrics", web::get().to(metrics))
        .route("/healthz", web::get().to(health::live))
        .route("/readyz", web::get().to(health::ready))
        .default_service(web::to(not_found));
}

/// All metrics in Prometheus' text format.
async fn metrics(request: HttpRequest) -> HttpResponse {
    text(&mut HttpResponse::Ok(), state(&request).prometheus.render())
}
