//! Several nodes share the contest: each takes points and wishes, one owns the clock.

use std::time::Duration;

use saluran::contest::Replace;
use saluran::measurement::{Category, EndedBy, Frequency, PointFilter};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{Camera, Client, ContestBroker, Hall, HttpConnection, TAKE_OVER, lane_channel, points, viewer};

async fn export(node: &ContestBroker) -> Vec<(u8, u64)> {
    let until = Instant::now() + TAKE_OVER;
    loop {
        let answer = node.broker.get_as(&viewer(), "/api/v2/contest/exports/points.csv").await;
        if answer.status == 200 {
            return points(&answer.body);
        }
        // A database that was away is looked for again in a moment.
        assert!(answer.status == 503 && Instant::now() < until, "{}", answer.body);
        sleep(Duration::from_millis(50)).await;
    }
}

/// The data of the next event of this name.
async fn told(page: &mut Client, event: &str) -> Value {
    loop {
        let message: Value = serde_json::from_str(&page.next().await).unwrap();
        if message["event"] == event {
            return serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
        }
    }
}

async fn ready(node: &ContestBroker) -> String {
    HttpConnection::open(node.broker.admin).await.request("GET", "/readyz", &[], b"").await.body
}

/// Waits until one of the nodes takes points, as far as this one knows.
async fn taken(camera: &mut Camera, client: &mut Client) -> Duration {
    let start = Instant::now();
    camera.send(client).await;
    start.elapsed()
}

