//! `GET /channels` and below: what is going on.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Refusal;
use crate::hub::{ChannelKey, ChannelState, ChannelSummary};
use crate::protocol::{ChannelName, UserId};

use super::answer::{Outcome, json};
use super::info::{Counts, Info};
use super::signed::Signed;
use super::state::state;

#[derive(Serialize)]
struct Channels {
    channels: BTreeMap<String, Counts>,
}

#[derive(Serialize)]
struct Channel<'a> {
    occupied: bool,
    #[serde(flatten)]
    counts: Counts,
    /// Absent when not asked for, null when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Option<Cache<'a>>>,
}

#[derive(Serialize)]
struct Cache<'a> {
    data: &'a RawValue,
    ttl: u64,
}

#[derive(Serialize)]
struct Users {
    users: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    id: String,
}

#[derive(Serialize)]
struct Connections {
    connections: usize,
}

/// All occupied channels.
pub(super) async fn channels(request: HttpRequest, signed: Signed) -> Outcome {
    let info = Info::parse(signed.parameters.find("info").unwrap_or_default())?;
    let prefix = signed.parameters.find("filter_by_prefix").unwrap_or_default();
    if info.user_count && !prefix.starts_with("presence-") {
        return Err(bad(
            "user_count may only be requested for presence channels - please supply filter_by_prefix begining with presence-",
        ));
    }
    if info.cache {
        return Err(bad("cache may only be requested for one channel"));
    }
    let found = state(&request).hub.channels(signed.app.index, prefix).await?;
    let listed = found.into_iter().filter(|channel| channel.name.user().is_none());
    Ok(json(&Channels { channels: listed.map(|channel| entry(&channel, info)).collect() }))
}

fn entry(channel: &ChannelSummary, info: Info) -> (String, Counts) {
    let counts = Counts {
        user_count: channel.members.filter(|_| info.user_count),
        subscription_count: info.subscription_count.then_some(channel.subscriptions),
    };
    (channel.name.to_string(), counts)
}

/// One channel, occupied or not.
pub(super) async fn channel(request: HttpRequest, signed: Signed) -> Outcome {
    let channel = channel_in_path(&request, &signed)?;
    let kind = channel.name.kind();
    let info = Info::parse(signed.parameters.find("info").unwrap_or_default())?;
    if info.user_count && !kind.is_presence() {
        return Err(bad("Cannot retrieve the user count unless the channel is a presence channel"));
    }
    if info.cache && !kind.is_cache() {
        return Err(bad("Cannot retrieve the cache unless the channel is a cache channel"));
    }
    let found = state(&request).hub.channel(channel).await?;
    let cache = info.cache.then(|| cache(&found));
    Ok(json(&Channel { occupied: found.subscriptions > 0, counts: info.counts(kind, &found), cache }))
}

fn cache(state: &ChannelState) -> Option<Cache<'_>> {
    let (data, left) = state.cached.as_ref()?;
    Some(Cache { data: serde_json::from_slice(data).ok()?, ttl: left.as_secs() })
}

/// The members of a presence channel.
pub(super) async fn users(request: HttpRequest, signed: Signed) -> Outcome {
    let channel = channel_in_path(&request, &signed)?;
    if !channel.name.kind().is_presence() {
        return Err(bad("Users can only be retrieved for presence channels"));
    }
    let extra: Vec<&str> = signed.parameters.own().map(|(name, _)| name).collect();
    if !extra.is_empty() {
        return Err(bad(&format!("The following query string parameters are extraneous: {}", extra.join(", "))));
    }
    let members = state(&request).hub.members(channel).await?;
    let member = |id: &UserId| Member { id: id.as_str().to_owned() };
    Ok(json(&Users { users: members.iter().map(member).collect() }))
}

/// How many connections the app has, as Reverb tells it.
pub(super) async fn connections(request: HttpRequest, signed: Signed) -> Outcome {
    let hub = &state(&request).hub;
    let connections = hub.connections_of(signed.app.index, signed.app.connections()).await?;
    Ok(json(&Connections { connections }))
}

fn channel_in_path(request: &HttpRequest, signed: &Signed) -> Result<ChannelKey, Refusal> {
    let name = percent_decode_str(request.match_info().query("channel")).decode_utf8_lossy();
    let name = ChannelName::parse(&name, signed.app.config.limits.channel_name).map_err(Refusal::BadChannel)?;
    Ok(signed.app.channel(name))
}

fn bad(text: &str) -> super::answer::Refused {
    Refusal::BadRequest(text.to_owned()).into()
}
