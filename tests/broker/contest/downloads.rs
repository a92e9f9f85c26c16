//! Files of any size, clients that go away, and a database that is not there.

use std::time::Duration;

use saluran::config::{Database, Secret};
use saluran::contest::{Origin, Path};
use saluran::measurement::Reading;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ContestBroker, Response, judge, viewer, within};

const BASE: &str = "/api/v2/contest";

/// More than any page, and more than the kernel takes for a client that does not read.
const POINTS: usize = 12_000;

async fn get(contest: &ContestBroker, path: &str) -> Response {
    contest.broker.get_as(&viewer(), &format!("{BASE}{path}")).await
}

/// Points of lane 1, their distb counting up from 0.
async fn fill(contest: &ContestBroker) {
    let reading = |number: usize| Reading {
        lane: 1.try_into().unwrap(),
        dista: 0.0,
        distb: number as f64,
        is_a_detected: true,
        is_b_detected: true,
        mark: None,
        age: Duration::ZERO,
    };
    let origin = Origin { path: Path::Trigger, client: None };
    for start in (0..POINTS).step_by(500) {
        let readings = (start..start + 500).map(reading).collect();
        contest.broker.contest().submit_all(readings, origin).await.unwrap();
    }
}

/// Waits until the database has caught up, then gives the file.
async fn whole(contest: &ContestBroker, path: &str) -> String {
    within("the whole file", async {
        loop {
            let answer = get(contest, path).await;
            if answer.status == 200 {
                return answer.body;
            }
            assert_eq!(answer.status, 503, "{}", answer.body);
            assert!(answer.header("retry-after").is_some());
        }
    })
    .await
}

fn in_order(text: &str, column: usize) {
    let numbers: Vec<f64> =
        text.lines().skip(1).map(|line| line.split(',').nth(column).unwrap().parse().unwrap()).collect();
    assert_eq!(numbers.len(), POINTS);
    assert!(numbers.iter().enumerate().all(|(at, number)| *number == at as f64));
}

/// All rows, in order; and clients that stop reading in the middle cost nobody else anything.
#[tokio::test]
async fn a_file_of_any_size_survives_clients_that_go_away() {
    let contest = ContestBroker::start().await;
    fill(&contest).await;
    in_order(&whole(&contest, "/exports/points.csv").await, 11);
    // Free points have a row for both teams of their lane, one after the other.
    let realtime = whole(&contest, "/exports/realtime.csv").await;
    assert_eq!(realtime.lines().count(), 1 + 2 * POINTS);
    let mut silent = Vec::new();
    for number in 0..24 {
        let mut stream = TcpStream::connect(contest.broker.address).await.unwrap();
        let head = format!(
            "GET {BASE}/exports/points.csv HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            viewer()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        within("the first bytes", stream.read_exact(&mut first)).await.unwrap();
        // Half of them hang up, half stay and read no more.
        if number % 2 == 0 {
            silent.push(stream);
        }
    }
    let answer = get(&contest, "/state").await;
    assert_eq!(answer.status, 200);
    drop(silent);
    in_order(&whole(&contest, "/exports/points.csv").await, 11);
}

/// Points of a full day in pages by number: each once, in order.
#[tokio::test]
async fn all_points_come_page_by_page() {
    let contest = ContestBroker::start().await;
    fill(&contest).await;
    let mut after = json!(0);
    let mut next_distb = 0.0;
    while !after.is_null() {
        let page = get(&contest, &format!("/points?after={after}&limit=7000")).await.json();
        for point in page["points"].as_array().unwrap() {
            assert_eq!(point[5], json!(next_distb));
            next_distb += 1.0;
        }
        after = page["next"].clone();
    }
    assert_eq!(next_distb, POINTS as f64);
}

/// Files need the database; what goes on does not. Nobody is told its address or its password.
#[tokio::test]
async fn without_a_database_files_wait_and_the_rest_goes_on() {
    // A port that is taken by nobody who speaks PostgreSQL, and is free again.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let contest = ContestBroker::with(|config| {
        config.store.database =
            Database::Postgres(Secret::new(format!("postgres://judge:hush-hush@127.0.0.1:{port}/contest")));
    })
    .await;
    let point = json!({ "laptop_id": 1, "dista": 0, "distb": 5 });
    assert_eq!(contest.trigger("baja", 1, &point).await.status, 200);
    for path in ["/exports/points.csv", "/exports/realtime.csv", "/exports/session.csv"] {
        let answer = get(&contest, path).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
        assert!(answer.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()), "{path}");
        assert!(answer.json()["reason"].as_str().unwrap().starts_with("database_"), "{path}: {}", answer.body);
        assert!(!answer.body.contains("hush") && !answer.body.contains(&port.to_string()), "{}", answer.body);
    }
    assert_eq!(get(&contest, "/points").await.json()["points"][0][5], 5.0);
    assert_eq!(get(&contest, "/statistics").await.json()["statistics"][0]["max_distb"], 5.0);
    assert_eq!(get(&contest, "/exports/ranking.xlsx").await.status, 200);
    let tested = contest.broker.post_as(&judge(), &format!("{BASE}/self-test"), "").await.json();
    let steps: Vec<_> = tested["steps"].as_array().unwrap().iter().map(|step| step["ok"].clone()).collect();
    assert_eq!((&tested["ok"], steps), (&json!(false), vec![json!(true), json!(false), json!(true), json!(true)]));
}
