//! Databases that stop, hang, refuse, or are not ours: nothing is lost, reordered or written twice.

use std::fs;
use std::path::Path;
use std::time::Duration;

use saluran::config::{Database, Secret};
use saluran::measurement::{Category, Clear, Entry, Point, PointFilter, Scope, Team};
use saluran::store::{Journal, Standing, Unreadable};
use sqlx::{Connection as _, Executor as _, Row as _};
use tokio::time::{Instant, timeout};

use super::{Kind, Naive, Place, Rig, point, run, taken};

fn points(serials: std::ops::RangeInclusive<i64>) -> Vec<Entry> {
    serials.map(|serial| taken(point(serial))).collect()
}

async fn assert_points(rig: &Rig, serials: std::ops::RangeInclusive<i64>) {
    let expected: Vec<Point> = serials.map(point).collect();
    assert_eq!(rig.read(PointFilter::default()).await.unwrap(), expected);
}

#[tokio::test]
async fn a_database_that_stops_for_a_while_gets_everything_in_order() {
    let mut place = Place::new(Kind::Postgres).await;
    let mut rig = place.rig().await;
    rig.keep(&points(1..=500));
    rig.settle().await;
    place.postgres.as_mut().unwrap().stop();
    rig.keep(&points(501..=900));
    let reason = rig.away().await;
    for secret in ["unasked", "127.0.0.1", "saluran:", "postgres://"] {
        assert!(!reason.contains(secret), "{reason}");
    }
    let read = rig.read(PointFilter::default()).await;
    assert!(matches!(read, Err(Unreadable::Away { .. })), "{read:?}");
    let late = rig.reader().caught_up(rig.last(), Instant::now()).await;
    assert!(matches!(late, Err(Unreadable::Away { .. })), "{late:?}");
    rig.keep(&points(901..=2500));
    assert_eq!(rig.started().progress.borrow().standing(rig.last()), Standing::Away);
    place.postgres.as_mut().unwrap().resume().await;
    rig.settle().await;
    assert_eq!(rig.started().progress.borrow().standing(rig.last()), Standing::Ok);
    assert_points(&rig, 1..=2500).await;
}

#[tokio::test]
async fn a_start_does_not_wait_for_the_database() {
    let mut place = Place::new(Kind::Postgres).await;
    let url = place.postgres.as_ref().unwrap().database().await;
    place.postgres.as_mut().unwrap().stop();
    let before = Instant::now();
    let mut rig = Rig::start(Database::Postgres(Secret::new(url)));
    assert!(before.elapsed() < Duration::from_secs(1));
    rig.keep(&points(1..=10));
    rig.away().await;
    let early = rig.reader().probe().await;
    assert!(matches!(early, Err(Unreadable::Away { .. })), "{early:?}");
    place.postgres.as_mut().unwrap().resume().await;
    rig.settle().await;
    assert_points(&rig, 1..=10).await;
    let told = format!("{:?} {:?}", rig.started(), rig.config);
    assert!(!told.contains("unasked"), "{told}");
}

/// Ends of the store do not wait for a database that is not there.
#[tokio::test]
async fn an_end_does_not_wait_for_a_database_that_is_away() {
    let mut rig = Rig::start(Database::Postgres(Secret::new("postgres://saluran@127.0.0.1:1/none")));
    rig.keep(&points(1..=10));
    rig.away().await;
    let before = Instant::now();
    rig.started.take().unwrap().thread.stop(Duration::from_secs(20));
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
}

#[tokio::test]
async fn what_is_kept_is_written_before_an_end() {
    let mut rig = Place::new(Kind::Embedded).await.rig().await;
    rig.keep(&points(1..=10));
    rig.settle().await;
    rig.keep(&points(11..=3000));
    let progress = rig.started().progress.clone();
    rig.started.take().unwrap().thread.stop(Duration::from_secs(20));
    assert_eq!(progress.borrow().applied, 3000);
}

/// Ended while it writes, again and again: each point is there once.
async fn ends_in_the_midst_cost_nothing(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    for round in 0..5 {
        rig.keep(&points(round * 3000 + 1..=round * 3000 + 3000));
        let mut progress = rig.started().progress.clone();
        let begun = u64::try_from(round).unwrap() * 3000;
        timeout(Duration::from_secs(30), progress.wait_for(|progress| progress.applied > begun))
            .await
            .unwrap()
            .unwrap();
        rig.kill();
        rig.open();
    }
    rig.settle().await;
    assert_points(&rig, 1..=15_000).await;
}

