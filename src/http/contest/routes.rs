//! The contest's paths, from the table.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::error::Refusal;

use super::call::call;
use super::docs;
use super::endpoint::{BASE, ENDPOINTS, Endpoint, Verb};
use super::fault::Fault;
use crate::http::cors;

/// Lays out the contest's paths and the document of them.
pub(in crate::http) fn routes(config: &mut ServiceConfig) {
    let mut paths: BTreeMap<&str, Vec<&'static Endpoint>> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    for (path, endpoints) in paths {
        let allowed = allowed(&endpoints);
        let mut resource = web::resource(format!("{BASE}{path}"));
        for endpoint in endpoints {
            let method = match endpoint.verb {
                Verb::Get => Method::GET,
                Verb::Post => Method::POST,
                Verb::Put => Method::PUT,
            };
            let answer = move |request: HttpRequest, payload: Payload| call(endpoint, request, payload);
            resource = resource.route(web::method(method).to(answer));
        }
        let wrong = move |request: HttpRequest| wrong_method(request, allowed);
        let preflight = web::method(Method::OPTIONS).to(cors::preflight);
        config.service(resource.route(preflight).default_service(web::to(wrong)));
    }
    config
        .route("/api/v2/openapi.json", web::get().to(docs::document))
        .route("/api/v2/docs", web::get().to(docs::page))
        .route("/api/v2/docs.css", web::get().to(docs::style));
}

async fn wrong_method(request: HttpRequest, allowed: &'static str) -> HttpResponse {
    cors::open(&request, Fault::from(Refusal::Method(allowed)).response())
}

/// For people: what a path can be asked with.
fn allowed(endpoints: &[&Endpoint]) -> &'static str {
    let has = |verb| endpoints.iter().any(|endpoint| endpoint.verb == verb);
    match (has(Verb::Get), has(Verb::Post), has(Verb::Put)) {
        (true, true, _) => "GET or POST",
        (true, false, true) => "GET or PUT",
        (true, false, false) => "GET",
        (false, true, _) => "POST",
        (false, false, _) => "PUT",
    }
}
