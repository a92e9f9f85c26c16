//! All paths of the main listener, on one screen.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource};

use crate::error::Refusal;

use super::answer::Outcome;
use super::state::State;
use super::{contest, cors, grant, health, pages, past, query, revoke, trigger, users};

/// Lays out the main listener under the configured prefix.
pub fn routes(config: &mut ServiceConfig, state: Rc<State>) {
    let prefix = state.server.path_prefix.clone();
    let post = |path: &str| web::resource(path).default_service(web::to(|| wrong_method("POST")));
    let get = |path: &str| web::resource(path).default_service(web::to(|| wrong_method("GET")));
    // For pages of other hosts too, whose browsers ask first.
    let open = |resource: Resource| resource.route(web::method(Method::OPTIONS).to(cors::preflight));
    config.app_data(state).service(
        web::scope(&prefix)
            .service(post("/apps/{app_id}/events").route(web::post().to(trigger::events)))
            .service(post("/apps/{app_id}/batch_events").route(web::post().to(trigger::batch_events)))
            .service(get("/apps/{app_id}/channels").route(web::get().to(query::channels)))
            .service(get("/apps/{app_id}/channels/{channel}").route(web::get().to(query::channel)))
            .service(get("/apps/{app_id}/channels/{channel}/users").route(web::get().to(query::users)))
            .service(get("/apps/{app_id}/connections").route(web::get().to(query::connections)))
            .service(
                post("/apps/{app_id}/users/{user_id}/terminate_connections")
                    .route(web::post().to(users::terminate_connections)),
            )
            // The Python library leaves the app out of this path.
            .service(post("/users/{user_id}/terminate_connections").route(web::post().to(users::terminate_connections)))
            .service(open(post("/api/v2/broadcasting/auth")).route(web::post().to(grant::channel)))
            .service(open(post("/broadcasting/auth")).route(web::post().to(grant::channel)))
            .service(open(post("/pusher/auth")).route(web::post().to(grant::channel)))
            .service(open(post("/api/v2/broadcasting/user-auth")).route(web::post().to(grant::user)))
            .service(open(post("/broadcasting/user-auth")).route(web::post().to(grant::user)))
            .service(open(post("/pusher/user-auth")).route(web::post().to(grant::user)))
            .service(open(post("/api/v2/tokens/revoke")).route(web::post().to(revoke::revoke)))
            .service(open(get("/api/v2/channels/{channel}/retained")).route(web::get().to(past::retained)))
            .service(open(get("/api/v2/channels/{channel}/history")).route(web::get().to(past::history)))
            .configure(contest::routes)
            .route("/app/{key}", web::to(upgrade_required))
            .route("/up", web::get().to(health::up))
            .route("/live", web::get().to(health::live))
            .route("/ready", web::get().to(health::ready))
            .route("/pages.json", web::get().to(pages::settings))
            .default_service(web::to(pages::page)),
    );
    if !prefix.is_empty() {
        config.default_service(web::to(not_found));
    }
}

async fn wrong_method(allowed: &'static str) -> Outcome {
    Err(Refusal::Method(allowed).into())
}

async fn upgrade_required() -> Outcome {
    Err(Refusal::BadRequest("Expected a WebSocket handshake: this path is for connections".to_owned()).into())
}

/// Nothing is here.
pub(super) async fn not_found(request: HttpRequest) -> Outcome {
    Err(Refusal::NotFound(request.path().to_owned()).into())
}
