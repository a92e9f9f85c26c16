//! Which points somebody wants to read.

use super::category::Category;
use super::frequency::Frequency;
use super::lane::Lane;
use super::point::{Point, Serial};
use super::run::RunId;

/// In which order points are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sorting {
    /// As they came: by serial.
    #[default]
    Arrival,
    /// By the time at which they were measured, then by serial.
    Time,
    /// By run, lane, time within the run, serial.
    Run,
}

/// Which points; what is `None` or empty does not matter. Cleared ones never count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PointFilter {
    /// Of these lanes; all when empty.
    pub lanes: Vec<Lane>,
    /// Of this category.
    pub category: Option<Category>,
    /// Of this frequency.
    pub frequency: Option<Frequency>,
    /// Of this run.
    pub run: Option<RunId>,
    /// Of runs that are over, and nothing in free mode.
    pub of_ended_runs: bool,
    /// Measured at this unix millisecond or later.
    pub from_ms: Option<i64>,
    /// Measured before this unix millisecond.
    pub to_ms: Option<i64>,
    /// In which order.
    pub sorting: Sorting,
}

/// Some points, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The points.
    pub points: Vec<Point>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<Serial>,
}
