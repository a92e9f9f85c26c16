//! Points that were there before somebody asked: the newest of each lane, in the order in which they came.

use std::collections::{BTreeMap, VecDeque};

use crate::contest::Contest;
use crate::measurement::{Category, Lane, Point, PointFilter, Run, RunId, Serial, State, Tally, TallyKey};
use crate::store::Unreadable;

/// Points that one question to the contest gives.
const PAGE: usize = 5000;

/// Serials from the last one back in which a lane's newest rows are looked for first.
const WINDOW: Serial = 16_000;

/// How much further is looked each time that there were too few.
const WIDER: Serial = 8;

/// Serials from the last one back that count as newest in free mode.
const MOMENTS: Serial = 2000;

/// Milliseconds before the end of a run in which each camera has sent something, usually.
const LAST_MOMENTS: i64 = 2000;

/// The newest points of runs, of each lane of a category, oldest first; `limit` for each lane at most.
pub(super) async fn of_runs(
    contest: &Contest,
    state: &State,
    category: Category,
    lanes: &[Lane],
    limit: usize,
) -> Result<BTreeMap<Lane, VecDeque<Point>>, Unreadable> {
    let mut found: BTreeMap<Lane, VecDeque<Point>> = lanes.iter().map(|lane| (*lane, VecDeque::new())).collect();
    for run in newest_runs(state, category, lanes, limit) {
        let filter = PointFilter { run: Some(run), lanes: lanes.to_vec(), ..PointFilter::default() };
        let mut after = Some(0);
        while let Some(serial) = after {
            let page = contest.points(filter.clone(), serial, PAGE).await?;
            for point in page.points {
                let Some(points) = found.get_mut(&point.lane) else { continue };
                if points.len() == limit {
                    points.pop_front();
                }
                points.push_back(point);
            }
            after = page.next;
        }
    }
    Ok(found)
}

/// The last runs that hold `limit` points of each lane, oldest first.
fn newest_runs(state: &State, category: Category, lanes: &[Lane], limit: usize) -> Vec<RunId> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut counts: BTreeMap<Lane, u64> = lanes.iter().map(|lane| (*lane, 0)).collect();
    let mut runs = Vec::new();
    for run in state.runs.values().rev().filter(|run| run.category == category) {
        if counts.values().all(|count| *count >= limit) {
            break;
        }
        let before: u64 = counts.values().sum();
        for (lane, count) in &mut counts {
            *count += tally(state, run, *lane).map_or(0, |tally| tally.count);
        }
        if counts.values().sum::<u64>() > before {
            runs.push(run.id);
        }
    }
    runs.reverse();
    runs
}

/// A lane's newest points in a category, in runs or not, oldest first.
pub(super) async fn of_lane(
    contest: &Contest,
    state: &State,
    (lane, category): (Lane, Category),
    limit: usize,
) -> Result<VecDeque<Point>, Unreadable> {
    let filter = PointFilter { lanes: vec![lane], category: Some(category), ..PointFilter::default() };
    let mut window = WINDOW;
    loop {
        let first = state.last_serial.saturating_sub(window).max(0);
        let found = after(contest, &filter, first, limit).await?;
        if found.len() >= limit || first == 0 {
            return Ok(found);
        }
        window = window.saturating_mul(WIDER);
    }
}

/// The last `limit` points after a serial.
async fn after(
    contest: &Contest,
    filter: &PointFilter,
    first: Serial,
    limit: usize,
) -> Result<VecDeque<Point>, Unreadable> {
    let mut found = VecDeque::new();
    let mut after = Some(first);
    while let Some(serial) = after {
        let page = contest.points(filter.clone(), serial, PAGE).await?;
        found.extend(page.points);
        found.drain(..found.len().saturating_sub(limit));
        after = page.next;
    }
    Ok(found)
}

/// The last point of each lane and category, as far as there is one.
pub(super) async fn latest(contest: &Contest, state: &State) -> Result<BTreeMap<(Lane, Category), Point>, Unreadable> {
    let mut found = BTreeMap::new();
    for run in state.runs.values().rev() {
        let is_new = |lane: &Lane| tally(state, run, *lane).is_some() && !found.contains_key(&(*lane, run.category));
        let lanes: Vec<Lane> = Lane::all().filter(is_new).collect();
        if !lanes.is_empty() {
            last_of_run(contest, run, lanes, &mut found).await?;
        }
    }
    let recent = state.last_serial.saturating_sub(MOMENTS).max(0);
    for point in after(contest, &PointFilter::default(), recent, usize::MAX).await? {
        keep_later(&mut found, point);
    }
    Ok(found)
}

async fn last_of_run(
    contest: &Contest,
    run: &Run,
    lanes: Vec<Lane>,
    found: &mut BTreeMap<(Lane, Category), Point>,
) -> Result<(), Unreadable> {
    let end = run.stop.map_or_else(|| contest.now().unix_ms, |stop| stop.at_ms);
    let filter = PointFilter { run: Some(run.id), lanes, ..PointFilter::default() };
    let soon = PointFilter { from_ms: Some(end - LAST_MOMENTS), ..filter.clone() };
    for point in after(contest, &soon, 0, usize::MAX).await? {
        keep_later(found, point);
    }
    let silent: Vec<Lane> =
        filter.lanes.iter().copied().filter(|lane| !found.contains_key(&(*lane, run.category))).collect();
    if silent.is_empty() {
        return Ok(());
    }
    for point in after(contest, &PointFilter { lanes: silent, ..filter }, 0, usize::MAX).await? {
        keep_later(found, point);
    }
    Ok(())
}

fn keep_later(found: &mut BTreeMap<(Lane, Category), Point>, point: Point) {
    let known = found.entry((point.lane, point.category)).or_insert(point);
    if point.serial > known.serial {
        *known = point;
    }
}

/// A lane's statistics in a run; `None` without points.
pub(super) fn tally<'a>(state: &'a State, run: &Run, lane: Lane) -> Option<&'a Tally> {
    let key = TallyKey { run: Some(run.id), category: run.category, lane };
    state.tallies.get(&key).filter(|tally| tally.count > 0)
}