#[tokio::test]
async fn ends_in_the_midst_cost_nothing_on_sqlite() {
    ends_in_the_midst_cost_nothing(Kind::Embedded).await;
}

#[tokio::test]
async fn ends_in_the_midst_cost_nothing_on_postgres() {
    ends_in_the_midst_cost_nothing(Kind::Postgres).await;
}

/// Another connection holds a lock until the writer gives up; then everything goes on.
async fn a_stalled_database_loses_nothing(kind: Kind, lock: &'static str) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    rig.keep(&points(1..=100));
    rig.settle().await;
    let mut other = rig.other().await;
    other.execute(lock).await.unwrap();
    rig.keep(&points(101..=200));
    // What others read does not wait for it.
    assert_points(&rig, 1..=100).await;
    rig.away().await;
    rig.keep(&points(201..=300));
    other.execute("ROLLBACK").await.unwrap();
    rig.settle().await;
    assert_points(&rig, 1..=300).await;
}

#[tokio::test]
async fn a_stalled_sqlite_loses_nothing() {
    a_stalled_database_loses_nothing(Kind::Embedded, "BEGIN IMMEDIATE").await;
}

#[tokio::test]
async fn a_stalled_postgres_loses_nothing() {
    a_stalled_database_loses_nothing(Kind::Postgres, "BEGIN; LOCK TABLE points IN SHARE ROW EXCLUSIVE MODE").await;
}

/// Of what a database refuses for its content, the rest goes on; the entry stands aside, whole.
async fn a_refused_entry_stops_nothing(kind: Kind, refused: Entry) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    rig.keep(&points(1..=50));
    rig.settle().await;
    rig.keep(&[points(51..=60), vec![refused.clone()], points(61..=70)].concat());
    rig.settle().await;
    assert_points(&rig, 1..=70).await;
    let mut other = rig.other().await;
    let aside = sqlx::query("SELECT seq, entry FROM passed_over").fetch_all(&mut other).await.unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].get::<i64, _>(0), 61);
    assert_eq!(serde_json::from_str::<Entry>(&aside[0].get::<String, _>(1)).unwrap(), refused);
}

#[tokio::test]
async fn a_refused_entry_stops_nothing_on_sqlite() {
    a_refused_entry_stops_nothing(Kind::Embedded, taken(point(7))).await;
}

#[tokio::test]
async fn a_refused_entry_stops_nothing_on_postgres() {
    a_refused_entry_stops_nothing(Kind::Postgres, taken(point(7))).await;
}

