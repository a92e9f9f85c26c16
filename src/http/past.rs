//! `GET /api/v2/channels/{name}/retained` and `/history`: what a channel has kept.

use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::Refusal;
use crate::hub::{ChannelKey, Kept};
use crate::protocol::ChannelName;
use crate::rules::{Who, may_subscribe};

use super::answer::{Outcome, json};
use super::choice::choose;
use super::parameters::Parameters;
use super::state::state;
use super::{bearer, body, cors, signed};

/// Events in one answer when the request does not say how many.
const USUAL: usize = 100;

/// Events in one answer at most.
const MOST: usize = 1000;

#[derive(Serialize)]
struct Retained<'a> {
    channel: &'a str,
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Past<'a> {
    channel: &'a str,
    /// Serial of the oldest event that is kept; null when none is.
    first: Option<u64>,
    /// Serial of the newest.
    last: Option<u64>,
    /// Whether events after the given serial are gone already.
    gap: bool,
    events: Vec<Event<'a>>,
}

/// An event that was kept.
#[derive(Serialize)]
struct Event<'a> {
    serial: u64,
    event: &'a str,
    #[serde(serialize_with = "content")]
    data: &'a Bytes,
    /// When it arrived.
    time: String,
}

/// The newest event of each name and key, oldest first.
pub(super) async fn retained(request: HttpRequest, payload: Payload) -> HttpResponse {
    let outcome = read_retained(&request, payload).await;
    cors::readable(&request, outcome)
}

/// The last events, oldest first.
pub(super) async fn history(request: HttpRequest, payload: Payload) -> HttpResponse {
    let outcome = read_history(&request, payload).await;
    cors::readable(&request, outcome)
}

async fn read_retained(request: &HttpRequest, payload: Payload) -> Outcome {
    let (channel, _) = allowed_channel(request, payload).await?;
    let kept = state(request).hub.retained(channel.clone()).await?;
    Ok(json(&Retained { channel: channel.name.as_str(), events: kept.iter().map(event).collect() }))
}

async fn read_history(request: &HttpRequest, payload: Payload) -> Outcome {
    let (channel, parameters) = allowed_channel(request, payload).await?;
    let after = number(&parameters, "after")?;
    let limit = number(&parameters, "limit")?.map_or(USUAL, |limit| usize::try_from(limit).unwrap_or(MOST));
    if !(1..=MOST).contains(&limit) {
        return Err(Refusal::BadRequest(format!("Expected limit to be 1 to {MOST}")).into());
    }
    let page = state(request).hub.history(channel.clone(), after, limit).await?;
    let is_gone = |after: u64| page.first.is_some_and(|first| first > after.saturating_add(1));
    Ok(json(&Past {
        channel: channel.name.as_str(),
        first: page.first,
        last: page.last,
        gap: after.is_some_and(is_gone),
        events: page.events.iter().map(event).collect(),
    }))
}

/// The channel in the path, which whoever asks may subscribe to: signed by the app, with a token, or by
/// nobody in particular where its rules allow anyone.
async fn allowed_channel(request: &HttpRequest, payload: Payload) -> Result<(ChannelKey, Parameters), Refusal> {
    let body = body::read(request, &mut payload.into_inner()).await?;
    let parameters = Parameters::parse(request.query_string());
    let is_signed = bearer::token(request).is_none() && parameters.find("auth_key").is_some();
    let app = if is_signed { signed::verify(request, body)?.app } else { choose(request, parameters.find("app"))? };
    let name = percent_decode_str(request.match_info().query("channel")).decode_utf8_lossy();
    let name = ChannelName::parse(&name, app.config.limits.channel_name).map_err(Refusal::BadChannel)?;
    let bearer = match bearer::token(request) {
        Some(_) => Some(bearer::identity(request, &app).await?),
        None => None,
    };
    if !is_signed {
        may_subscribe(&app, Who { is_app: false, bearer: bearer.as_deref() }, &name).map_err(Refusal::NotGranted)?;
    }
    Ok((app.channel(name), parameters))
}

fn number(parameters: &Parameters, name: &str) -> Result<Option<u64>, Refusal> {
    let wrong = |_| Refusal::BadRequest(format!("Expected {name} to be a whole number"));
    parameters.find(name).map(|text| text.parse::<u64>().map_err(wrong)).transpose()
}

fn event(kept: &Kept) -> Event<'_> {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(kept.at_ms);
    let time = humantime::format_rfc3339_millis(at).to_string();
    Event { serial: kept.serial, event: &kept.name, data: &kept.data, time }
}

/// The data as JSON: what a published string has in it, as clients bind to it.
fn content<S: Serializer>(data: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    let text = std::str::from_utf8(data).unwrap_or("null");
    if let Ok(inner) = serde_json::from_str::<String>(text) {
        return match RawValue::from_string(inner) {
            Ok(json) => json.serialize(serializer),
            Err(_) => serde_json::from_str::<&RawValue>(text).unwrap_or(RawValue::NULL).serialize(serializer),
        };
    }
    serde_json::from_str::<&RawValue>(text).unwrap_or(RawValue::NULL).serialize(serializer)
}
