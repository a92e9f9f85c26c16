//! `all_teams` and `team_data`: what pages ask for when they open.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde::Serialize;

use crate::contest::Contest;
use crate::measurement::{Category, Frequency, Lane, Point, RunId, Serial, State, Tally, local_ms};

use super::answer::encode;
use super::history;
use super::unanswered::Unanswered;

/// Points of each team in `all_teams`.
pub(super) const POINTS: usize = 6000;

/// Rows of `team_data`.
const ROWS: usize = 1000;

#[derive(Serialize)]
struct All {
    r#type: &'static str,
    teams: Vec<Team>,
}

#[derive(Serialize)]
struct Team {
    laptop_id: Lane,
    nama_tim: Box<str>,
    category: Category,
    data: BTreeMap<String, Vec<Sample>>,
    statistics: BTreeMap<String, Statistics>,
}

#[derive(Serialize)]
struct Sample {
    dista: f64,
    distb: f64,
    relative_time: u32,
}

/// Statistics of one lane in one run, in millimetres.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Statistics {
    max_dista: f64,
    max_distb: f64,
    avg_dista: f64,
    avg_distb: f64,
}

#[derive(Serialize)]
struct Rows {
    r#type: &'static str,
    laptop_id: Lane,
    data: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: Serial,
    session_id: Option<RunId>,
    laptop_id: Lane,
    dista: f64,
    distb: f64,
    is_a_detected: bool,
    is_b_detected: bool,
    frequency: Option<Frequency>,
    timestamp: String,
    relative_time: Option<u32>,
    category: Category,
    nama_tim: Box<str>,
    session_frequency: Option<Frequency>,
    session_status: Option<&'static str>,
}

impl From<&Tally> for Statistics {
    fn from(tally: &Tally) -> Self {
        Self {
            max_dista: tally.max_dista,
            max_distb: tally.max_distb,
            avg_dista: tally.avg_dista(),
            avg_distb: tally.avg_distb(),
        }
    }
}

/// All sixteen teams with the newest points of their runs, oldest first.
pub(super) async fn all(contest: &Contest) -> Result<Bytes, Unanswered> {
    let state = contest.state().await?;
    let lanes: Vec<Lane> = Lane::all().collect();
    let mut teams = Vec::new();
    for category in Category::ALL {
        let found = history::of_runs(contest, &state, category, &lanes, POINTS).await?;
        teams.extend(found.into_iter().map(|(lane, points)| team(&state, category, lane, points)));
    }
    Ok(encode(&All { r#type: "all_teams", teams }))
}

fn team(state: &State, category: Category, lane: Lane, points: VecDeque<Point>) -> Team {
    let mut data = by_frequency();
    for point in points {
        let Some(samples) = point.frequency.and_then(|frequency| data.get_mut(&frequency.to_string())) else {
            continue;
        };
        let relative_time = point.relative_ms.unwrap_or_default() / 1000;
        samples.push(Sample { dista: point.dista, distb: point.distb, relative_time });
    }
    let runs = state.runs.values().filter(|run| run.category == category);
    // Of several runs of a frequency the last counts that has points of this lane.
    let statistics = runs.filter_map(|run| {
        let tally = history::tally(state, run, lane)?;
        Some((run.frequency.to_string(), tally.into()))
    });
    Team {
        laptop_id: lane,
        nama_tim: state.teams.name(category, lane),
        category,
        data,
        statistics: statistics.collect(),
    }
}

/// An empty list for each frequency, rising.
pub(super) fn by_frequency<T>() -> BTreeMap<String, Vec<T>> {
    Frequency::ALL.into_iter().map(|frequency| (frequency.to_string(), Vec::new())).collect()
}

/// A lane's newest rows in a category, oldest first.
pub(super) async fn one(contest: &Contest, lane: Lane, category: Option<Category>) -> Result<Bytes, Unanswered> {
    let state = contest.state().await?;
    let category = category.unwrap_or(state.category);
    let points = history::of_lane(contest, &state, (lane, category), ROWS).await?;
    let data = points.iter().map(|point| row(&state, point)).collect();
    Ok(encode(&Rows { r#type: "team_data", laptop_id: lane, data }))
}

fn row(state: &State, point: &Point) -> Row {
    let run = point.run.and_then(|run| state.runs.get(&run));
    Row {
        id: point.serial,
        session_id: point.run,
        laptop_id: point.lane,
        dista: point.dista,
        distb: point.distb,
        is_a_detected: point.is_a_detected,
        is_b_detected: point.is_b_detected,
        frequency: point.frequency,
        timestamp: local_ms(point.at_ms),
        relative_time: point.relative_ms.map(|ms| ms / 1000),
        category: point.category,
        nama_tim: state.teams.name(point.category, point.lane),
        session_frequency: run.map(|run| run.frequency),
        session_status: run.map(|run| if run.is_running() { "running" } else { "stopped" }),
    }
}
