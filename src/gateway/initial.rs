//! `initial_data`: what a socket that only listens is told first.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::time::Instant;

use crate::contest::Contest;
use crate::measurement::{Category, Lane, Point, State, local_ms};
use crate::store::Unreadable;

use super::answer::encode;
use super::history;

/// How long an answer is good for others who come in.
const FRESH: Duration = Duration::from_secs(1);

/// The last answer; pages come back all at once after a restart.
#[derive(Debug, Default)]
pub(super) struct Initial(RefCell<Option<(Instant, Bytes)>>);

#[derive(Serialize)]
struct Told {
    r#type: &'static str,
    data: Vec<Row>,
}

/// A row as the old database's driver gave it: numbers as texts.
///
/// Source: domain reference, A6.2.
#[derive(Serialize)]
struct Row {
    laptop_id: String,
    nama_tim: Box<str>,
    dista: String,
    distb: String,
    frequency: Option<String>,
    timestamp: String,
    session_id: Option<String>,
    session_status: Option<&'static str>,
}

impl Initial {
    /// The frame; `None` while nobody knows.
    pub(super) async fn frame(&self, contest: &Contest) -> Option<Bytes> {
        let known = self.0.borrow().clone();
        if let Some((_, frame)) = known.filter(|(at, _)| at.elapsed() < FRESH) {
            return Some(frame);
        }
        let state = contest.state().await.ok()?;
        let frame = match told(contest, &state).await {
            Ok(told) => encode(&told),
            Err(error) => {
                tracing::warn!(%error, "initial_data was left out");
                return None;
            }
        };
        self.0.replace(Some((Instant::now(), frame.clone())));
        Some(frame)
    }
}

async fn told(contest: &Contest, state: &State) -> Result<Told, Unreadable> {
    let latest = history::latest(contest, state).await?;
    let data = latest.iter().map(|(place, point)| row(state, *place, point)).collect();
    Ok(Told { r#type: "initial_data", data })
}

fn row(state: &State, (lane, category): (Lane, Category), point: &Point) -> Row {
    let run = point.run.and_then(|run| state.runs.get(&run));
    Row {
        laptop_id: lane.to_string(),
        nama_tim: state.teams.name(category, lane),
        dista: format!("{:.4}", point.dista),
        distb: format!("{:.4}", point.distb),
        frequency: point.frequency.map(|frequency| frequency.to_string()),
        timestamp: local_ms(point.at_ms),
        session_id: point.run.map(|run| run.0.to_string()),
        session_status: run.map(|run| if run.is_running() { "running" } else { "stopped" }),
    }
}