#[tokio::test]
async fn a_text_that_postgres_cannot_hold_stops_nothing() {
    let team = Team { laptop_id: point(1).lane, category: Category::Baja, nama_tim: "a\0b".into() };
    a_refused_entry_stops_nothing(Kind::Postgres, Entry::Teams { teams: vec![team] }).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_and_can_be_taken_away() {
    let mut rig = Place::new(Kind::Embedded).await.rig().await;
    rig.keep(&points(1..=10));
    rig.settle().await;
    rig.kill();
    rig.remove_database();
    fs::write(rig.file(), "no database at all, but long enough to be one".repeat(100)).unwrap();
    rig.open();
    rig.keep(&points(11..=20));
    assert_eq!(rig.away().await, "file is not a database");
    fs::remove_file(rig.file()).unwrap();
    // The journal still has all of it.
    rig.settle().await;
    assert_points(&rig, 1..=20).await;
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_told() {
    let mut rig = Place::new(Kind::Embedded).await.rig().await;
    rig.settle().await;
    rig.kill();
    rig.remove_database();
    fs::create_dir(rig.file()).unwrap();
    rig.open();
    rig.keep(&points(1..=5));
    assert_eq!(rig.away().await, "unable to open database file");
    fs::remove_dir(rig.file()).unwrap();
    rig.settle().await;
    assert_points(&rig, 1..=5).await;
}

#[tokio::test]
async fn a_database_of_another_contest_is_left_alone() {
    let place = Place::new(Kind::Postgres).await;
    let mut first = place.rig().await;
    first.keep(&points(1..=100));
    first.settle().await;
    let mut second = Rig::start(first.config.database.clone());
    second.keep(&points(1..=3));
    let reason = second.away().await;
    assert!(reason.contains("another contest"), "{reason}");
    let read = second.reader().probe().await;
    assert!(matches!(read, Err(Unreadable::Away { .. })), "{read:?}");
    first.keep(&points(101..=110));
    first.settle().await;
    assert_points(&first, 1..=110).await;
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A loss of power takes the journal's last second, which the database has already: it goes back too, since
/// whoever comes next counts on from what the journal has.
async fn a_database_ahead_of_its_journal_goes_back(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    let mut naive = Naive::default();
    // The second takes over what the first gives back, and is undone in the second that is lost.
    let covering = |id, scope, last| Entry::Cleared { clear: Clear::new(id, scope, last, 1, 2) };
    let lane = |serial| Scope::Lane { laptop_id: point(serial).lane, category: None };
    let clears = vec![covering(1, lane(1), 70), covering(2, Scope::All, 70), Entry::Undone { clear: 1 }];
    let run_one = Entry::RunStarted { run: run(1, Category::Baja) };
    let before = [vec![run_one], points(1..=70), clears, points(71..=100)].concat();
    rig.keep(&before);
    before.iter().for_each(|entry| naive.apply(entry));
    rig.settle().await;
    let journal = rig.config.folder.join("journal");
    let saved = rig.config.folder.join("saved");
    copy(&journal, &saved);
    rig.keep(&[points(101..=150), vec![Entry::RunStarted { run: run(2, Category::Beton) }]].concat());
    rig.keep(&[Entry::Undone { clear: 2 }, covering(3, Scope::All, 150)]);
    rig.settle().await;
    rig.kill();
    fs::remove_dir_all(&journal).unwrap();
    copy(&saved, &journal);
    rig.open();
    let after = points(101..=120);
    rig.keep(&after);
    after.iter().for_each(|entry| naive.apply(entry));
    rig.settle().await;
    let filter = PointFilter::default();
    assert_eq!(rig.read(filter.clone()).await.unwrap(), naive.read(&filter));
    naive.assert_tables(&mut rig.other().await).await;
}

#[tokio::test]
async fn a_database_ahead_of_its_journal_goes_back_on_sqlite() {
    a_database_ahead_of_its_journal_goes_back(Kind::Embedded).await;
}

#[tokio::test]
async fn a_database_ahead_of_its_journal_goes_back_on_postgres() {
    a_database_ahead_of_its_journal_goes_back(Kind::Postgres).await;
}

/// The journal has forgotten what the first database has; the second gets what there is, and all runs and teams.
#[tokio::test]
async fn a_database_that_comes_later_knows_runs_and_teams() {
    let mut rig = Place::new(Kind::Embedded).await.rig().await;
    rig.kill();
    let mut opened = Journal::open(&rig.config.folder, 1 << 20).unwrap();
    let team = Team { laptop_id: point(1).lane, category: Category::Baja, nama_tim: "Baru".into() };
    let begin = [Entry::RunStarted { run: run(1, Category::Baja) }, Entry::Teams { teams: vec![team] }];
    let mut naive = Naive::default();
    for entry in begin.iter().cloned().chain(points(1..=1500)) {
        opened.journal.append(std::slice::from_ref(&entry)).unwrap();
        std::sync::Arc::make_mut(&mut opened.state).apply(&entry);
        naive.apply(&entry);
    }
    let first = rig.config.folder.join("journal/00000000000000000001.log");
    let deadline = Instant::now() + Duration::from_secs(20);
    while first.exists() {
        assert!(Instant::now() < deadline, "the journal forgets nothing");
        opened.journal.release(1000, &opened.state);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(opened);
    rig.remove_database();
    rig.open();
    rig.keep(&points(1501..=1510));
    rig.settle().await;
    let read = rig.read(PointFilter::default()).await.unwrap();
    assert!(read.len() > 500 && read.len() < 1510, "{}", read.len());
    assert_eq!(read.last(), Some(&point(1510)));
    let mut other = rig.other().await;
    let name = "SELECT nama_tim FROM teams WHERE laptop_id = 2 AND category = 'baja'";
    assert_eq!(sqlx::query(name).fetch_one(&mut other).await.unwrap().get::<String, _>(0), "Baru");
    let runs = sqlx::query("SELECT id FROM sessions").fetch_all(&mut other).await.unwrap();
    assert_eq!(runs.len(), naive.state.runs.len());
    other.close().await.unwrap();
}
