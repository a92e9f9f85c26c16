//! Who may come in, and who may send.

use saluran::config::Secret;
use serde_json::json;

use crate::support::{Client, ContestBroker, Dial, camera_data};

async fn with_keys() -> ContestBroker {
    ContestBroker::with(|config| {
        config.gateway.keys = (1..=8).map(|lane| Secret::new(format!("key-of-lane-{lane}"))).collect();
    })
    .await
}

async fn dial(contest: &ContestBroker, headers: &[(&str, &str)]) -> Client {
    let dial = headers.iter().fold(Dial::path("/"), |dial, (name, value)| dial.header(name, value));
    dial.send(contest.gateway(), &[]).await
}

/// Issue item 3: with keys, each lane's points need its own; in the message, the URL or a header.
#[tokio::test]
async fn each_lane_needs_its_key() {
    let contest = with_keys().await;
    let mut camera = contest.raw().await;
    let refused = camera.acknowledged(camera_data(1, 1.0)).await;
    assert_eq!((&refused["ok"], &refused["reason"]), (&json!(false), &json!("key")));
    let mut point = camera_data(1, 1.0);
    point["key"] = json!("key-of-lane-2");
    assert_eq!(camera.acknowledged(point.clone()).await["reason"], "key");
    point["key"] = json!("key-of-lane-1");
    assert_eq!(camera.acknowledged(point).await["ok"], true);
    let mut by_url = contest.raw_at("/?key=key-of-lane-3").await;
    assert_eq!(by_url.acknowledged(camera_data(3, 1.0)).await["ok"], true);
    assert_eq!(by_url.acknowledged(camera_data(4, 1.0)).await["reason"], "key");
    let lanes = contest.broker.contest().lanes().await.unwrap().lanes;
    assert_eq!((lanes[0].refused, lanes[3].refused, lanes[3].last_refusal), (2, 1, Some("key")), "the judge sees why");
    assert_eq!((lanes[3].connected, lanes[3].path), (0, None), "it may be a stranger: no camera is shown");
    let mut page = contest.raw().await;
    let mut by_header = dial(&contest, &[("X-Lane-Key", "key-of-lane-8")]).await;
    assert_eq!(by_header.acknowledged(camera_data(8, 1.0)).await["ok"], true);
    let told = page.hear_type("new_data").await.to_string();
    assert!(!told.contains("key-of-lane"), "{told}");
}

/// C1-4: a camera that sends what is no point is seen on its lane as well.
#[tokio::test]
async fn a_lane_tells_of_points_that_are_none() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    let mut point = camera_data(5, 1.0);
    point["dista"] = json!("5.2");
    assert_eq!(camera.acknowledged(point).await["reason"], "invalid");
    let lanes = contest.broker.contest().lanes().await.unwrap().lanes;
    assert_eq!((lanes[4].refused, lanes[4].last_refusal), (1, Some("invalid")));
}

/// The key of HTTP is the same, and a wrong one is a 403.
#[tokio::test]
async fn http_needs_the_key_as_well() {
    let contest = with_keys().await;
    let path = "/detector-getaran/api/receive_camera_data.php";
    let body = r#"{"laptop_id":1,"dista":1,"distb":2}"#;
    let refused = contest.old("POST", path, body).await;
    assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("key")));
    let taken = contest.old("POST", &format!("{path}?key=key-of-lane-1"), body).await;
    assert_eq!((taken.status, &taken.json()["success"]), (200, &json!(true)));
}

/// Issue item 3: without keys only private addresses come in. One behind a proxy has no address.
#[tokio::test]
async fn strangers_stay_outside() {
    let contest = ContestBroker::start().await;
    let stranger = dial(&contest, &[("X-Forwarded-For", "8.8.8.8")]).await;
    assert_eq!(stranger.response.status, 403);
    assert_eq!(stranger.response.json()["reason"], "key");
    let keyed = with_keys().await;
    assert_eq!(dial(&keyed, &[("X-Forwarded-For", "8.8.8.8")]).await.response.status, 403);
    let known = dial(&keyed, &[("X-Forwarded-For", "8.8.8.8"), ("X-Lane-Key", "key-of-lane-1")]).await;
    assert_eq!(known.response.status, 101);
}

/// A11-28: no page of the Internet in a browser of this network reaches the gateway.
#[tokio::test]
async fn pages_of_the_internet_stay_outside() {
    let contest = ContestBroker::start().await;
    let browser = ("User-Agent", "Mozilla/5.0");
    for (origin, status) in
        [("https://example.com", 403), ("http://192.168.43.9", 101), ("http://localhost:5173", 101), ("null", 101)]
    {
        let page = dial(&contest, &[browser, ("Origin", origin)]).await;
        assert_eq!(page.response.status, status, "{origin}");
    }
    // Python's websocket-client makes one up of the name that it dials.
    let python = dial(&contest, &[("Origin", "http://contest.example.org:8080")]).await;
    assert_eq!(python.response.status, 101);
    let image = [browser, ("Sec-Fetch-Site", "cross-site")];
    let mut connection = crate::support::HttpConnection::open(contest.gateway()).await;
    assert_eq!(connection.request("GET", "/stop_all_sessions.php", &image, b"").await.status, 403);
}
