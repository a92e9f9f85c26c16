//! A whole broker whose database stops or hangs: cameras and pages do not notice, and nothing is lost.

use std::time::Duration;

use saluran::config::{Database, Secret};
use saluran::contest::DatabaseHealth;
use saluran::measurement::{Point, PointFilter};
use saluran::store::Unreadable;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _, Executor as _};
use tokio::time::{Instant, sleep};

use crate::support::{Client, ContestBroker, Postgres, lane_channel, within};

/// Time for a point to reach a page, on a busy machine.
const PROMPT: Duration = Duration::from_secs(2);

/// Sends points with these numbers as lane 1 and hears each of them on a page, at once.
async fn send_and_hear(contest: &ContestBroker, page: &mut Client, numbers: std::ops::RangeInclusive<i32>) {
    for number in numbers {
        let before = Instant::now();
        let point = json!({ "laptop_id": 1, "dista": 0, "distb": number });
        assert_eq!(contest.trigger("baja", 1, &point).await.status, 200);
        let message: Value = serde_json::from_str(&page.next().await).unwrap();
        let item: Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
        assert_eq!(item["distb"], json!(f64::from(number)));
        assert!(before.elapsed() < PROMPT, "{number} took {:?}", before.elapsed());
    }
}

async fn export(contest: &ContestBroker) -> Result<Vec<Point>, Unreadable> {
    let mut stream = contest.broker.contest().export(PointFilter::default()).await?;
    let mut points = Vec::new();
    while let Some(page) = stream.next().await? {
        points.extend(page);
    }
    Ok(points)
}

/// What was sent is in the database, once and in order, as soon as that works.
async fn assert_exported(contest: &ContestBroker, sent: i32) {
    let points = within("an export", async {
        loop {
            match export(contest).await {
                Ok(points) => break points,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    })
    .await;
    assert_eq!(
        points.iter().map(|point| point.distb).collect::<Vec<_>>(),
        (1..=sent).map(f64::from).collect::<Vec<_>>()
    );
}

async fn wait_for(contest: &ContestBroker, health: DatabaseHealth) {
    within("the database's light", async {
        while contest.broker.contest().lanes().await.unwrap().store.database != health {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn pages_hear_every_point_while_the_database_is_stopped() {
    let mut postgres = Postgres::start().await;
    let url = Secret::new(postgres.database().await);
    let contest = ContestBroker::with(|config| config.store.database = Database::Postgres(url)).await;
    let mut page = contest.page(&[&lane_channel("baja", 1)]).await;
    send_and_hear(&contest, &mut page, 1..=40).await;
    wait_for(&contest, DatabaseHealth::Ok).await;
    postgres.stop();
    send_and_hear(&contest, &mut page, 41..=80).await;
    wait_for(&contest, DatabaseHealth::Away).await;
    let away = export(&contest).await;
    assert!(matches!(away, Err(Unreadable::Away { .. })), "{away:?}");
    let backfill = contest.broker.contest().points(PointFilter::default(), 0, 1000).await.unwrap();
    assert_eq!(backfill.points.len(), 80, "pages are filled from memory meanwhile");
    postgres.resume().await;
    send_and_hear(&contest, &mut page, 81..=120).await;
    assert_exported(&contest, 120).await;
    wait_for(&contest, DatabaseHealth::Ok).await;
}

#[tokio::test]
async fn a_stalled_database_delays_no_page() {
    let contest = ContestBroker::start().await;
    let mut page = contest.page(&[&lane_channel("baja", 1)]).await;
    send_and_hear(&contest, &mut page, 1..=20).await;
    assert_exported(&contest, 20).await;
    let url = format!("sqlite://{}", contest.folder().join("saluran.db").display());
    let mut other = AnyConnection::connect(&url).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    send_and_hear(&contest, &mut page, 21..=120).await;
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert_eq!(lanes.store.behind, 100);
    other.execute("ROLLBACK").await.unwrap();
    assert_exported(&contest, 120).await;
}

/// Another start finds what the end of the last one left to the journal.
#[tokio::test]
async fn what_an_end_leaves_behind_is_written_by_the_next_start() {
    let mut postgres = Postgres::start().await;
    let url = Secret::new(postgres.database().await);
    let mut contest = ContestBroker::with(|config| config.store.database = Database::Postgres(url)).await;
    let mut page = contest.page(&[&lane_channel("baja", 1)]).await;
    postgres.stop();
    send_and_hear(&contest, &mut page, 1..=30).await;
    contest.restart().await;
    postgres.resume().await;
    assert_exported(&contest, 30).await;
}
