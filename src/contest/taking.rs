//! Points: judged, kept, told to everybody.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::measurement::{Entry, Lane, Order, Point, Reading, Serial, item};

use super::engine::Engine;
use super::handle::{Accepted, Mode, Origin};
use super::health::Path;
use super::lanes::Arrived;
use super::points::{Rule, Verdict};
use super::publisher::points_channel;
use super::refused::NotTaken;
use super::told::Relay;

/// Points as raw clients read them: always a list.
#[derive(Serialize)]
struct NewData<'a> {
    r#type: &'static str,
    data: [&'a RawValue; 1],
}

impl Engine {
    pub(super) async fn take(
        &mut self,
        readings: Vec<Reading>,
        origin: Origin,
    ) -> Result<Vec<Accepted>, (usize, NotTaken)> {
        let now = self.now();
        let rule = Rule { state: &self.state, length: self.settings.run, now: &now };
        let judged = rule.judge(&readings).and_then(|verdicts| {
            let entries: Vec<Entry> = verdicts.iter().filter_map(Verdict::entry).cloned().collect();
            self.keep(&entries).map_err(|_| (0, NotTaken::StoreFull))?;
            Ok(verdicts)
        });
        let verdicts = match judged {
            Ok(verdicts) => verdicts,
            Err((number, why)) => {
                if let Some(reading) = readings.get(number) {
                    self.books.refused(reading.lane, &why, origin, &now);
                }
                self.metrics.refused(why.reason());
                return Err((number, why));
            }
        };
        let mut accepted = Vec::with_capacity(verdicts.len());
        for (verdict, reading) in verdicts.into_iter().zip(&readings) {
            let age_ms = u64::try_from(reading.age.as_millis()).unwrap_or(u64::MAX);
            let detected = (reading.is_a_detected, reading.is_b_detected);
            let order = verdict.order();
            self.books.arrived(Arrived { lane: reading.lane, detected, age_ms, order }, origin, &now);
            accepted.push(self.tell(verdict, origin).await);
        }
        Ok(accepted)
    }

    /// Tells everybody of a point that is kept.
    async fn tell(&self, verdict: Verdict, origin: Origin) -> Accepted {
        let point = match verdict {
            Verdict::New { point, .. } => point,
            Verdict::Duplicate(lane) => {
                self.metrics.duplicates.increment(1);
                return Accepted { point: None, nama_tim: self.name(lane), mode: self.mode(), is_duplicate: true };
            }
        };
        self.metrics.stored.increment(1);
        let nama_tim = self.state.teams.name(point.category, point.lane);
        let item = item(&point, &nama_tim);
        if origin.path != Path::Relay && self.relays.receiver_count() > 0 {
            let told = NewData { r#type: "new_data", data: [&item] };
            let text = serde_json::to_vec(&told).expect("an item is JSON");
            drop(self.relays.send(Relay { text: Bytes::from(text), except: None }));
        }
        self.publisher.publish(&points_channel(point.category, point.lane), "new-data", &item).await;
        let mode = if point.run.is_some() { Mode::Recording } else { Mode::Free };
        Accepted { point: Some(point), nama_tim, mode, is_duplicate: false }
    }

    fn name(&self, lane: Lane) -> Box<str> {
        self.state.teams.name(self.state.category, lane)
    }

    fn mode(&self) -> Mode {
        if self.state.current.is_some() { Mode::Recording } else { Mode::Free }
    }
}

impl Verdict {
    const fn entry(&self) -> Option<&Entry> {
        match self {
            Self::New { entry, .. } => Some(entry),
            Self::Duplicate(_) => None,
        }
    }

    const fn order(&self) -> Order {
        match self {
            Self::New { order, .. } => *order,
            Self::Duplicate(_) => Order::Duplicate,
        }
    }
}

impl Accepted {
    /// The point's number; `None` of a duplicate.
    #[must_use]
    pub fn serial(&self) -> Option<Serial> {
        self.point.as_ref().map(|point: &Point| point.serial)
    }
}
