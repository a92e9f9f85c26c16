//! `POST /events` and `/batch_events`: publishing.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Refusal;
use crate::hub::{ChannelKey, Publication};

use super::answer::{Outcome, done, json};
use super::caller::Caller;
use super::event::{Batch, Fields};
use super::info::{Counts, Info};
use super::point;
use super::state::{State, state};

#[derive(Serialize)]
struct Channels {
    channels: BTreeMap<String, Counts>,
}

#[derive(Serialize)]
struct Answers {
    batch: Vec<Counts>,
}

/// Publishes one event on up to as many channels as the app allows.
pub(super) async fn events(request: HttpRequest, caller: Caller) -> Outcome {
    let query = in_query(&caller);
    let fields = fields(&caller, query.as_deref())?;
    let mut checked = fields.check(&caller.app, caller.publisher())?;
    let state = state(&request);
    let point = point::take_out(state, &caller.app, &fields, &mut checked)?;
    point::submit(state, point.into_iter().collect()).await?;
    publish(state, checked.publications).await?;
    if checked.info.is_empty() {
        return Ok(done());
    }
    let mut counted = BTreeMap::new();
    for channel in checked.counted {
        counted.insert(channel.name.to_string(), counts(state, channel, checked.info).await?);
    }
    Ok(json(&Channels { channels: counted }))
}

/// Publishes several events, all or none, in order.
pub(super) async fn batch_events(request: HttpRequest, caller: Caller) -> Outcome {
    let state = state(&request);
    let allowed = caller.app.config.limits.batch_events;
    let (mut publications, mut points) = (Vec::new(), Vec::new());
    let mut asked = Vec::new();
    for (number, fields) in Batch::parse(text(&caller.body)?, allowed)?.into_iter().enumerate() {
        let mut checked = fields.check_one(&caller.app, caller.publisher()).map_err(|refusal| refusal.at(number))?;
        points.extend(point::take_out(state, &caller.app, &fields, &mut checked)?);
        asked.push((checked.counted, checked.info));
        publications.append(&mut checked.publications);
    }
    point::submit(state, points).await?;
    publish(state, publications).await?;
    if asked.iter().all(|(_, info)| info.is_empty()) {
        return Ok(done());
    }
    let mut batch = Vec::with_capacity(asked.len());
    for (channels, info) in asked {
        let channel = channels.into_iter().next();
        batch.push(match channel {
            Some(channel) => counts(state, channel, info).await?,
            None => Counts { user_count: None, subscription_count: None },
        });
    }
    Ok(json(&Answers { batch }))
}

async fn publish(state: &State, publications: Vec<Publication>) -> Result<(), Refusal> {
    let count = publications.len();
    state.hub.publish(publications).await?;
    state.metrics.events.increment(count as u64);
    Ok(())
}

async fn counts(state: &State, channel: ChannelKey, info: Info) -> Result<Counts, Refusal> {
    let kind = channel.name.kind();
    Ok(info.counts(kind, &state.hub.channel(channel).await?))
}

/// The event's fields: from the body, and what it lacks from the query.
fn fields<'a>(caller: &'a Caller, query: Option<&'a str>) -> Result<Fields<'a>, Refusal> {
    let body = if caller.body.is_empty() { Fields::default() } else { Fields::parse(text(&caller.body)?)? };
    match query {
        Some(query) => Ok(body.or(Fields::parse(query)?)),
        None if caller.body.is_empty() => Fields::parse(""),
        None => Ok(body),
    }
}

/// The event's fields in the query as a JSON object, if there are any.
fn in_query(caller: &Caller) -> Option<String> {
    let mut fields = Map::new();
    let mut channels = Vec::new();
    for (name, value) in caller.parameters.own() {
        let value = Value::from(value);
        match name {
            "channels[]" => channels.push(value),
            "name" | "channel" | "data" | "socket_id" | "info" | "id" => drop(fields.insert(name.to_owned(), value)),
            _ => {}
        }
    }
    if !channels.is_empty() {
        fields.insert("channels".to_owned(), channels.into());
    }
    (!fields.is_empty()).then(|| Value::Object(fields).to_string())
}

fn text(body: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(body).map_err(|_| Refusal::BadRequest("Expected the request body to be UTF-8".to_owned()))
}
