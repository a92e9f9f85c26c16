//! Is it up? For load balancers and for those who come from other brokers.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::adapter::State;
use crate::contest::{Contest, Owner};

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
///
/// That the other nodes cannot be reached is said and keeps nobody away: each node goes on to serve those that it has.
pub(super) async fn ready(request: HttpRequest) -> HttpResponse {
    if state(&request).node.is_draining() {
        return text(&mut HttpResponse::ServiceUnavailable(), "shutting down\n".to_owned());
    }
    let standing = state(&request).standing.as_ref().map(|standing| standing.borrow().clone());
    let adapter = match standing {
        None => String::new(),
        Some(State::Present { nodes }) => format!("adapter: present, {nodes} nodes\n"),
        Some(State::Away { since, why }) => format!("adapter: away for {} s, {why}\n", since.elapsed().as_secs()),
    };
    let owner = state(&request).contest.as_ref().and_then(Contest::owner);
    let contest = match owner {
        None => String::new(),
        Some(Owner { name: Some(name), is_here: true }) => format!("contest: owned here, by {name}\n"),
        Some(Owner { name: Some(name), .. }) => format!("contest: owned by {name}\n"),
        Some(Owner { name: None, .. }) => "contest: no owner is known\n".to_owned(),
    };
    text(&mut HttpResponse::Ok(), format!("OK\n{adapter}{contest}"))
}
