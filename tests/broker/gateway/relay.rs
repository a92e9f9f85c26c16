//! A simulator's own points and runs, where `[gateway] relay` lets them by.

use saluran::config::Secret;
use saluran::measurement::Category;
use serde_json::{Value, json};

use crate::support::{ContestBroker, lane_channel, viewer};

/// What `simulate_data.py` sends each half second (A6.2).
fn batch(second: f64) -> String {
    let item = |lane: u8| {
        json!({
            "laptop_id": lane, "category": "beton", "nama_tim": "Tim", "dista": 10.5, "distb": f64::from(lane),
            "frequency": 2.5, "session_id": 1_731_200_000, "relative_time": second, "timestamp": "2025-11-10T14:30:45",
        })
    };
    let items: Vec<Value> = (1..=8).map(item).collect();
    json!({"type": "new_data", "data": items}).to_string()
}

const STARTED: &str = r#"{"type":"session_started","session_id":1731200000,"timestamp":"2025-11-10T14:30:45","category":"beton","frequency":2.5}"#;
const STOPPED: &str = r#"{"type":"session_stopped","session_id":1731200000,"timestamp":"2025-11-10T14:31:45"}"#;

async fn hear_text(client: &mut crate::support::Client, text: &str) {
    crate::support::within(text, async { while client.text().await != text {} }).await;
}

/// C1-31, A4: forwarded verbatim to all including the sender, and the contest follows.
#[tokio::test]
async fn a_simulator_drives_the_contest() {
    let contest = ContestBroker::with(|config| config.gateway.relay = true).await;
    let (mut simulator, mut raw) = (contest.raw().await, contest.raw().await);
    let mut page = contest.broker.connect().await;
    page.subscribe_granted(&contest.broker, &viewer(), &lane_channel("beton", 8)).await;
    simulator.send(STARTED).await;
    hear_text(&mut simulator, STARTED).await;
    hear_text(&mut raw, STARTED).await;
    let state = contest.broker.contest().state().await.unwrap();
    let run = state.running().unwrap();
    assert_eq!((run.category, run.frequency.hertz()), (Category::Beton, 2.5));
    let batch = batch(0.5);
    simulator.send(&batch).await;
    for client in [&mut simulator, &mut raw] {
        assert_eq!(client.text().await, batch, "verbatim, and once");
    }
    let message: Value = serde_json::from_str(&page.next().await).unwrap();
    let item: Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&item["distb"], &item["session_id"], &item["category"]),
        (&json!(8.0), &json!(run.id), &json!("beton"))
    );
    simulator.send(STOPPED).await;
    hear_text(&mut raw, STOPPED).await;
    assert_eq!(contest.broker.contest().state().await.unwrap().current, None);
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert!(lanes.lanes.iter().all(|lane| lane.stored == 1), "{lanes:?}");
}

/// A batch with one wrong item is refused as a whole, and forwarded to nobody.
#[tokio::test]
async fn a_wrong_item_is_named_and_the_batch_refused() {
    let contest = ContestBroker::with(|config| config.gateway.relay = true).await;
    let mut simulator = contest.raw().await;
    simulator
        .say(&json!({"type": "new_data", "data": [
            {"laptop_id": 1, "dista": 1, "distb": 2}, {"laptop_id": 9, "dista": 1, "distb": 2},
        ]}))
        .await;
    let error = simulator.hear().await;
    assert_eq!(error["reason"], "invalid");
    assert!(error["error"].as_str().unwrap().starts_with("item 1 of data: laptop_id"), "{error}");
    assert_eq!(contest.broker.contest().lanes().await.unwrap().lanes[0].stored, 0);
}

/// Keys that a simulator's items carry are for the gateway alone.
#[tokio::test]
async fn keys_are_passed_on_to_nobody() {
    let contest = ContestBroker::with(|config| {
        config.gateway.relay = true;
        config.gateway.keys = (1..=8).map(|lane| Secret::new(format!("key-of-lane-{lane}"))).collect();
    })
    .await;
    let mut simulator = contest.raw().await;
    let item = |key: &str| json!({"type": "new_data", "data": [{"laptop_id": 1, "dista": 1, "distb": 2, "key": key}]});
    simulator.say(&item("key-of-lane-2")).await;
    assert_eq!(simulator.hear().await["reason"], "key");
    simulator.say(&item("key-of-lane-1")).await;
    let told = simulator.hear().await;
    assert_eq!(told, json!({"type": "new_data", "data": [{"laptop_id": 1, "dista": 1, "distb": 2}]}));
}

/// A11-28: without the switch nobody forges results.
#[tokio::test]
async fn without_the_switch_nothing_is_relayed() {
    let contest = ContestBroker::start().await;
    let mut raw = contest.raw().await;
    raw.hear_type("initial_data").await;
    for text in [STARTED, STOPPED, &batch(0.5)] {
        let mut simulator = contest.raw().await;
        simulator.send(text).await;
        let error = simulator.hear().await;
        assert_eq!((&error["type"], &error["reason"]), (&json!("error"), &json!("relay")));
    }
    raw.say(&json!({"action": "ping"})).await;
    assert_eq!(raw.hear().await["type"], "pong", "nothing else was told");
}
