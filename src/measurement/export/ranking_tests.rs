//! Contests as lists of changes, and who wins them.

use super::*;
use crate::measurement::{
    Category, Clear, EndedBy, Entry, Frequency, Lane, Point, Run, RunId, Scope, State, Stop, Team, Tick,
};

/// A contest, told change by change.
pub(super) struct Story {
    pub(super) state: State,
}

pub(super) fn lane(number: u8) -> Lane {
    number.try_into().unwrap()
}

impl Story {
    pub(super) fn new() -> Self {
        Self { state: State::default() }
    }

    pub(super) fn rename(&mut self, number: u8, category: Category, name: &str) {
        let team = Team { laptop_id: lane(number), category, nama_tim: name.into() };
        self.state.apply(&Entry::Teams { teams: vec![team] });
    }

    pub(super) fn start(&mut self, id: i64, category: Category, frequency: Frequency, at_ms: i64) {
        let started = Tick { boot: "boot".into(), ns: 0 };
        let run = Run { id: RunId(id), category, frequency, started_at_ms: at_ms, started, stop: None };
        self.state.apply(&Entry::RunStarted { run });
    }

    pub(super) fn stop(&mut self, duration_ms: u32, by: EndedBy) {
        let run = self.state.running().expect("a run goes on");
        let stop = Stop { at_ms: run.started_at_ms + i64::from(duration_ms), duration_ms, by };
        self.state.apply(&Entry::RunStopped { run: run.id, stop });
    }

    /// A point of the run that goes on.
    pub(super) fn point(
        &mut self,
        (serial, number): (i64, u8),
        (dista, distb): (f64, f64),
        (is_a_detected, is_b_detected): (bool, bool),
        relative_ms: u32,
    ) -> Point {
        let run = self.state.running().expect("a run goes on");
        let point = Point {
            serial,
            run: Some(run.id),
            lane: lane(number),
            category: run.category,
            frequency: Some(run.frequency),
            dista,
            distb,
            is_a_detected,
            is_b_detected,
            relative_ms: Some(relative_ms),
            at_ms: run.started_at_ms + i64::from(relative_ms),
        };
        self.state.apply(&Entry::Point { point, mark: None });
        point
    }

    /// A point without a run.
    pub(super) fn free(&mut self, serial: i64, number: u8, distb: f64, at_ms: i64) -> Point {
        let point = Point {
            serial,
            run: None,
            lane: lane(number),
            category: self.state.category,
            frequency: None,
            dista: 0.0,
            distb,
            is_a_detected: true,
            is_b_detected: true,
            relative_ms: None,
            at_ms,
        };
        self.state.apply(&Entry::Point { point, mark: None });
        point
    }

    /// A run with one point on each of these lanes.
    fn run(&mut self, id: i64, hertz: f64, distances: &[(u8, f64)], by: EndedBy) {
        self.start(id, Category::Baja, Frequency::of(hertz).unwrap(), id * 100_000);
        for (at, &(number, distb)) in (0_u8..).zip(distances) {
            self.point((id * 100 + i64::from(at), number), (0.0, distb), (true, true), 0);
        }
        self.stop(60_000, by);
    }

    fn ranking(&self) -> Ranking {
        Ranking::new(&self.state, Category::Baja)
    }
}

/// Lane, place and status of all with a place at a frequency, and the statuses of the others.
fn at(ranking: &Ranking, hertz: f64) -> Vec<(u8, Option<usize>, Status)> {
    let found = ranking.at(Frequency::of(hertz).unwrap());
    found.into_iter().map(|(team, score)| (team.laptop_id.number(), score.place, score.status)).collect()
}

