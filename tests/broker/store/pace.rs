//! How fast a database gets what it has missed.

use std::time::Duration;

use saluran::measurement::{Category, Entry, PointFilter};
use tokio::time::Instant;

use super::{Kind, Place, run, run_point, taken};

/// Points a second of eight lanes at 30 Hz.
const CONTEST: f64 = 240.0;

const POINTS: i64 = 30_000;

/// What was missed is made up for while the contest goes on: in a debug build and on a busy machine too.
#[expect(clippy::print_stdout, reason = "the numbers are worth knowing")]
async fn a_backlog_shrinks(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    let run = run(1, Category::Baja);
    let entries: Vec<Entry> =
        (1..=POINTS).map(|serial| taken(run_point(serial, &run, u32::try_from(serial % 60_000).unwrap()))).collect();
    rig.keep(&[Entry::RunStarted { run: run.clone() }]);
    rig.settle().await;
    let before = Instant::now();
    rig.keep(&entries);
    rig.settle().await;
    let rate = f64::from(u32::try_from(POINTS).unwrap()) / before.elapsed().as_secs_f64();
    println!("{kind:?}: {rate:.0} points a second");
    assert!(rate > CONTEST, "{kind:?}: only {rate:.0} points a second");
    let before = Instant::now();
    let read = rig.read(PointFilter::default()).await.unwrap();
    println!("{kind:?}: {} points read in {:?}", read.len(), before.elapsed());
    assert!(before.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_backlog_shrinks_on_sqlite() {
    a_backlog_shrinks(Kind::Embedded).await;
}

#[tokio::test]
async fn a_backlog_shrinks_on_postgres() {
    a_backlog_shrinks(Kind::Postgres).await;
}
