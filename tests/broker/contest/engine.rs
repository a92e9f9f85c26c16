//! Runs: one at a time, ended by the server, alive across restarts.

use std::time::Duration;

use saluran::contest::{NotDone, Replace};
use saluran::measurement::{Category, EndedBy, Frequency, Lane, PointFilter, RunId, Scope};
use serde_json::{Value, json};

use crate::support::{Client, ContestBroker, within};

fn frequency(hertz: f64) -> Frequency {
    Frequency::of(hertz).unwrap()
}

/// The data of the next `state`, whatever comes before it.
async fn state(page: &mut Client) -> Value {
    loop {
        let message: Value = serde_json::from_str(&page.next().await).unwrap();
        if message["event"] == "state" {
            return serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
        }
    }
}

/// Waits until the state says so.
async fn until(page: &mut Client, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    within(what, async {
        loop {
            let state = state(page).await;
            if is_it(&state) {
                return state;
            }
        }
    })
    .await
}

async fn send(contest: &ContestBroker, lane: u8, distb: f64) {
    let point = json!({ "laptop_id": lane, "dista": 0, "distb": distb });
    assert_eq!(contest.trigger("baja", lane, &point).await.status, 200);
}

/// E3, C1-14: nobody but the server ends a run, and pages are told.
#[tokio::test]
async fn a_run_ends_by_itself() {
    let contest = ContestBroker::with_runs_of(Duration::from_secs(1)).await;
    let mut page = contest.page(&["private-session"]).await;
    contest.broker.contest().start(Category::Baja, frequency(1.5), Replace::No).await.unwrap();
    let told = until(&mut page, "the end", |state| state["last"].is_object()).await;
    assert_eq!((&told["session"], &told["last"]["ended_by"]), (&json!(null), &json!("time")));
    assert_eq!((&told["last"]["auto_stopped"], &told["last"]["duration_seconds"]), (&json!(true), &json!(1)));
}

/// A3.1: at most one run goes on.
#[tokio::test]
async fn two_judges_start_one_run() {
    let contest = ContestBroker::start().await;
    let handle = contest.broker.contest();
    let start = || handle.start(Category::Baja, frequency(1.5), Replace::No);
    let (one, other) = tokio::join!(start(), start());
    assert!(one.is_ok() != other.is_ok());
    let refused = one.err().or_else(|| other.err()).unwrap();
    assert!(matches!(refused, NotDone::Running(_)), "{refused}");
    let next = handle.start(Category::Beton, frequency(5.5), Replace::Yes).await.unwrap();
    let state = handle.state().await.unwrap();
    assert_eq!(
        (state.current, state.runs[&RunId(1)].stop.map(|stop| stop.by)),
        (Some(next.id), Some(EndedBy::Replaced))
    );
}

/// E8: a collapse keeps the partial data and its duration.
#[tokio::test]
async fn a_collapse_is_no_end_by_time() {
    let contest = ContestBroker::start().await;
    let handle = contest.broker.contest();
    handle.start(Category::Baja, frequency(1.5), Replace::No).await.unwrap();
    send(&contest, 1, 12.5).await;
    let run = handle.stop(None, EndedBy::Collapse).await.unwrap();
    assert!(run.collapsed() && !run.auto_stopped());
    let state = handle.state().await.unwrap();
    assert_eq!(state.tallies.values().map(|tally| (tally.count, tally.max_distb)).collect::<Vec<_>>(), [(1, 12.5)]);
    assert!(matches!(handle.stop(None, EndedBy::Judge).await, Err(NotDone::NotRunning)));
    assert!(matches!(handle.stop(Some(run.id), EndedBy::Judge).await, Err(NotDone::Over(_))));
    assert!(matches!(handle.stop(Some(RunId(9)), EndedBy::Judge).await, Err(NotDone::UnknownRun(9))));
}

/// Pages that come late know all (C1-11).
#[tokio::test]
async fn late_pages_know_the_whole_state() {
    let contest = ContestBroker::start().await;
    let handle = contest.broker.contest();
    handle.realtime(false, None).await.unwrap();
    handle.select(Category::Beton, Some(frequency(4.5))).await.unwrap();
    handle.freeze(true).await.unwrap();
    handle.start(Category::Beton, frequency(4.5), Replace::No).await.unwrap();
    let mut page = contest.page(&["private-session"]).await;
    let told = until(&mut page, "the state that was retained", |state| state["session"].is_object()).await;
    assert_eq!((&told["category"], &told["frequency"], &told["frozen"]), (&json!("beton"), &json!(4.5), &json!(true)));
    assert_eq!((&told["realtime"]["enabled"], &told["session"]["status"]), (&json!(false), &json!("running")));
}

