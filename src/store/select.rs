//! Which rows: a filter in SQL, and pages of it by key, never by offset.

use std::fmt::Write as _;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::measurement::{Frequency, Lane, Point, PointFilter, RunId, Serial, Sorting};

use super::fault::Fault;
use super::points::{FREE, TIMELESS};

const COLUMNS: &str = "id, session_id, laptop_id, category, frequency, dista, distb, is_a_detected, is_b_detected, \
    relative_ms, at_ms";

/// Where a page begins: after a row's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    serial: Serial,
    at_ms: i64,
    run: i64,
    lane: u8,
    relative_ms: i64,
}

impl Cursor {
    /// Before everything.
    pub(super) const START: Self =
        Self { serial: Serial::MIN, at_ms: i64::MIN, run: i64::MIN, lane: 0, relative_ms: i64::MIN };

    /// After this number, by arrival.
    pub(super) const fn after(serial: Serial) -> Self {
        Self { serial, ..Self::START }
    }

    /// After this point, in any order.
    pub(super) fn behind(point: &Point) -> Self {
        Self {
            serial: point.serial,
            at_ms: point.at_ms,
            run: point.run.map_or(FREE, |run| run.0),
            lane: point.lane.number(),
            relative_ms: point.relative_ms.map_or(TIMELESS, i64::from),
        }
    }
}

/// The next rows of a filter after a cursor and before a serial, at most `limit`.
///
/// All that is put into the text is numbers and names of categories. A `+` before a column keeps its
/// index out of it: the index of the order reads a page without sorting, whatever the filter.
pub(super) fn select(filter: &PointFilter, after: &Cursor, before: Option<Serial>, limit: usize) -> String {
    let mut sql = format!("SELECT {COLUMNS} FROM points WHERE clear_id IS NULL");
    let mut and = |condition: std::fmt::Arguments<'_>| write!(sql, " AND {condition}").expect("texts grow");
    let order = match filter.sorting {
        Sorting::Arrival => {
            and(format_args!("id > {}", after.serial));
            "id"
        }
        Sorting::Time => {
            and(format_args!("(at_ms, id) > ({}, {})", after.at_ms, after.serial));
            "at_ms, id"
        }
        Sorting::Run => {
            let Cursor { run, lane, relative_ms, serial, .. } = after;
            and(format_args!("(session_id, laptop_id, relative_ms, id) > ({run}, {lane}, {relative_ms}, {serial})"));
            "session_id, laptop_id, relative_ms, id"
        }
    };
    if let Some(before) = before {
        and(format_args!("id < {before}"));
    }
    match &*filter.lanes {
        [] => {}
        [lane] if filter.sorting == Sorting::Arrival => and(format_args!("laptop_id = {lane}")),
        lanes => {
            let lanes: Vec<String> = lanes.iter().map(ToString::to_string).collect();
            and(format_args!("+laptop_id IN ({})", lanes.join(", ")));
        }
    }
    if let Some(category) = filter.category {
        and(format_args!("category = '{category}'"));
    }
    if let Some(frequency) = filter.frequency {
        and(format_args!("frequency = {frequency}"));
    }
    if let Some(RunId(run)) = filter.run {
        // A run has few points: its index and a sort are better than all points in order.
        and(format_args!("session_id = {run}"));
    }
    if filter.of_ended_runs {
        and(format_args!("+session_id IN (SELECT id FROM sessions WHERE status <> 'running')"));
    }
    if let Some(from) = filter.from_ms {
        and(format_args!("+at_ms >= {from}"));
    }
    if let Some(to) = filter.to_ms {
        and(format_args!("+at_ms < {to}"));
    }
    write!(sql, " ORDER BY {order} LIMIT {limit}").expect("texts grow");
    sql
}

/// A row of `select`.
pub(super) fn point(row: &AnyRow) -> Result<Point, Fault> {
    let odd = || Fault::away("a point in it is none of ours");
    let run: i64 = row.try_get(1)?;
    let lane = u8::try_from(row.try_get::<i64, _>(2)?).ok().and_then(|lane| Lane::try_from(lane).ok());
    let frequency: f64 = row.try_get(4)?;
    Ok(Point {
        serial: row.try_get(0)?,
        run: (run != FREE).then_some(RunId(run)),
        lane: lane.ok_or_else(odd)?,
        category: row.try_get::<&str, _>(3)?.parse().map_err(|_| odd())?,
        // None of the contest's in free mode.
        frequency: Frequency::of(frequency).ok(),
        dista: row.try_get(5)?,
        distb: row.try_get(6)?,
        is_a_detected: row.try_get::<i64, _>(7)? != 0,
        is_b_detected: row.try_get::<i64, _>(8)? != 0,
        // Negative where it has none.
        relative_ms: u32::try_from(row.try_get::<i64, _>(9)?).ok(),
        at_ms: row.try_get(10)?,
    })
}
