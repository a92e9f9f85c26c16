//! A comma-separated file, written page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::measurement::{Category, Frequency, Lane, Point, PointFilter, RunId, Sorting, State, for_file};

use super::{clean, legacy, team};

/// A file: which points it needs, and what it says of them.
///
/// Write `head`, `rows` of each page of points in the filter's order, then `tail`.
#[derive(Debug)]
pub struct Csv {
    pub(super) state: Arc<State>,
    pub(super) filter: PointFilter,
    /// Runs that had a row.
    pub(super) seen: BTreeSet<RunId>,
    /// Team names as this file quotes them.
    names: BTreeMap<(Category, Lane), String>,
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Realtime,
    Session,
    Points,
    Team(Lane, Category),
}

impl Csv {
    /// Every point in sight, in the users' own columns. A point without a run has a row for each of its
    /// lane's two teams: nothing says whose it was.
    #[must_use]
    pub fn realtime(state: Arc<State>, lane: Option<Lane>) -> Self {
        let filter =
            PointFilter { lanes: lane.into_iter().collect(), sorting: Sorting::Time, ..PointFilter::default() };
        Self::new(state, filter, Shape::Realtime)
    }

    /// The points of all runs that are over, in the users' own columns.
    #[must_use]
    pub fn session(state: Arc<State>, lane: Option<Lane>, frequency: Option<Frequency>) -> Self {
        let filter = PointFilter {
            lanes: lane.into_iter().collect(),
            frequency,
            of_ended_runs: true,
            sorting: Sorting::Run,
            ..PointFilter::default()
        };
        Self::new(state, filter, Shape::Session)
    }

    /// Points for programs: plain numbers, ISO times, both displacements.
    #[must_use]
    pub fn points(state: Arc<State>, filter: PointFilter) -> Self {
        Self::new(state, PointFilter { sorting: Sorting::Arrival, ..filter }, Shape::Points)
    }

    /// All that a team did, and at which frequencies it did nothing.
    #[must_use]
    pub fn team(state: Arc<State>, lane: Lane, category: Category) -> Self {
        let filter = PointFilter {
            lanes: vec![lane],
            category: Some(category),
            of_ended_runs: true,
            sorting: Sorting::Run,
            ..PointFilter::default()
        };
        Self::new(state, filter, Shape::Team(lane, category))
    }

    fn new(state: Arc<State>, filter: PointFilter, shape: Shape) -> Self {
        let is_legacy = matches!(shape, Shape::Realtime | Shape::Session);
        let quoted =
            |name: &str| if is_legacy { super::quote::php(name) } else { super::quote::typed(name) }.into_owned();
        let teams = state.teams.list();
        let names = teams.into_iter().map(|team| ((team.category, team.laptop_id), quoted(&team.nama_tim))).collect();
        Self { state, filter, seen: BTreeSet::new(), names, shape }
    }

    /// The points that it needs.
    #[must_use]
    pub const fn filter(&self) -> &PointFilter {
        &self.filter
    }

    /// What it is called when it is saved at this unix millisecond.
    #[must_use]
    pub fn file_name(&self, now_ms: i64) -> String {
        let at = for_file(now_ms);
        match self.shape {
            Shape::Realtime => format!("realtime_data_{at}.csv"),
            Shape::Session => format!("session_data_{at}.csv"),
            Shape::Points => format!("points_{at}.csv"),
            Shape::Team(lane, category) => {
                let name = self.state.teams.name(category, lane);
                format!("{}-{lane}_{}_{at}.csv", category.letter(), team::in_file_name(&name))
            }
        }
    }

    /// The line of column names.
    #[must_use]
    pub const fn head(&self) -> &'static str {
        match self.shape {
            Shape::Realtime => legacy::REALTIME,
            Shape::Session => legacy::SESSION,
            Shape::Points => clean::POINTS,
            Shape::Team(..) => team::COLUMNS,
        }
    }

    /// The rows of some points.
    #[must_use]
    pub fn rows(&mut self, points: &[Point]) -> String {
        let mut text = String::with_capacity(points.len() * 128);
        for point in points {
            match self.shape {
                Shape::Realtime => legacy::realtime(self, point, &mut text),
                Shape::Session => legacy::session(self, point, &mut text),
                Shape::Points => clean::point(self, point, &mut text),
                Shape::Team(..) => {
                    self.seen.extend(point.run);
                    team::point(self, point, &mut text);
                }
            }
        }
        text
    }

    /// What follows the last point.
    #[must_use]
    pub fn tail(&self) -> String {
        match self.shape {
            Shape::Realtime | Shape::Session | Shape::Points => String::new(),
            Shape::Team(lane, category) => team::undone(self, lane, category),
        }
    }

    /// The line with which the users' own files say that points could not be read; `None` for ours, which
    /// break off instead, so that no program takes a part for the whole.
    #[must_use]
    pub fn broken(&self, reason: &str) -> Option<String> {
        let is_legacy = matches!(self.shape, Shape::Realtime | Shape::Session);
        is_legacy.then(|| format!("# Error: {}\n", reason.replace(['\r', '\n'], " ")))
    }

    /// A team's name, quoted.
    pub(super) fn name(&self, category: Category, lane: Lane) -> &str {
        self.names.get(&(category, lane)).map_or("", |name| name)
    }
}
