//! The rule: which points are taken, and to which run they belong.

use super::points::*;
use super::*;
use crate::measurement::*;
use std::time::Duration;

const LENGTH: Duration = Duration::from_secs(60);

/// The run began here, by both clocks.
const START_MS: i64 = 1_700_000_000_000;

fn moment(ms: u64) -> Moment {
    Moment {
        unix_ms: START_MS + i64::try_from(ms).expect("small"),
        tick: Tick { boot: "this".into(), ns: 1_000_000_000 + ms * 1_000_000 },
    }
}

fn taking() -> State {
    let mut state = State::default();
    state.apply(&Entry::Realtime { enabled: true, session_id: None, at_ms: 0 });
    state
}

fn started(id: i64, at_ms: u64) -> Entry {
    let Moment { unix_ms, tick } = moment(at_ms);
    let frequency = Frequency::of(2.5).expect("one of the contest's");
    Entry::RunStarted {
        run: Run {
            id: RunId(id),
            category: Category::Beton,
            frequency,
            started_at_ms: unix_ms,
            started: tick,
            stop: None,
        },
    }
}

fn stopped(id: i64, duration_ms: u32, by: EndedBy) -> Entry {
    Entry::RunStopped { run: RunId(id), stop: Stop { at_ms: 0, duration_ms, by } }
}

fn reading(age_ms: u64, mark: Option<u64>) -> Reading {
    Reading {
        lane: Lane::try_from(1).expect("a lane"),
        dista: 1.0,
        distb: -2.0,
        is_a_detected: true,
        is_b_detected: false,
        mark: mark.map(|seq| Mark { sender: "s".into(), seq }),
        age: Duration::from_millis(age_ms),
    }
}

fn judge(state: &State, now: &Moment, readings: &[Reading]) -> Result<Vec<Verdict>, (usize, NotTaken)> {
    Rule { state, length: LENGTH, now }.judge(readings)
}

/// The one point, as it is taken.
fn point(state: &State, now_ms: u64, age_ms: u64) -> Point {
    let verdicts = judge(state, &moment(now_ms), &[reading(age_ms, None)]).expect("it is taken");
    let [Verdict::New { point, .. }] = verdicts[..] else { panic!("{verdicts:?}") };
    point
}

/// C1-2, A3.4: whole seconds and milliseconds since the run began, its category and frequency.
#[test]
fn a_point_of_a_run_knows_when_it_was_measured() {
    let mut state = taking();
    state.apply(&started(7, 0));
    let point = point(&state, 15_234, 0);
    assert_eq!((point.run, point.category), (Some(RunId(7)), Category::Beton));
    assert_eq!((point.relative_ms, point.at_ms), (Some(15_234), START_MS + 15_234));
    assert_eq!(point.frequency.map(Frequency::hertz), Some(2.5));
}

/// A3.6: free mode has the selected category and nothing of a run.
#[test]
fn without_a_run_a_point_is_free() {
    let mut state = taking();
    let frequency = Frequency::default();
    state.apply(&Entry::Selected { category: Category::Beton, frequency });
    let point = point(&state, 5, 0);
    assert_eq!((point.run, point.frequency, point.relative_ms), (None, None, None));
    assert_eq!((point.category, point.at_ms), (Category::Beton, START_MS + 5));
}

/// A3.4: 60 s are within, and nothing after them.
#[test]
fn a_run_takes_points_up_to_its_last_millisecond() {
    let mut state = taking();
    state.apply(&started(7, 0));
    assert_eq!(point(&state, 60_000, 0).relative_ms, Some(60_000));
    assert_eq!(point(&state, 60_001, 0).run, None);
}

/// Fault: a camera cut off for a while sends what it has kept.
#[test]
fn a_late_point_belongs_to_the_run_in_which_it_was_measured() {
    let mut state = taking();
    state.apply(&started(7, 0));
    assert_eq!(point(&state, 30_000, 5000).relative_ms, Some(25_000));
    assert_eq!(point(&state, 1000, 2000).run, None, "measured before the run began");
    state.apply(&stopped(7, 35_000, EndedBy::Collapse));
    assert_eq!(point(&state, 70_000, 40_000).relative_ms, Some(30_000));
    assert_eq!(point(&state, 70_000, 30_000).run, None, "measured after the collapse");
    state.apply(&started(8, 80_000));
    assert_eq!(point(&state, 90_000, 60_000).run, Some(RunId(7)), "the run before");
    assert_eq!(point(&state, 90_000, 5000).run, Some(RunId(8)));
}

/// E6: the valve holds for everything, and is named.
#[test]
fn a_closed_valve_refuses_and_says_so() {
    let mut state = taking();
    state.apply(&started(7, 0));
    state.apply(&Entry::Realtime { enabled: false, session_id: None, at_ms: 0 });
    let refused = judge(&state, &moment(1), &[reading(0, None)]).expect_err("the valve is closed");
    assert_eq!(refused, (0, NotTaken::RealtimeOff));
}

#[test]
fn a_number_counts_once_within_a_batch_and_across_batches() {
    let mut state = taking();
    let batch = [reading(0, Some(1)), reading(0, Some(2)), reading(0, Some(1))];
    let verdicts = judge(&state, &moment(1), &batch).expect("they are taken");
    let orders: Vec<_> = verdicts.iter().map(|verdict| matches!(verdict, Verdict::Duplicate(_))).collect();
    assert_eq!(orders, [false, false, true]);
    for verdict in &verdicts {
        if let Verdict::New { entry, .. } = verdict {
            state.apply(entry);
        }
    }
    let again = judge(&state, &moment(2), &[reading(0, Some(2)), reading(0, Some(3))]).expect("they are taken");
    assert!(matches!(&again[..], [Verdict::Duplicate(_), Verdict::New { order: Order::Next, .. }]), "{again:?}");
    // The valve does not make a safe point unsafe.
    state.apply(&Entry::Realtime { enabled: false, session_id: None, at_ms: 0 });
    assert!(judge(&state, &moment(3), &[reading(0, Some(2))]).is_ok());
}

/// Fault: the clock that people read is set an hour ahead in the middle of a run.
#[test]
fn setting_the_clock_changes_no_points_place() {
    let mut state = taking();
    state.apply(&started(7, 0));
    let now = Moment { unix_ms: START_MS + 3_600_000 + 10_000, ..moment(10_000) };
    let verdicts = judge(&state, &now, &[reading(0, None)]).expect("it is taken");
    let [Verdict::New { point, .. }] = verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!((point.relative_ms, point.at_ms), (Some(10_000), START_MS + 10_000));
}

/// After the machine itself has started anew only the clock that people read is left.
#[test]
fn a_run_goes_on_by_the_wall_clock_after_a_restart_of_the_machine() {
    let mut state = taking();
    state.apply(&started(7, 0));
    let now = Moment { unix_ms: START_MS + 40_000, tick: Tick { boot: "next".into(), ns: 5 } };
    let verdicts = judge(&state, &now, &[reading(0, None)]).expect("it is taken");
    let [Verdict::New { point, .. }] = verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(point.relative_ms, Some(40_000));
}