#[test]
fn the_smallest_greatest_displacement_is_first_and_equals_share_a_place() {
    let mut story = Story::new();
    story.run(1, 1.5, &[(1, -30.0), (2, 10.0), (2, -12.0), (3, 12.0), (4, 20.0), (5, 0.0)], EndedBy::Time);
    let found = at(&story.ranking(), 1.5);
    let done = |lane, place| (lane, Some(place), Status::Done);
    assert_eq!(found[..4], [done(2, 1), done(3, 1), done(4, 3), done(1, 4)]);
    // A camera that saw nothing move has not won.
    assert_eq!(found[4..], [5, 6, 7, 8].map(|lane| (lane, None, Status::NoData)));
    assert!(at(&story.ranking(), 2.5).iter().all(|(_, place, status)| (*place, *status) == (None, Status::NotDone)));
}

#[test]
fn the_last_run_with_points_counts() {
    let mut story = Story::new();
    story.run(1, 1.5, &[(1, 5.0), (2, 6.0)], EndedBy::Time);
    story.run(2, 1.5, &[(1, 9.0)], EndedBy::Judge);
    story.run(3, 1.5, &[], EndedBy::Judge);
    let of = |story: &Story| at(&story.ranking(), 1.5)[..2].to_vec();
    assert_eq!(of(&story), [(1, Some(1), Status::Done), (2, None, Status::NoData)]);
    // With the second out of sight the first counts again.
    let clear = Clear::new(1, Scope::Run { session_id: RunId(2) }, i64::MAX, 0, 0);
    story.state.apply(&Entry::Cleared { clear });
    assert_eq!(of(&story), [(1, Some(1), Status::Done), (2, Some(2), Status::Done)]);
    story.state.apply(&Entry::Undone { clear: 1 });
    assert_eq!(of(&story), [(1, Some(1), Status::Done), (2, None, Status::NoData)]);
}

#[test]
fn a_run_that_goes_on_does_not_count_yet() {
    let mut story = Story::new();
    story.start(1, Category::Baja, Frequency::of(1.5).unwrap(), 0);
    story.point((1, 1), (0.0, 5.0), (true, true), 0);
    assert!(at(&story.ranking(), 1.5).iter().all(|(_, place, status)| (*place, *status) == (None, Status::NotDone)));
}

#[test]
fn more_frequencies_come_first_then_the_smaller_sum() {
    let mut story = Story::new();
    story.run(1, 1.5, &[(1, 10.0), (2, 1.0), (3, 4.0), (4, 10.0)], EndedBy::Time);
    story.run(2, 2.5, &[(1, 10.0), (3, 20.0), (4, 10.0)], EndedBy::Collapse);
    let ranking = story.ranking();
    let found: Vec<_> = ranking
        .standings
        .iter()
        .map(|standing| (standing.team.laptop_id.number(), standing.place, standing.placed, standing.total))
        .collect();
    assert_eq!(
        found[..5],
        [(1, Some(1), 2, 20.0), (4, Some(1), 2, 20.0), (3, Some(3), 2, 24.0), (2, Some(4), 1, 1.0), (5, None, 0, 0.0)]
    );
    assert!(at(&ranking, 2.5).iter().filter(|(_, place, _)| place.is_some()).all(|(_, _, s)| *s == Status::Collapsed));
}

/// Sums of the same numbers in another order differ in their last bits; the sheet shows four decimals.
#[test]
fn what_looks_equal_is_equal() {
    let mut story = Story::new();
    for (id, hertz, one, other) in [(1, 1.5, 0.1, 0.3), (2, 2.5, 0.2, 0.2), (3, 3.5, 0.3, 0.1)] {
        story.run(id, hertz, &[(1, one), (2, other), (3, one + 1e-9)], EndedBy::Time);
    }
    assert_ne!(0.1_f64 + 0.2 + 0.3, 0.3 + 0.2 + 0.1);
    let places: Vec<_> = story.ranking().standings.iter().take(3).map(|standing| standing.place).collect();
    assert_eq!(places, [Some(1); 3]);
    assert_eq!(at(&story.ranking(), 1.5)[..2], [(1, Some(1), Status::Done), (3, Some(1), Status::Done)]);
    story.run(4, 4.5, &[(1, 0.000_04)], EndedBy::Time);
    assert_eq!(at(&story.ranking(), 4.5)[0], (1, None, Status::NoData));
}
