//! Points for programs.
//!
//! Lines end with LF, as in the users' own files: what reads RFC 4180 reads that too, and line-based
//! tools do not trip over it.

use crate::measurement::{Point, iso};

use super::csv::Csv;
use super::number::rounded;

pub(super) const POINTS: &str = "serial,timestamp,timestamp_ms,laptop_id,alias,category,team,session_id,frequency_hz,relative_seconds,dista_mm,distb_mm,is_a_detected,is_b_detected\n";

pub(super) fn point(csv: &Csv, point: &Point, text: &mut String) {
    let Point { serial, at_ms, lane, category, .. } = *point;
    *text += &format!(
        "{serial},{},{at_ms},{lane},{}-{lane},{category},{},{},{},{},{},{},{},{}\n",
        iso(at_ms),
        category.letter(),
        csv.name(category, lane),
        or_empty(point.run.map(|run| run.0)),
        or_empty(point.frequency),
        or_empty(point.relative_ms.map(seconds)),
        rounded(point.dista, 4),
        rounded(point.distb, 4),
        point.is_a_detected,
        point.is_b_detected,
    );
}

/// `15.234`.
pub(super) fn seconds(ms: u32) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

pub(super) fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
