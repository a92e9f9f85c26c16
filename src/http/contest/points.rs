//! Points in pages, for pages that open late or were cut off.

use serde::Serialize;

use crate::measurement::{Lane, Point, PointFilter, RunId, Serial};

use super::asked::Asked;
use super::call::{Told, ok};
use super::fault::Fault;

/// Points of one answer when the request does not say how many.
const USUAL: i64 = 5000;

/// Points of one answer at most.
const MOST: i64 = 10_000;

/// A point as a row; what its run says is not repeated.
type Row = (Serial, Lane, Option<RunId>, Option<f64>, f64, f64, u8, i64);

const FIELDS: [&str; 8] =
    ["serial", "laptop_id", "session_id", "relative_seconds", "dista", "distb", "flags", "timestamp_ms"];

#[derive(Serialize)]
struct Points {
    fields: [&'static str; 8],
    points: Vec<Row>,
    next: Option<Serial>,
}

pub(super) async fn page(asked: &Asked) -> Told {
    let query = &asked.query;
    let filter = PointFilter {
        lanes: query.lanes()?,
        category: query.category()?,
        frequency: query.frequency()?,
        run: query.run()?,
        from_ms: query.number("from_ms")?,
        to_ms: query.number("to_ms")?,
        ..PointFilter::default()
    };
    let after = query.number("after")?.unwrap_or(0);
    let limit = query.number("limit")?.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) || after < 0 {
        return Err(Fault::invalid(format!("Expected limit to be 1 to {MOST}, and after not to be negative")));
    }
    let page = asked.contest.points(filter, after, usize::try_from(limit).unwrap_or_default()).await?;
    ok(&Points { fields: FIELDS, points: page.points.iter().map(row).collect(), next: page.next })
}

fn row(point: &Point) -> Row {
    let Point { serial, lane, run, dista, distb, at_ms, .. } = *point;
    let seconds = point.relative_ms.map(|ms| f64::from(ms) / 1000.0);
    (serial, lane, run, seconds, dista, distb, point.flags(), at_ms)
}
