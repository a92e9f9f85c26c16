//! The one object that everybody is told of a point.

use serde::Serialize;
use serde_json::value::RawValue;

use super::category::Category;
use super::frequency::Frequency;
use super::lane::Lane;
use super::point::Point;
use super::run::RunId;
use super::stamp::local;

/// The eleven fields that cameras' pages have always read, in their order, and four of ours after them.
#[derive(Serialize)]
struct Item<'a> {
    laptop_id: Lane,
    dista: f64,
    distb: f64,
    is_a_detected: bool,
    is_b_detected: bool,
    session_id: Option<RunId>,
    category: Category,
    frequency: Option<Frequency>,
    relative_time: Option<u32>,
    elapsed_seconds: Option<u32>,
    timestamp: String,
    nama_tim: &'a str,
    timestamp_ms: i64,
    relative_seconds: Option<f64>,
    serial: i64,
}

/// A point as JSON, with its team's name.
///
/// Source: domain reference, A3.4 and A6.2; `relative_time` is in whole seconds, `relative_seconds` has
/// milliseconds.
#[must_use]
pub fn item(point: &Point, nama_tim: &str) -> Box<RawValue> {
    let seconds = point.relative_ms.map(|ms| ms / 1000);
    let item = Item {
        laptop_id: point.lane,
        dista: point.dista,
        distb: point.distb,
        is_a_detected: point.is_a_detected,
        is_b_detected: point.is_b_detected,
        session_id: point.run,
        category: point.category,
        frequency: point.frequency,
        relative_time: seconds,
        elapsed_seconds: seconds,
        timestamp: local(point.at_ms),
        nama_tim,
        timestamp_ms: point.at_ms,
        relative_seconds: point.relative_ms.map(|ms| f64::from(ms) / 1000.0),
        serial: point.serial,
    };
    serde_json::value::to_raw_value(&item).expect("numbers of a point are finite")
}
