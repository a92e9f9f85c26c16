//! The last points, in memory: what pages ask for, and all that the database has not got yet.

use std::collections::VecDeque;

use crate::measurement::{Page, Point, PointFilter, Serial, State};
use crate::store::Seq;

/// Points that stay although the database has them; about 9 MB.
const KEPT: usize = 100_000;

/// The last points by serial, without a gap.
///
/// Bounded by the journal's bytes: what the database has makes room beyond [`KEPT`].
#[derive(Debug)]
pub(super) struct Recent {
    /// From here on all points are here.
    first: Serial,
    points: VecDeque<(Seq, Point)>,
}

impl Recent {
    /// Begins with those that the journal has; `next` is the number of the next point.
    pub(super) fn new(points: Vec<(Seq, Point)>, next: Serial) -> Self {
        Self { first: points.first().map_or(next, |(_, point)| point.serial), points: points.into() }
    }

    pub(super) fn push(&mut self, seq: Seq, point: Point) {
        self.points.push_back((seq, point));
    }

    /// Lets go of what is in the database, as far as there are too many.
    pub(super) fn release(&mut self, applied: Seq) {
        while self.points.len() > KEPT && self.points.front().is_some_and(|(seq, _)| *seq <= applied) {
            if let Some((_, point)) = self.points.pop_front() {
                self.first = point.serial + 1;
            }
        }
    }

    /// Lets go of what a clear has taken for good.
    pub(super) fn purge(&mut self, clear: i64, state: &State) {
        self.points.retain(|(_, point)| state.hider(point) != Some(clear));
    }

    /// The serial from which on all points are here.
    pub(super) const fn first(&self) -> Serial {
        self.first
    }

    /// Points after a serial, by arrival.
    pub(super) fn page(&self, state: &State, filter: &PointFilter, after: Serial, limit: usize) -> Page {
        let start = self.points.partition_point(|(_, point)| point.serial <= after);
        let wanted = |point: &&Point| matches(filter, state, point) && state.shows(point);
        let mut found = self.points.iter().skip(start).map(|(_, point)| point).filter(wanted);
        let points: Vec<Point> = found.by_ref().take(limit).copied().collect();
        let next = found.next().and_then(|_| points.last()).map(|last| last.serial);
        Page { points, next }
    }
}

fn matches(filter: &PointFilter, state: &State, point: &Point) -> bool {
    let is_of_an_ended_run = || {
        let run = point.run.and_then(|run| state.runs.get(&run));
        run.is_some_and(|run| !run.is_running())
    };
    (filter.lanes.is_empty() || filter.lanes.contains(&point.lane))
        && filter.category.is_none_or(|category| category == point.category)
        && filter.frequency.is_none_or(|frequency| point.frequency == Some(frequency))
        && filter.run.is_none_or(|run| point.run == Some(run))
        && filter.from_ms.is_none_or(|from| point.at_ms >= from)
        && filter.to_ms.is_none_or(|to| point.at_ms < to)
        && (!filter.of_ended_runs || is_of_an_ended_run())
}
