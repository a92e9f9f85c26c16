//! The fold: whatever happens, what is told of it is what a list of points says.

use proptest::prelude::*;

use super::*;

fn lane(number: u8) -> Lane {
    Lane::try_from(number).expect("a lane")
}

fn point(serial: Serial, of: u8, run: Option<i64>, distb: f64) -> Entry {
    let point = Point {
        serial,
        run: run.map(RunId),
        lane: lane(of),
        category: Category::Baja,
        frequency: run.map(|_| Frequency::default()),
        dista: distb / 2.0,
        distb,
        is_a_detected: true,
        is_b_detected: true,
        relative_ms: run.map(|_| 0),
        at_ms: serial,
    };
    Entry::Point { point, mark: None }
}

fn cleared(id: i64, scope: Scope, last: Serial) -> Entry {
    Entry::Cleared { clear: Clear::new(id, scope, last, 0, 600_000) }
}

fn key(run: Option<i64>, of: u8) -> TallyKey {
    TallyKey { run: run.map(RunId), category: Category::Baja, lane: lane(of) }
}

/// Acceptance scenario E9.
#[test]
fn statistics_are_of_magnitudes_in_millimetres() {
    let mut state = State::default();
    for (serial, distb) in [(1, -10.0), (2, 20.0), (3, -30.0)] {
        state.apply(&point(serial, 1, Some(7), distb));
    }
    let tally = state.tallies[&key(Some(7), 1)];
    assert_eq!((tally.count, tally.max_distb, tally.avg_distb()), (3, 30.0, 20.0));
    assert_eq!((tally.max_dista, tally.avg_dista()), (15.0, 10.0));
}

#[test]
fn an_undone_clear_adds_to_what_came_meanwhile() {
    let mut state = State::default();
    state.apply(&point(1, 1, Some(7), 10.0));
    state.apply(&cleared(1, Scope::All, 1));
    assert!(state.tallies.is_empty());
    state.apply(&point(2, 1, Some(7), 4.0));
    assert_eq!(state.clear(1).map(|clear| clear.points), Some(1));
    state.apply(&Entry::Undone { clear: 1 });
    let tally = state.tallies[&key(Some(7), 1)];
    assert_eq!((tally.count, tally.max_distb, tally.avg_distb()), (2, 10.0, 7.0));
}

#[test]
fn a_state_is_the_same_after_a_snapshot() {
    let mut state = State::default();
    state.apply(&point(1, 1, Some(7), 0.1));
    let mark = Mark { sender: "s".into(), seq: 5 };
    if let Entry::Point { point, .. } = point(2, 2, None, 0.2) {
        state.apply(&Entry::Point { point, mark: Some(mark.clone()) });
    }
    state.apply(&cleared(1, Scope::Lane { laptop_id: lane(1), category: None }, 2));
    let text = serde_json::to_string(&state).expect("a state is JSON");
    let again: State = serde_json::from_str(&text).expect("a state again");
    assert_eq!(again, state);
    assert_eq!(again.order(lane(2), &mark), Order::Duplicate);
    assert_eq!(again.order(lane(3), &mark), Order::Next);
}

#[test]
fn senders_that_are_silent_longest_are_forgotten_first() {
    let mut state = State::default();
    let mark = |sender: usize| Mark { sender: sender.to_string().into(), seq: 1 };
    for sender in 0..300 {
        let Entry::Point { point, .. } = point(1, 1, None, 0.0) else { unreachable!() };
        state.apply(&Entry::Point { point, mark: Some(mark(sender)) });
    }
    assert_eq!(state.order(lane(1), &mark(0)), Order::Next);
    assert_eq!(state.order(lane(1), &mark(299)), Order::Duplicate);
}

#[derive(Debug, Clone)]
enum Step {
    Point(u8, Option<i64>, i32),
    Clear(Scope),
    Undo(usize),
    Purge(usize),
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        (1_i64..3).prop_map(|run| Scope::Run { session_id: RunId(run) }),
        (1_u8..4, any::<bool>())
            .prop_map(|(of, both)| Scope::Lane { laptop_id: lane(of), category: (!both).then_some(Category::Baja) }),
        Just(Scope::All),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u8..4, prop::option::of(1_i64..3), -1000..1000).prop_map(|(of, run, mm)| Step::Point(of, run, mm)),
        1 => scope().prop_map(Step::Clear),
        1 => any::<usize>().prop_map(Step::Undo),
        1 => any::<usize>().prop_map(Step::Purge),
    ]
}

proptest! {
    #[test]
    fn tallies_are_those_of_the_points_in_sight(steps in prop::collection::vec(step(), 1..60)) {
        let mut state = State::default();
        // The naive model: the points, and the clears that can be undone.
        let (mut all, mut clears): (Vec<Point>, Vec<(i64, Scope, Serial)>) = (Vec::new(), Vec::new());
        let (mut serial, mut id) = (0, 0);
        for step in steps {
            let open: Vec<i64> = state.clears.iter().map(|clear| clear.id).collect();
            match step {
                Step::Point(of, run, mm) => {
                    serial += 1;
                    let entry = point(serial, of, run, f64::from(mm) / 10.0);
                    state.apply(&entry);
                    if let Entry::Point { point, .. } = entry {
                        all.push(point);
                    }
                }
                Step::Clear(scope) => {
                    id += 1;
                    state.apply(&cleared(id, scope, serial));
                    clears.push((id, scope, serial));
                }
                Step::Undo(at) if !open.is_empty() => {
                    let clear = open[at % open.len()];
                    state.apply(&Entry::Undone { clear });
                    clears.retain(|(id, ..)| *id != clear);
                }
                Step::Purge(at) if !open.is_empty() => {
                    let clear = open[at % open.len()];
                    state.apply(&Entry::Purged { clear });
                    all.retain(|point| hider(&clears, point) != Some(clear));
                    clears.retain(|(id, ..)| *id != clear);
                }
                Step::Undo(_) | Step::Purge(_) => {}
            }
            let mut expected = std::collections::BTreeMap::<TallyKey, Tally>::new();
            for point in all.iter().filter(|point| hider(&clears, point).is_none()) {
                expected.entry(TallyKey::of(point)).or_default().add(point);
            }
            prop_assert_eq!(state.tallies.len(), expected.len());
            for (key, tally) in expected {
                let found = state.tallies[&key];
                prop_assert_eq!((found.count, found.max_distb), (tally.count, tally.max_distb));
                prop_assert!((found.avg_distb() - tally.avg_distb()).abs() < 1e-9);
            }
            for point in &all {
                prop_assert_eq!(state.hider(point), hider(&clears, point), "{:?}", point);
            }
        }
    }
}

/// The first clear that covers a point.
fn hider(clears: &[(i64, Scope, Serial)], point: &Point) -> Option<i64> {
    let covers = |(_, scope, last): &&(i64, Scope, Serial)| point.serial <= *last && scope.covers(&TallyKey::of(point));
    clears.iter().find(covers).map(|(id, ..)| *id)
}
