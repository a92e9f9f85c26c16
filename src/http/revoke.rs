//! `POST /api/v2/tokens/revoke`: no token of somebody counts any more.

use std::sync::Arc;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::adapter::Control;
use crate::auth::{Tokens, unix_now};
use crate::error::Refusal;
use crate::protocol::UserId;
use crate::rules::{App, Who};

use super::answer::{Outcome, json};
use super::choice::choose;
use super::parameters::Parameters;
use super::state::state;
use super::{bearer, body, cors, signed};

/// Characters that a subject may have.
const SUBJECT_CHARACTERS: usize = 200;

#[derive(Deserialize)]
struct Wish {
    subject: String,
}

#[derive(Serialize)]
struct Revoked<'a> {
    subject: &'a str,
    /// Tokens issued up to here are refused, in unix seconds.
    issued_until: u64,
}

/// Revokes the tokens that a subject has by now, and closes its connections.
pub(super) async fn revoke(request: HttpRequest, payload: Payload) -> HttpResponse {
    let outcome = revoke_subject(&request, payload).await;
    cors::readable(&request, outcome)
}

async fn revoke_subject(request: &HttpRequest, payload: Payload) -> Outcome {
    let body = body::read(request, &mut payload.into_inner()).await?;
    let parameters = Parameters::parse(request.query_string());
    let (app, tokens) = if bearer::token(request).is_some() {
        let app = choose(request, parameters.find("app"))?;
        let bearer = bearer::identity(request, &app).await?;
        may_revoke(app, Who { is_app: false, bearer: Some(&bearer) })?
    } else {
        let app = signed::verify(request, body.clone())?.app;
        may_revoke(app, Who { is_app: true, bearer: None })?
    };
    let Wish { subject } = serde_json::from_slice(&body)
        .map_err(|_| Refusal::BadRequest("Expected a JSON object with the text subject".to_owned()))?;
    let id = UserId::parse(&subject, SUBJECT_CHARACTERS)
        .map_err(|reason| Refusal::BadRequest(format!("Invalid subject: {reason}")))?;
    let issued_until = unix_now();
    tokens.revocations().revoke(&subject, issued_until).map_err(|_| Refusal::Busy)?;
    let state = state(request);
    state.hub.cut_off(&app.user(id), &state.revoked)?;
    if let Some(adapter) = &state.adapter {
        let (app, subject) = (app.config.id.clone(), subject.as_str().into());
        adapter.broadcast(&Control::Revoke { app, subject, at: issued_until }).map_err(|_| Refusal::Busy)?;
    }
    tracing::info!(app = %app.config.id, "tokens of a subject were revoked");
    Ok(json(&Revoked { subject: &subject, issued_until }))
}

fn may_revoke(app: Arc<App>, who: Who<'_>) -> Result<(Arc<App>, Arc<Tokens>), Refusal> {
    let Some(tokens) = app.tokens.clone() else {
        let text = format!("App {} takes no tokens: [app.tokens] is not configured", app.config.id);
        return Err(Refusal::Forbidden(text));
    };
    if app.may_revoke(who) {
        return Ok((app, tokens));
    }
    let rules: Vec<_> = tokens.config().revoke.iter().map(ToString::to_string).collect();
    Err(Refusal::Forbidden(format!("You may not revoke tokens; allowed: {}", rules.join(", or "))))
}
