//! Whatever happens in whatever order, the database has what the journal has.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use saluran::measurement::{
    Category, Clear, EndedBy, Entry, Frequency, Lane, PointFilter, RunId, Scope, Sorting, State, Stop, Team,
};

use super::{Kind, Naive, Place, Rig, point, run, run_point, taken};

#[derive(Debug, Clone)]
enum Step {
    /// So many points, of the run that goes on if there is one.
    Points(u8),
    Start(bool),
    Stop,
    Rename(u8, String),
    Clear(u8),
    Undo(u8),
    Purge,
    /// The store ends in the midst, and starts again.
    Kill,
    /// The database gets time to catch up.
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u8..60).prop_map(Step::Points),
        2 => any::<bool>().prop_map(Step::Start),
        1 => Just(Step::Stop),
        1 => (0_u8..16, "[a-zé' \"]{0,8}").prop_map(|(team, name)| Step::Rename(team, name)),
        2 => any::<u8>().prop_map(Step::Clear),
        2 => any::<u8>().prop_map(Step::Undo),
        1 => Just(Step::Purge),
        1 => Just(Step::Kill),
        1 => Just(Step::Settle),
    ]
}

fn scope(choice: u8, state: &State) -> Scope {
    let lane = Lane::try_from(choice % 8 + 1).unwrap();
    match choice % 5 {
        0 | 1 => Scope::Run { session_id: state.runs.keys().last().copied().unwrap_or(RunId(1)) },
        2 => Scope::Lane { laptop_id: lane, category: None },
        3 => Scope::Lane { laptop_id: lane, category: Some(Category::Beton) },
        _ => Scope::All,
    }
}

/// What the contest would keep for a step, by what holds.
fn entries(step: &Step, state: &State) -> Vec<Entry> {
    match step {
        Step::Points(count) => {
            let first = state.last_serial + 1;
            let of = |serial: i64| match state.running() {
                Some(run) => run_point(serial, run, u32::try_from(serial % 60_000).unwrap()),
                None => point(serial),
            };
            (0..i64::from(*count)).map(|n| taken(of(first + n))).collect()
        }
        Step::Start(is_beton) if state.running().is_none() => {
            let category = if *is_beton { Category::Beton } else { Category::Baja };
            vec![Entry::RunStarted { run: run(state.next_run().0, category) }]
        }
        Step::Stop => state.running().map_or_else(Vec::new, |run| {
            let stop = Stop { at_ms: run.started_at_ms + 35_400, duration_ms: 35_400, by: EndedBy::Collapse };
            vec![Entry::RunStopped { run: run.id, stop }]
        }),
        Step::Rename(team, name) => {
            let team = state.teams.list()[usize::from(*team)].clone();
            vec![Entry::Teams { teams: vec![Team { nama_tim: name.as_str().into(), ..team }] }]
        }
        Step::Clear(choice) => {
            let scope = scope(*choice, state);
            let clear = Clear::new(state.last_clear + 1, scope, state.last_serial, 1, 2);
            vec![Entry::Cleared { clear }]
        }
        Step::Undo(choice) if !state.clears.is_empty() => {
            let clear = state.clears[usize::from(*choice) % state.clears.len()].id;
            vec![Entry::Undone { clear }]
        }
        // The oldest is the first whose time is over.
        Step::Purge => state.clears.first().map(|clear| Entry::Purged { clear: clear.id }).into_iter().collect(),
        Step::Start(_) | Step::Undo(_) | Step::Kill | Step::Settle => Vec::new(),
    }
}

fn filters() -> Vec<PointFilter> {
    let lanes = |numbers: &[u8]| numbers.iter().map(|lane| Lane::try_from(*lane).unwrap()).collect::<Vec<_>>();
    let mut filters = Vec::new();
    for sorting in [Sorting::Arrival, Sorting::Time, Sorting::Run] {
        let all = PointFilter { sorting, ..PointFilter::default() };
        filters.extend([
            all.clone(),
            PointFilter { lanes: lanes(&[3]), ..all.clone() },
            PointFilter { lanes: lanes(&[1, 8]), category: Some(Category::Beton), ..all.clone() },
            PointFilter { of_ended_runs: true, ..all.clone() },
            PointFilter { run: Some(RunId(1)), frequency: Some(Frequency::of(2.5).unwrap()), ..all.clone() },
            PointFilter { from_ms: Some(point(20).at_ms), to_ms: Some(point(90).at_ms), ..all },
        ]);
    }
    filters
}

async fn hold(rig: &mut Rig, steps: &[Step]) {
    let mut naive = Naive::default();
    for step in steps {
        let entries = entries(step, &naive.state);
        entries.iter().for_each(|entry| naive.apply(entry));
        if !entries.is_empty() {
            rig.keep(&entries);
        }
        if matches!(step, Step::Kill) {
            rig.kill();
            rig.open();
        } else if matches!(step, Step::Settle) {
            rig.settle().await;
        }
    }
    rig.settle().await;
    for filter in filters() {
        assert_eq!(rig.read(filter.clone()).await.unwrap(), naive.read(&filter), "{filter:?}");
    }
    naive.assert_tables(&mut rig.other().await).await;
}

fn holds_on(kind: Kind, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = runtime.block_on(Place::new(kind));
    let config = Config { cases, max_shrink_iters: 50, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(step(), 1..40);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let mut rig = place.rig().await;
            hold(&mut rig, &steps).await;
        });
        Ok(())
    });
    drop(place);
    outcome.unwrap();
}

#[test]
fn sqlite_has_what_the_journal_has() {
    holds_on(Kind::Embedded, 24);
}

#[test]
fn postgres_has_what_the_journal_has() {
    holds_on(Kind::Postgres, 16);
}
