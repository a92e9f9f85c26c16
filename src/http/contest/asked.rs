//! A request whose asker may ask.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use serde::de::DeserializeOwned;

use crate::contest::Contest;
use crate::error::Refusal;
use crate::http::state::state;
use crate::http::{bearer, body, cors, parameters::Parameters, signed};
use crate::protocol::ChannelName;
use crate::rules::{self, App, Who, may_publish, may_subscribe};

use super::endpoint::{Endpoint, Need};
use super::fault::Fault;
use super::query::Query;

/// Whoever may publish there is a judge; whoever may subscribe watches.
const CHANNEL: &str = "private-session";

/// What is asked, of which contest.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) contest: Contest,
    pub(super) query: Query,
    pub(super) gateway: Option<std::net::SocketAddr>,
    /// What stands for `{id}`.
    id: String,
    body: Bytes,
    is_csv: bool,
}

impl Asked {
    /// Verifies who asks, and whether they may.
    ///
    /// # Errors
    /// 401, 403, 408, 413, 422 or 429; 404 where no contest runs.
    pub(super) async fn new(endpoint: &Endpoint, request: &HttpRequest, payload: Payload) -> Result<Self, Fault> {
        // Read first, whatever else is wrong: a connection with an unread body cannot be used again.
        let body = body::read(request, &mut payload.into_inner()).await?;
        let parameters = Parameters::parse(request.query_string());
        let state = state(request);
        let found = state.contest.clone().zip(state.apps.all().first().cloned());
        let (contest, app) = found.ok_or_else(|| Refusal::NotFound("no contest runs here".to_owned()))?;
        permit(endpoint.need, request, &parameters, &app, &body).await?;
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Self {
            contest,
            query: Query::new(endpoint, &parameters)?,
            gateway: state.gateway,
            id: request.match_info().query("id").to_owned(),
            body,
            is_csv: content_type.is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/csv")),
        })
    }

    /// The number in the path; `None` for `current`.
    ///
    /// # Errors
    /// 404 for anything else.
    pub(super) fn id(&self) -> Result<Option<i64>, Fault> {
        if self.id == "current" {
            return Ok(None);
        }
        let number = self.id.parse().map_err(|_| Refusal::NotFound(format!("{:?} is no number", self.id)))?;
        Ok(Some(number))
    }

    /// The body's JSON.
    ///
    /// # Errors
    /// 422 when it is not what it should be.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        parse(&self.body)
    }

    /// The same; nothing at all counts as `{}`.
    pub(super) fn json_or_nothing<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        parse(if self.body.is_empty() { b"{}" } else { &self.body })
    }

    /// The body, if it says that it is CSV.
    pub(super) fn csv(&self) -> Option<&[u8]> {
        self.is_csv.then_some(&*self.body)
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::invalid(format!("The body is not as expected: {error}")))
}

async fn permit(
    need: Need,
    request: &HttpRequest,
    parameters: &Parameters,
    app: &Arc<App>,
    body: &Bytes,
) -> Result<(), Refusal> {
    cors::check(request, app)?;
    if !app.config.enabled {
        return Err(Refusal::Forbidden("App disabled".to_owned()));
    }
    let is_app = bearer::token(request).is_none() && parameters.find("auth_key").is_some();
    if is_app && signed::verify(request, body.clone())?.app.config.id != app.config.id {
        return Err(Refusal::Forbidden("The contest runs in another app".to_owned()));
    }
    let bearer = match bearer::token(request) {
        Some(_) => Some(bearer::identity(request, app).await?),
        None => None,
    };
    let who = Who { is_app, bearer: bearer.as_deref() };
    let channel = ChannelName::parse(CHANNEL, app.config.limits.channel_name).map_err(Refusal::BadChannel)?;
    match need {
        Need::Viewer => may_subscribe(app, who, &channel).map_err(Refusal::NotGranted),
        Need::Judge => may_publish(app, who, &channel).map_err(not_a_judge),
    }
}

/// As the rules say it, but for their word of subscribing.
fn not_a_judge(error: rules::Error) -> Refusal {
    if let rules::Error::Denied { allowed, is_known: true, .. } = error {
        return Refusal::Forbidden(format!("This is for judges; allowed: {allowed}"));
    }
    Refusal::NotGranted(error)
}
