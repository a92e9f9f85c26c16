//! Points and their statistics, written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::measurement::{Point, TallyKey, local_ms};

use super::fault::Fault;

/// Rows of one statement; a few sizes, so that each is prepared once, and few journeys to the database for any number.
const ROWS: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

const COLUMNS: usize = 12;

/// Session of points in free mode, their time within it, and their frequency.
pub(super) const FREE: i64 = 0;
pub(super) const TIMELESS: i64 = -1;
const STILL: f64 = 0.0;

pub(super) async fn insert(connection: &mut AnyConnection, points: &[&Point]) -> Result<(), Fault> {
    let mut rest = points;
    for rows in ROWS {
        while let Some((these, others)) = rest.split_at_checked(rows) {
            insert_rows(connection, these).await?;
            rest = others;
        }
    }
    count(connection, points).await
}

async fn insert_rows(connection: &mut AnyConnection, points: &[&Point]) -> Result<(), Fault> {
    let mut query = sqlx::query(AssertSqlSafe(statement(points.len())));
    for point in points {
        query = query
            .bind(point.serial)
            .bind(point.run.map_or(FREE, |run| run.0))
            .bind(i16::from(point.lane.number()))
            .bind(point.category.as_str())
            .bind(point.frequency.map_or(STILL, |frequency| frequency.hertz()))
            .bind(point.dista)
            .bind(point.distb)
            .bind(i16::from(point.is_a_detected))
            .bind(i16::from(point.is_b_detected))
            .bind(point.relative_ms.map_or(TIMELESS, i64::from))
            .bind(point.at_ms)
            .bind(local_ms(point.at_ms));
    }
    query.execute(connection).await?;
    Ok(())
}

fn statement(rows: usize) -> String {
    const INTO: &str = "INSERT INTO points (id, session_id, laptop_id, category, frequency, dista, distb, \
        is_a_detected, is_b_detected, relative_ms, at_ms, at_local) VALUES ";
    format!("{INTO}{}", places(rows, COLUMNS))
}

/// Places for the values of so many rows: `($1, $2), ($3, $4)`.
fn places(rows: usize, columns: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        for column in 0..columns {
            let before = match (row, column) {
                (0, 0) => "(",
                (_, 0) => ", (",
                _ => ", ",
            };
            write!(text, "{before}${}", row * columns + column + 1).expect("texts grow");
        }
        text.push(')');
    }
    text
}

/// The table of statistics, with its columns.
pub(super) const TALLIES: &str =
    "tallies (session_id, category, laptop_id, clear_id, count, max_dista, max_distb, sum_dista, sum_distb)";

const TALLY_COLUMNS: usize = 9;

/// Clear of what no clear hides.
const IN_SIGHT: i64 = 0;

/// What becomes of statistics that are there already.
pub(super) const MERGING: &str = "ON CONFLICT (session_id, category, laptop_id, clear_id) DO UPDATE SET \
    count = tallies.count + excluded.count, sum_dista = tallies.sum_dista + excluded.sum_dista, \
    sum_distb = tallies.sum_distb + excluded.sum_distb, \
    max_dista = CASE WHEN excluded.max_dista > tallies.max_dista THEN excluded.max_dista ELSE tallies.max_dista END, \
    max_distb = CASE WHEN excluded.max_distb > tallies.max_distb THEN excluded.max_distb ELSE tallies.max_distb END";

/// Statistics of points that came together.
#[derive(Default)]
struct Sums {
    count: i64,
    max: (f64, f64),
    sum: (f64, f64),
}

async fn count(connection: &mut AnyConnection, points: &[&Point]) -> Result<(), Fault> {
    let mut sums: BTreeMap<TallyKey, Sums> = BTreeMap::new();
    for point in points {
        let (a, b) = (point.dista.abs(), point.distb.abs());
        let sums = sums.entry(TallyKey::of(point)).or_default();
        sums.count += 1;
        sums.max = (sums.max.0.max(a), sums.max.1.max(b));
        sums.sum = (sums.sum.0 + a, sums.sum.1 + b);
    }
    let sums: Vec<(TallyKey, Sums)> = sums.into_iter().collect();
    let mut rest = &*sums;
    for rows in ROWS {
        while let Some((these, others)) = rest.split_at_checked(rows) {
            count_rows(connection, these).await?;
            rest = others;
        }
    }
    Ok(())
}

async fn count_rows(connection: &mut AnyConnection, sums: &[(TallyKey, Sums)]) -> Result<(), Fault> {
    let statement = format!("INSERT INTO {TALLIES} VALUES {} {MERGING}", places(sums.len(), TALLY_COLUMNS));
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for (key, sums) in sums {
        query = query
            .bind(key.run.map_or(FREE, |run| run.0))
            .bind(key.category.as_str())
            .bind(i16::from(key.lane.number()))
            .bind(IN_SIGHT)
            .bind(sums.count)
            .bind(sums.max.0)
            .bind(sums.max.1)
            .bind(sums.sum.0)
            .bind(sums.sum.1);
    }
    query.execute(connection).await?;
    Ok(())
}
