//! `get_team_info.php` and `tim_1.php` to `tim_8.php`.

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use serde::Serialize;

use crate::contest::Moment;
use crate::measurement::{Category, Frequency, Lane, Point, Run, RunId, Serial, State, local, local_ms};

use super::super::history;
use super::super::teams::{POINTS, Statistics, by_frequency};
use super::{Call, NOT_ALLOWED, Outcome, Wrong, failed, object};

#[derive(Serialize)]
struct Info {
    laptop_id: Lane,
    category: Category,
    nama_tim: Box<str>,
}

#[derive(Serialize)]
struct Told {
    status: &'static str,
    timestamp: String,
    team: Team,
    current_session: Option<Session>,
    data: BTreeMap<String, Vec<Row>>,
    statistics: BTreeMap<String, RunStatistics>,
}

#[derive(Serialize)]
struct Team {
    laptop_id: Lane,
    nama_tim: Box<str>,
    category: Category,
}

#[derive(Serialize)]
struct Session {
    id: RunId,
    frequency: Frequency,
    category: Category,
    status: &'static str,
    started_at: String,
    elapsed: u64,
}

#[derive(Serialize)]
struct Row {
    id: Serial,
    dista: f64,
    distb: f64,
    timestamp: String,
    relative_time: u32,
    session_id: Option<RunId>,
}

#[derive(Serialize)]
struct RunStatistics {
    #[serde(flatten)]
    statistics: Statistics,
    started_at: String,
    stopped_at: Option<String>,
    duration: u32,
    status: &'static str,
}

pub(super) async fn info(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    // Errors have status 200 here, as they always had.
    let wrong = |error: &str| object(StatusCode::OK, &Wrong { error });
    let lane = call.parameter("laptop_id").and_then(|text| text.parse().ok());
    let lane: Lane = lane.ok_or_else(|| wrong("Invalid laptop_id. Must be 1-8."))?;
    let category = call.parameter("category").unwrap_or_else(|| Category::Baja.to_string());
    let category: Category = category.parse().map_err(|_| wrong("Invalid category. Must be baja or beton"))?;
    let state = call.contest().state().await.map_err(|why| wrong(&why.to_string()))?;
    let nama_tim = state.teams.name(category, lane);
    Ok(object(StatusCode::OK, &Info { laptop_id: lane, category, nama_tim }))
}

/// The lane of `/api/tim_3.php`.
pub(super) fn lane(path: &str) -> Option<Lane> {
    path.strip_prefix("/api/tim_")?.strip_suffix(".php")?.parse().ok()
}

/// A team's points and statistics; of `?category=`, or of the category that is selected, since the old
/// path mixed the two (A11-12), and oldest first, so that the last of a list is the latest.
pub(super) async fn points(call: &Call, lane: Lane) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    let unavailable = |why: String| failed(StatusCode::INTERNAL_SERVER_ERROR, &why);
    let state = call.contest().state().await.map_err(|why| unavailable(why.to_string()))?;
    let category = match call.parameter("category") {
        None => state.category,
        Some(text) => {
            text.parse().map_err(|_| failed(StatusCode::BAD_REQUEST, "Invalid category. Must be baja or beton"))?
        }
    };
    let found = history::of_runs(call.contest(), &state, category, &[lane], POINTS).await;
    let mut data = by_frequency();
    for point in found.map_err(|why| unavailable(why.to_string()))?.into_values().flatten() {
        let rows = point.frequency.and_then(|frequency| data.get_mut(&frequency.to_string()));
        if let Some(rows) = rows {
            rows.push(row(&point));
        }
    }
    let now = call.contest().now();
    let told = Told {
        status: "success",
        timestamp: local(now.unix_ms),
        team: Team { laptop_id: lane, nama_tim: state.teams.name(category, lane), category },
        current_session: state.running().map(|run| session(run, &now, call)),
        data,
        statistics: statistics(&state, category, lane),
    };
    Ok(object(StatusCode::OK, &told))
}

fn row(point: &Point) -> Row {
    Row {
        id: point.serial,
        dista: point.dista,
        distb: point.distb,
        timestamp: local_ms(point.at_ms),
        relative_time: point.relative_ms.unwrap_or_default() / 1000,
        session_id: point.run,
    }
}

fn session(run: &Run, now: &Moment, call: &Call) -> Session {
    Session {
        id: run.id,
        frequency: run.frequency,
        category: run.category,
        status: status(run),
        started_at: local(run.started_at_ms),
        elapsed: elapsed(run, now, call),
    }
}

/// Whole seconds of a run; no more than it may take.
pub(super) fn elapsed(run: &Run, now: &Moment, call: &Call) -> u64 {
    let seconds = run.elapsed_ms(&now.tick, now.unix_ms) / 1000;
    run.stop.map_or(seconds, |stop| u64::from(stop.duration_ms / 1000)).min(call.contest().run_length().as_secs())
}

pub(super) const fn status(run: &Run) -> &'static str {
    if run.is_running() { "running" } else { "stopped" }
}

/// Of each frequency the last run that has points of this lane; of one that none has, the last run.
fn statistics(state: &State, category: Category, lane: Lane) -> BTreeMap<String, RunStatistics> {
    let mut chosen: BTreeMap<String, &Run> = BTreeMap::new();
    for run in state.runs.values().filter(|run| run.category == category) {
        let known = chosen.entry(run.frequency.to_string()).or_insert(run);
        if history::tally(state, run, lane).is_some() || history::tally(state, known, lane).is_none() {
            *known = run;
        }
    }
    let told = |run: &Run| RunStatistics {
        statistics: history::tally(state, run, lane).map(Statistics::from).unwrap_or_default(),
        started_at: local(run.started_at_ms),
        stopped_at: run.stop.map(|stop| local(stop.at_ms)),
        duration: run.stop.map_or(0, |stop| stop.duration_ms / 1000),
        status: status(run),
    };
    chosen.into_iter().map(|(frequency, run)| (frequency, told(run))).collect()
}
