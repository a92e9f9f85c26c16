//! A camera's points: what everybody is told, and what the camera is answered.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{ContestBroker, camera_data, lane_channel, viewer};

/// The eleven fields, in their order, and ours after them.
const FIELDS: [&str; 15] = [
    "laptop_id",
    "dista",
    "distb",
    "is_a_detected",
    "is_b_detected",
    "session_id",
    "category",
    "frequency",
    "relative_time",
    "elapsed_seconds",
    "timestamp",
    "nama_tim",
    "timestamp_ms",
    "relative_seconds",
    "serial",
];

fn position(text: &str, field: &str) -> usize {
    text.find(&format!("\"{field}\":")).unwrap_or_else(|| panic!("{field} in {text}"))
}

/// A6.2, A6.3, A10.2, C1-1, 2, 5, E1: the first frame of one who speaks first is the echo, in array form.
#[tokio::test]
async fn the_first_frame_of_a_camera_is_its_point() {
    let contest = ContestBroker::start().await;
    let run = contest.run().await;
    let mut camera = contest.raw().await;
    camera.say(&camera_data(1, 3.456)).await;
    let text = camera.text().await;
    assert!(text.starts_with(r#"{"type":"new_data","data":[{"laptop_id":1,"dista":5.234,"distb":3.456,"#), "{text}");
    let places: Vec<usize> = FIELDS.iter().map(|field| position(&text, field)).collect();
    assert!(places.is_sorted(), "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    let item = &told["data"][0];
    assert_eq!(item.as_object().unwrap().len(), FIELDS.len());
    assert_eq!((&item["session_id"], &item["frequency"]), (&json!(run.id), &json!(1.5)));
    assert_eq!((&item["relative_time"], &item["elapsed_seconds"]), (&json!(0), &json!(0)));
    assert_eq!((&item["category"], &item["nama_tim"]), (&json!("baja"), &json!("Universitas Udayana_Abhipraya")));
    assert!(item["laptop_id"].is_u64() && item["is_a_detected"] == true && item["is_b_detected"] == true);
}

/// C1-4: all raw clients and the lane's channel are told, in the order of the points.
#[tokio::test]
async fn everybody_is_told_in_order() {
    let contest = ContestBroker::start().await;
    contest.run().await;
    let channel = lane_channel("baja", 3);
    let mut page = contest.broker.connect().await;
    page.subscribe_granted(&contest.broker, &viewer(), &channel).await;
    let (mut camera, mut other) = (contest.raw().await, contest.raw().await);
    for distb in 0..5 {
        camera.say(&camera_data(3, f64::from(distb))).await;
    }
    for distb in 0..5 {
        assert_eq!(other.hear_type("new_data").await["data"][0]["distb"], f64::from(distb));
        let message: Value = serde_json::from_str(&page.next().await).unwrap();
        let item: Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
        assert_eq!((&message["event"], &item["distb"]), (&json!("new-data"), &json!(f64::from(distb))));
    }
}

/// A4.2: whoever asks is answered, alone; a number counts once.
#[tokio::test]
async fn an_acknowledgement_says_what_became_of_a_point() {
    let contest = ContestBroker::start().await;
    let (mut camera, mut other) = (contest.raw().await, contest.raw().await);
    let mut point = camera_data(2, 1.0);
    point["sender"] = json!("camera-2");
    point["seq"] = json!(7);
    let ack = camera.acknowledged(point.clone()).await;
    let serial = ack["serial"].clone();
    assert!(serial.is_i64(), "{ack}");
    let free = json!({
        "type": "ack", "laptop_id": 2, "seq": 7, "ok": true, "mode": "free", "serial": serial, "duplicate": false,
    });
    assert_eq!(ack, free);
    let again = camera.acknowledged(point.clone()).await;
    assert_eq!((&again["ok"], &again["duplicate"], &again["serial"]), (&json!(true), &json!(true), &json!(null)));
    contest.run().await;
    assert_eq!(camera.acknowledged(camera_data(2, 2.0)).await["mode"], "recording");
    assert_eq!(other.hear_type("new_data").await["data"][0]["serial"], serial);
    let next = other.hear_type("new_data").await;
    assert_eq!(next["data"][0]["distb"], 2.0, "the duplicate is told to nobody: {next}");
}

/// A3.5, E6: the valve closes this path, too; the camera is told once a second at most.
#[tokio::test]
async fn a_closed_valve_is_answered_and_nothing_is_told() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    contest.broker.contest().realtime(false, None).await.unwrap();
    let ack = camera.acknowledged(camera_data(1, 1.0)).await;
    assert_eq!((&ack["ok"], &ack["reason"]), (&json!(false), &json!("realtime_off")));
    for _ in 0..20 {
        camera.say(&camera_data(1, 1.0)).await;
    }
    camera.say(&json!({"action": "ping"})).await;
    let start = Instant::now();
    let mut errors = 0;
    loop {
        let told = camera.hear().await;
        match told["type"].as_str().unwrap() {
            "error" => {
                assert_eq!((&told["laptop_id"], &told["reason"]), (&json!(1), &json!("realtime_off")));
                errors += 1;
            }
            "pong" => break,
            other => assert_eq!(other, "realtime_saving_stopped", "{told}"),
        }
    }
    assert!(errors >= 1 && errors <= 1 + start.elapsed().as_secs(), "at most one a second, not {errors}");
    contest.broker.contest().realtime(true, None).await.unwrap();
    camera.say(&camera_data(1, 42.0)).await;
    assert_eq!(camera.hear_type("new_data").await["data"][0]["distb"], 42.0);
}

/// A6.3, row by row: what breaks pages is refused with a sentence.
#[tokio::test]
async fn wrong_types_are_refused_with_a_reason() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    let rows = [
        ("laptop_id", json!("1")),
        ("laptop_id", json!(0)),
        ("laptop_id", json!(9)),
        ("laptop_id", json!(1.5)),
        ("laptop_id", json!(null)),
        ("dista", json!("np.float64(1.5)")),
        ("distb", json!("12.5")),
        ("distb", json!(null)),
        ("distb", json!([1])),
        ("is_a_detected", json!("True")),
        ("is_b_detected", json!(1)),
        ("seq", json!(-1)),
        ("age_ms", json!(300_001)),
    ];
    for (field, value) in rows {
        let mut point = camera_data(1, 1.0);
        point[field] = value;
        let ack = camera.acknowledged(point).await;
        assert_eq!((&ack["ok"], &ack["reason"]), (&json!(false), &json!("invalid")), "{field}: {ack}");
        assert!(ack["error"].as_str().unwrap().contains(field), "{field}: {ack}");
    }
    let whole = camera.acknowledged(json!({"type": "camera_data", "laptop_id": 1, "dista": 5, "distb": -3})).await;
    assert_eq!(whole["ok"], true, "whole numbers are numbers, and flags may be absent: {whole}");
    camera.send(r#"{"type":"camera_data","laptop_id":1,"dista":NaN,"distb":1}"#).await;
    let error = camera.hear_type("error").await;
    assert_eq!(error["error"], "NaN and Infinity are no JSON: send finite numbers only");
}

/// C1-7: a lane is no socket's own; two cameras on it are both heard, and one socket sends for two lanes.
#[tokio::test]
async fn two_cameras_share_a_lane() {
    let contest = ContestBroker::start().await;
    let (mut one, mut other) = (contest.raw().await, contest.raw().await);
    for distb in 0..3 {
        assert_eq!(one.acknowledged(camera_data(1, f64::from(distb))).await["ok"], true);
        assert_eq!(other.acknowledged(camera_data(1, f64::from(distb))).await["ok"], true);
    }
    assert_eq!(other.acknowledged(camera_data(2, 1.0)).await["ok"], true);
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert_eq!((lanes.lanes[0].stored, lanes.lanes[0].connected), (6, 2));
    assert_eq!((lanes.lanes[1].stored, lanes.lanes[1].connected), (1, 1));
}

/// C1-7: the old socket of a camera that comes back is in nobody's way.
#[tokio::test]
async fn a_half_open_socket_does_not_block_the_new_one() {
    let contest = ContestBroker::start().await;
    let mut old = contest.raw().await;
    assert_eq!(old.acknowledged(camera_data(1, 1.0)).await["ok"], true);
    let mut new = contest.raw().await;
    assert_eq!(new.acknowledged(camera_data(1, 2.0)).await["ok"], true);
    old.reset();
    assert_eq!(new.acknowledged(camera_data(1, 3.0)).await["ok"], true);
    crate::support::within("the old socket to be gone", async {
        while contest.broker.contest().lanes().await.unwrap().lanes[0].connected != 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// What a camera sends before it goes away at once is heard.
#[tokio::test]
async fn the_last_words_of_a_camera_count() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    for distb in 0..50 {
        camera.say(&camera_data(4, f64::from(distb))).await;
    }
    camera.finish_sending().await;
    crate::support::within("all fifty", async {
        while contest.broker.contest().lanes().await.unwrap().lanes[3].stored != 50 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
