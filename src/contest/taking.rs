//! Points: judged, kept, told to everybody.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::measurement::{Entry, Lane, Order, Point, Reading, Serial, item};

use super::clock::Moment;
use super::command::{Command, Reply};
use super::engine::Engine;
use super::handle::{Accepted, Mode, Origin};
use super::health::Path;
use super::lanes::Arrived;
use super::points::{Rule, Verdict};
use super::publisher::points_channel;
use super::refused::NotTaken;

/// Points as raw clients read them: always a list.
#[derive(Serialize)]
struct NewData<'a> {
    r#type: &'static str,
    data: [&'a RawValue; 1],
}

/// Points that somebody wants to have taken.
#[derive(Debug)]
pub(super) struct Taking {
    pub(super) readings: Vec<Reading>,
    pub(super) origin: Origin,
    pub(super) reply: Reply<Result<Vec<Accepted>, (usize, NotTaken)>>,
}

impl Taking {
    /// The wish for points to be taken, if this is one.
    pub(super) fn of(wish: Command) -> Result<Self, Command> {
        let Command::Take(readings, origin, reply) = wish else { return Err(wish) };
        Ok(Self { readings, origin, reply })
    }
}

impl From<Taking> for Command {
    fn from(Taking { readings, origin, reply }: Taking) -> Self {
        Self::Take(readings, origin, reply)
    }
}

/// Points of one transaction; one wish may have more.
const TOGETHER: usize = 1000;

impl Engine {
    pub(super) async fn take(
        &mut self,
        readings: Vec<Reading>,
        origin: Origin,
    ) -> Result<Vec<Accepted>, (usize, NotTaken)> {
        let now = self.now();
        let judged = match self.judge(&readings, &now) {
            Ok((verdicts, entries)) => {
                self.keep(&entries).await.map(|()| verdicts).map_err(|_| (0, NotTaken::StoreFull))
            }
            Err(refused) => Err(refused),
        };
        self.settle(&readings, origin, judged, &now).await
    }

    /// Takes the points of several wishes in one go, each wish's all or none, and answers when they are safe.
    pub(super) async fn take_together(&mut self, takings: Vec<Taking>) {
        let mut takings = takings.into_iter().peekable();
        while takings.peek().is_some() {
            self.end_run().await;
            if !self.is_in_office() {
                return;
            }
            let now = self.now();
            let (mut judged, mut together) = (Vec::new(), Vec::new());
            while let Some(taking) = takings.next_if(|_| together.len() < TOGETHER) {
                let verdicts = self.judge(&taking.readings, &now).map(|(verdicts, entries)| {
                    // Those after it are judged by what it changes. If it cannot be kept, all of this is forgotten.
                    self.apply(&entries);
                    together.extend(entries);
                    verdicts
                });
                judged.push((taking, verdicts));
            }
            if self.write(&together).await.is_err() {
                self.is_lost = true;
                return;
            }
            for (Taking { readings, origin, reply }, verdicts) in judged {
                let settled = self.settle(&readings, origin, verdicts, &now).await;
                // Whoever has stopped waiting does not need an answer.
                drop(reply.send(settled));
            }
        }
    }

    /// What becomes of points, and what that changes.
    fn judge(&self, readings: &[Reading], now: &Moment) -> Result<(Vec<Verdict>, Vec<Entry>), (usize, NotTaken)> {
        let rule = Rule { state: &self.state, length: self.settings.run, now };
        let verdicts = rule.judge(readings)?;
        let entries = verdicts.iter().filter_map(Verdict::entry).cloned().collect();
        Ok((verdicts, entries))
    }

    /// Counts and tells what became of points.
    async fn settle(
        &mut self,
        readings: &[Reading],
        origin: Origin,
        judged: Result<Vec<Verdict>, (usize, NotTaken)>,
        now: &Moment,
    ) -> Result<Vec<Accepted>, (usize, NotTaken)> {
        let verdicts = match judged {
            Ok(verdicts) => verdicts,
            Err((number, why)) => {
                if let Some(reading) = readings.get(number) {
                    self.books.refused(reading.lane, &why, origin, now);
                }
                self.metrics.refused(why.reason());
                return Err((number, why));
            }
        };
        let mut accepted = Vec::with_capacity(verdicts.len());
        for (verdict, reading) in verdicts.into_iter().zip(readings) {
            let age_ms = u64::try_from(reading.age.as_millis()).unwrap_or(u64::MAX);
            let detected = (reading.is_a_detected, reading.is_b_detected);
            let order = verdict.order();
            self.books.arrived(Arrived { lane: reading.lane, detected, age_ms, order }, origin, now);
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
        if origin.path != Path::Relay && self.relays.have_listeners() {
            let told = NewData { r#type: "new_data", data: [&item] };
            let text = serde_json::to_vec(&told).expect("an item is JSON");
            self.relays.send(Bytes::from(text), None);
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
