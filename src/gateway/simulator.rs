//! A simulator's own words, which everybody hears as they are, and the contest follows.
//!
//! Source: domain reference, A4 (the relayed path) and A6.1.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::contest::{NotDone, Origin, Path, Replace};
use crate::measurement::{Category, EndedBy, Frequency, Reading};

use super::answer;
use super::point::{self, Refused};
use super::speaker::Speaker;

/// Words that the contest itself says to raw clients.
const OURS: [&str; 13] = [
    "new_data",
    "session_started",
    "session_stopped",
    "realtime_saving_started",
    "realtime_saving_stopped",
    "category_change",
    "freeze_data",
    "clear_data",
    "clear_undone",
    "teams_changed",
    "initial_data",
    "all_teams",
    "team_data",
];

/// Whether a message of this type is the contest's own, which nobody else says without `relay`.
pub(super) fn is_ours(kind: &str) -> bool {
    OURS.contains(&kind)
}

impl Speaker {
    /// Its points: all of them or none.
    pub(super) async fn points(&mut self, text: &str, items: Vec<Map<String, Value>>) {
        if !self.may_relay("new_data") {
            return;
        }
        let reading = |item: &Map<String, Value>| {
            let reading = Reading::parse(item)?;
            let key = item.get("key").and_then(Value::as_str);
            let may_send = self.peer.may_send(reading.lane, key, &self.shared.parts.config);
            if may_send { Ok(reading) } else { Err(Refused::Key(reading.lane)) }
        };
        let readings: Result<Vec<Reading>, (usize, Refused)> =
            items.iter().enumerate().map(|(number, item)| reading(item).map_err(|why| (number, why))).collect();
        if let Err((number, refused)) = &readings
            && let Some(item) = items.get(*number)
        {
            point::turned_away(&self.shared, item, refused);
        }
        let lanes = readings.as_ref().map_or(Vec::new(), |all| all.iter().map(|reading| reading.lane).collect());
        let taken = match readings {
            Err(why) => Err(why),
            Ok(readings) => {
                let origin = Origin { path: Path::Relay, client: Some(self.client) };
                let taken = self.shared.parts.contest.submit_all(readings, origin).await;
                taken.map_err(|(number, why)| (number, why.into()))
            }
        };
        match taken {
            Ok(all) => {
                for (accepted, lane) in all.into_iter().zip(lanes) {
                    self.has_sent(lane);
                    point::note(&self.shared, Some(lane), &Ok(accepted));
                }
                self.forward(&without_keys(text, items));
            }
            Err((number, refused)) => {
                let reason = refused.reason();
                self.complain(reason, || answer::error(reason, format!("item {number} of data: {refused}")));
                point::note(&self.shared, lanes.get(number).copied(), &Err(refused));
            }
        }
    }

    /// Its run begins, in place of one that goes on.
    pub(super) async fn started(&mut self, text: &str, category: Category, frequency: Frequency) {
        if !self.may_relay("session_started") {
            return;
        }
        match self.shared.parts.contest.start(category, frequency, Replace::Yes).await {
            Ok(_) => self.forward(text),
            Err(why) => self.not_done(&why),
        }
    }

    /// Its run ends.
    pub(super) async fn stopped(&mut self, text: &str) {
        if !self.may_relay("session_stopped") {
            return;
        }
        match self.shared.parts.contest.stop(None, EndedBy::Judge).await {
            // Its time may have been over already.
            Ok(_) | Err(NotDone::NotRunning) => self.forward(text),
            Err(why) => self.not_done(&why),
        }
    }

    /// To everybody, whoever sent it too, byte for byte.
    fn forward(&self, text: &str) {
        self.shared.parts.contest.relay(Bytes::copy_from_slice(text.as_bytes()), None);
    }

    fn may_relay(&mut self, kind: &str) -> bool {
        let may = self.shared.parts.config.relay;
        if !may {
            let error = format!("{kind} is the contest's own word: a simulator needs [gateway] relay = true");
            self.complain("relay", || answer::error("relay", error));
        }
        may
    }

    /// Something for all others, as it is.
    pub(super) fn broadcast(&mut self, kind: Option<&str>, inner: &RawValue) {
        let ours = kind.filter(|kind| is_ours(kind));
        if ours.is_some_and(|kind| !self.may_relay(kind)) {
            return;
        }
        let text = Bytes::copy_from_slice(inner.get().as_bytes());
        self.shared.parts.contest.relay(text, Some(self.client));
    }
}

/// A batch as everybody may hear it: byte for byte, unless keys stand in it.
fn without_keys(text: &str, mut items: Vec<Map<String, Value>>) -> Cow<'_, str> {
    let removed = items.iter_mut().filter_map(|item| item.remove("key")).count();
    if removed == 0 {
        return text.into();
    }
    json!({ "type": "new_data", "data": items }).to_string().into()
}