#[tokio::test]
async fn points_at_three_nodes_arrive_once_each_and_in_order() {
    let hall = Hall::start(3).await;
    let channels = [1, 2, 3].map(|lane| lane_channel("baja", lane));
    let mut page = hall.nodes[2].page(&channels.each_ref().map(String::as_str)).await;
    let sending = hall.nodes.iter().zip(1..).map(async |(node, lane)| {
        let (mut client, mut camera) = (node.raw().await, Camera::new(lane));
        for _ in 0..30 {
            camera.send(&mut client).await;
        }
        // Again, as when an answer was lost: known, and not kept twice.
        camera.seq -= 1;
        let again = camera.try_send(&mut client).await;
        assert_eq!((&again["ok"], &again["duplicate"]), (&json!(true), &json!(true)));
    });
    futures_util::future::join_all(sending).await;
    let mut heard = [0; 3];
    for _ in 0..90 {
        let point = told(&mut page, "new-data").await;
        let lane = usize::try_from(point["laptop_id"].as_u64().unwrap()).unwrap() - 1;
        assert_eq!(point["distb"], f64::from(heard[lane]), "a lane's points come in order");
        heard[lane] += 1;
    }
    assert_eq!(heard, [30; 3]);
    page.quiet().await;
    for node in &hall.nodes {
        let all = export(node).await;
        for lane in 1..=3 {
            let of_lane: Vec<u64> = all.iter().filter(|(at, _)| *at == lane).map(|(_, distb)| *distb).collect();
            assert_eq!(of_lane, (0..30).collect::<Vec<_>>());
        }
        let state = node.broker.contest().state().await.unwrap();
        assert_eq!(state.last_serial, 90);
        let page = node.broker.contest().points(PointFilter::default(), 0, 100).await.unwrap();
        assert_eq!(page.points.iter().map(|point| point.serial).collect::<Vec<_>>(), (1..=90).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_judge_a_page_and_a_camera_at_three_nodes_meet_in_one_run() {
    let hall = Hall::with(3, |config| config.contest.run = Duration::from_secs(3)).await;
    let owner = hall.owner().await;
    let [judge, screen] = [1, 2].map(|step| &hall.nodes[(owner + step) % 3]);
    let mut page = screen.page(&["private-session"]).await;
    let mut old = screen.raw().await;
    let run = judge.run().await;
    let state = told(&mut page, "session-started").await;
    assert_eq!(state["session_id"], json!(run.id));
    assert_eq!(old.hear_type("session_started").await["session_id"], json!(run.id));
    let mut client = hall.nodes[owner].raw().await;
    let answer = Camera::new(4).send(&mut client).await;
    assert_eq!((&answer["mode"], &answer["serial"]), (&json!("recording"), &json!(1)));
    // Raw clients of other nodes hear the point, too.
    assert_eq!(old.hear_type("new_data").await["data"][0]["laptop_id"], 4);
    let ended = told(&mut page, "session-stopped").await;
    assert_eq!((&ended["ended_by"], &ended["duration_seconds"]), (&json!("time"), &json!(3)));
    let run = judge.broker.contest().state().await.unwrap().runs[&run.id].clone();
    assert_eq!(run.stop.map(|stop| (stop.by, stop.duration_ms)), Some((EndedBy::Time, 3000)));
    // Refusals come back with what they say.
    let started = judge.broker.contest().start(Category::Baja, Frequency::default(), Replace::No).await.unwrap();
    let refused = screen.broker.contest().start(Category::Baja, Frequency::default(), Replace::No).await;
    assert_eq!(refused.unwrap_err().to_string(), format!("run {} is still going on: stop it first", started.id.0));
}

#[tokio::test]
async fn everybody_says_who_owns_the_contest() {
    let hall = Hall::start(2).await;
    let owner = hall.owner().await;
    let (here, there) = (&hall.nodes[owner], &hall.nodes[1 - owner]);
    let name = here.broker.contest().owner().unwrap().name.unwrap();
    assert!(name.ends_with(&format!(":{}", here.broker.address.port())), "{name}");
    assert!(ready(here).await.contains(&format!("contest: owned here, by {name}\n")));
    assert!(ready(there).await.contains(&format!("contest: owned by {name}\n")));
    assert_eq!(there.broker.contest().lanes().await.unwrap().owner.as_deref(), Some(&*name));
    assert_eq!(here.broker.metric("saluran_contest_owner").await, 1.0);
    assert_eq!(there.broker.metric("saluran_contest_owner").await, 0.0);
}

#[tokio::test]
async fn an_owner_that_goes_leaves_the_contest_to_another_at_once() {
    let mut hall = Hall::start(2).await;
    let owner = hall.owner().await;
    let mut camera = Camera::new(1);
    let mut client = hall.nodes[1 - owner].raw().await;
    camera.send(&mut client).await;
    let run = hall.nodes[1 - owner].run().await;
    camera.send(&mut client).await;
    let mut gone = hall.nodes.swap_remove(owner);
    gone.broker.shutdown().await;
    let waited = taken(&mut camera, &mut client).await;
    assert!(waited < Duration::from_secs(4), "the lease was waited for: {waited:?}");
    let node = &hall.nodes[0];
    let state = node.broker.contest().state().await.unwrap();
    assert_eq!((state.current, state.last_serial), (Some(run.id), 3), "the run goes on");
    assert_eq!(export(node).await, [(1, 0), (1, 1), (1, 2)]);
}

#[tokio::test]
async fn without_the_database_points_are_refused_and_none_is_lost() {
    let mut hall = Hall::start(2).await;
    let owner = hall.owner().await;
    let mut cameras = [Camera::new(1), Camera::new(2)];
    let mut clients = [hall.nodes[owner].raw().await, hall.nodes[1 - owner].raw().await];
    for (camera, client) in cameras.iter_mut().zip(&mut clients) {
        camera.send(client).await;
    }
    hall.postgres.stop();
    for (camera, client) in cameras.iter_mut().zip(&mut clients) {
        let answer = camera.try_send(client).await;
        assert_eq!((&answer["ok"], &answer["reason"]), (&json!(false), &json!("busy")));
    }
    hall.postgres.resume().await;
    for (camera, client) in cameras.iter_mut().zip(&mut clients) {
        camera.send(client).await;
        camera.send(client).await;
    }
    let mut all = export(&hall.nodes[0]).await;
    all.sort_unstable();
    assert_eq!(all, [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]);
    assert_eq!(hall.owner().await, owner, "the owner keeps the contest while it lives");
}

#[tokio::test]
async fn without_redis_points_are_refused_and_taken_again_when_it_is_back() {
    let mut hall = Hall::start(2).await;
    let owner = hall.owner().await;
    let mut cameras = [Camera::new(1), Camera::new(2)];
    let mut clients = [hall.nodes[owner].raw().await, hall.nodes[1 - owner].raw().await];
    for (camera, client) in cameras.iter_mut().zip(&mut clients) {
        camera.send(client).await;
    }
    hall.redis.kill();
    // The node that does not own it says so at once, the owner when its lease is over.
    let until = Instant::now() + TAKE_OVER;
    for (camera, client) in cameras.iter_mut().zip(&mut clients).rev() {
        while camera.try_send(client).await["reason"] != "busy" {
            assert!(Instant::now() < until, "points are taken without Redis");
            sleep(Duration::from_millis(50)).await;
        }
    }
    // What was kept can be read all the while.
    assert!(hall.nodes[1 - owner].broker.contest().state().await.unwrap().realtime.enabled);
    hall.redis.resume();
    for (camera, client) in cameras.iter_mut().zip(&mut clients) {
        camera.send(client).await;
    }
    let mut all = export(&hall.nodes[0]).await;
    all.sort_unstable();
    let expected = cameras.iter().flat_map(|camera| (0..camera.seq).map(|seq| (camera.lane, seq)));
    assert_eq!(all, expected.collect::<Vec<_>>(), "each acknowledged point once");
}
