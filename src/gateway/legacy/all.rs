//! `all.php`: every team at a glance.

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use serde::Serialize;

use crate::measurement::{Category, Lane, Point, Run, RunId, State, Team, local, local_ms};

use super::super::history;
use super::super::teams::Statistics;
use super::team::{elapsed, status};
use super::{Call, NOT_ALLOWED, Outcome, failed, object};

#[derive(Serialize)]
struct Told {
    status: &'static str,
    timestamp: String,
    count: usize,
    data: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    laptop_id: Lane,
    nama_tim: Box<str>,
    realtime: Realtime,
    statistics: Statistics,
    session: Session,
}

#[derive(Default, Serialize)]
struct Realtime {
    dista: f64,
    distb: f64,
    frequency: f64,
    timestamp: Option<String>,
}

#[derive(Default, Serialize)]
struct Session {
    id: Option<RunId>,
    frequency: f64,
    status: Option<&'static str>,
    started_at: Option<String>,
    elapsed_seconds: u64,
}

/// Baja's eight teams, then beton's; each with what belongs to its own category (A11-20).
pub(super) async fn teams(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    let unavailable = |why: String| failed(StatusCode::INTERNAL_SERVER_ERROR, &why);
    let state = call.contest().state().await.map_err(|why| unavailable(why.to_string()))?;
    let latest = history::latest(call.contest(), &state).await.map_err(|why| unavailable(why.to_string()))?;
    let data: Vec<Row> = state.teams.list().into_iter().map(|team| row(call, &state, &latest, team)).collect();
    let timestamp = local(call.contest().now().unix_ms);
    Ok(object(StatusCode::OK, &Told { status: "success", timestamp, count: data.len(), data }))
}

fn row(call: &Call, state: &State, latest: &BTreeMap<(Lane, Category), Point>, team: Team) -> Row {
    let Team { laptop_id, category, nama_tim } = team;
    let run = state.runs.values().rev().find(|run| run.category == category);
    let tally = run.and_then(|run| history::tally(state, run, laptop_id));
    Row {
        laptop_id,
        nama_tim,
        realtime: latest.get(&(laptop_id, category)).map(realtime).unwrap_or_default(),
        statistics: tally.map(Statistics::from).unwrap_or_default(),
        session: run.map(|run| session(call, run)).unwrap_or_default(),
    }
}

fn realtime(point: &Point) -> Realtime {
    Realtime {
        dista: point.dista,
        distb: point.distb,
        frequency: point.frequency.map_or(0.0, |frequency| frequency.hertz()),
        timestamp: Some(local_ms(point.at_ms)),
    }
}

fn session(call: &Call, run: &Run) -> Session {
    Session {
        id: Some(run.id),
        frequency: run.frequency.hertz(),
        status: Some(status(run)),
        started_at: Some(local(run.started_at_ms)),
        elapsed_seconds: elapsed(run, &call.contest().now(), call),
    }
}