#[tokio::test]
async fn a_run_goes_on_after_a_restart_and_its_points_are_there() {
    let mut contest = ContestBroker::start().await;
    contest.broker.contest().start(Category::Baja, frequency(1.5), Replace::No).await.unwrap();
    send(&contest, 1, 3.0).await;
    let before = contest.broker.contest().state().await.unwrap();
    contest.restart().await;
    let after = contest.broker.contest().state().await.unwrap();
    assert_eq!(after, before);
    send(&contest, 1, 5.0).await;
    let page = contest.broker.contest().points(PointFilter::default(), 0, 10).await.unwrap();
    let told: Vec<_> = page.points.iter().map(|point| (point.serial, point.run, point.distb)).collect();
    assert_eq!(told, [(1, Some(RunId(1)), 3.0), (2, Some(RunId(1)), 5.0)]);
}

#[tokio::test]
async fn a_run_that_was_over_meanwhile_ends_honestly() {
    let mut contest = ContestBroker::with_runs_of(Duration::from_millis(1000)).await;
    contest.broker.contest().start(Category::Baja, frequency(1.5), Replace::No).await.unwrap();
    contest.broker.shutdown().await;
    tokio::time::sleep(Duration::from_millis(1000)).await;
    contest.restart().await;
    let state = contest.broker.contest().state().await.unwrap();
    let stop = state.runs[&RunId(1)].stop.unwrap();
    assert_eq!((state.current, stop.by, stop.duration_ms), (None, EndedBy::Restart, 1000));
}

/// D1: a clear takes one lane, pages follow, and it can be undone.
#[tokio::test]
async fn a_clear_can_be_undone_for_a_while() {
    let contest = ContestBroker::with(|config| config.contest.undo = Duration::from_secs(2)).await;
    let handle = contest.broker.contest();
    handle.start(Category::Baja, frequency(1.5), Replace::No).await.unwrap();
    send(&contest, 1, 3.0).await;
    send(&contest, 2, 4.0).await;
    let lane = Scope::Lane { laptop_id: Lane::try_from(1).unwrap(), category: None };
    let cleared = handle.clear(lane).await.unwrap();
    assert_eq!((cleared.points, cleared.statistics, cleared.sessions_stopped), (1, 1, 0));
    let serials = async || {
        let page = handle.points(PointFilter::default(), 0, 10).await.unwrap();
        page.points.iter().map(|point| point.serial).collect::<Vec<_>>()
    };
    assert_eq!(serials().await, [2]);
    assert_eq!(handle.undo(cleared.clear_id).await.unwrap(), 1);
    assert_eq!(serials().await, [1, 2]);
    let all = handle.clear(Scope::All).await.unwrap();
    assert_eq!((all.points, all.sessions_stopped), (2, 1));
    within("the end of the time for undoing", async {
        while !handle.state().await.unwrap().clears.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(matches!(handle.undo(all.clear_id).await, Err(NotDone::Expired(_))));
    assert!(serials().await.is_empty());
}

/// C1-16: the category is locked while a run goes on.
#[tokio::test]
async fn the_category_is_locked_in_a_run() {
    let contest = ContestBroker::start().await;
    let handle = contest.broker.contest();
    handle.start(Category::Baja, frequency(1.5), Replace::No).await.unwrap();
    assert!(matches!(handle.select(Category::Beton, None).await, Err(NotDone::Locked(_))));
    handle.stop(None, EndedBy::Judge).await.unwrap();
    handle.select(Category::Beton, None).await.unwrap();
    assert_eq!(handle.state().await.unwrap().category, Category::Beton);
}

/// The journal's bound: senders are told, and nothing that was taken is lost.
#[tokio::test]
async fn a_full_store_refuses_points_and_says_so() {
    let contest = ContestBroker::with(|config| config.store.journal_bytes = 2000).await;
    let point = json!({ "laptop_id": 1, "dista": 0, "distb": 1 });
    let mut taken = 0;
    let refused = loop {
        let response = contest.trigger("baja", 1, &point).await;
        if response.status != 200 {
            break response;
        }
        taken += 1;
    };
    assert_eq!((refused.status, &refused.json()["rule"]), (503, &json!("store_full")));
    assert!(refused.header("retry-after").is_some());
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert_eq!((lanes.lanes[0].stored, lanes.store.full), (taken, true));
    let page = contest.broker.contest().points(PointFilter::default(), 0, 100).await.unwrap();
    assert_eq!(page.points.len() as u64, taken);
}
