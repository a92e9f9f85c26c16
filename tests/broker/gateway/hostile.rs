//! Those who do not read, do not stop, or send anything at all.

use std::time::Duration;

use rustix::net::sockopt::set_socket_recv_buffer_size;
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::support::{Client, ContestBroker, Opcode, camera_data, close_payload, frame, frame_with, within};

/// C1-4, A10.1: cameras that never read, eight at 30 Hz, lose nothing and slow nobody.
#[tokio::test]
async fn cameras_that_never_read_harm_nobody() {
    const POINTS: u32 = 90;
    let contest = ContestBroker::start().await;
    let mut watcher = contest.raw().await;
    let mut cameras = Vec::new();
    for _ in 1..=8 {
        cameras.push(contest.raw().await);
    }
    let watching = tokio::spawn(async move {
        let mut slowest = 0;
        for _ in 0..POINTS * 8 {
            let told = watcher.hear_type("new_data").await;
            let at = told["data"][0]["timestamp_ms"].as_i64().unwrap();
            slowest = slowest.max(saluran::contest::Clock::new().now().unix_ms - at);
        }
        slowest
    });
    let mut beat = interval(Duration::from_millis(33));
    for number in 0..POINTS {
        beat.tick().await;
        for (camera, lane) in cameras.iter_mut().zip(1..) {
            camera.say(&camera_data(lane, f64::from(number))).await;
        }
    }
    let slowest = within("all points", watching).await.unwrap();
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert!(lanes.lanes.iter().all(|lane| lane.stored == u64::from(POINTS)), "{lanes:?}");
    assert!(slowest < 2000, "{slowest} ms from camera to watcher");
}

/// C1-4: a socket whose buffers are full misses the oldest frames, which are counted, and is heard still.
#[tokio::test]
async fn a_full_socket_misses_frames_and_is_still_heard() {
    let contest = ContestBroker::start().await;
    let mut full = contest.raw().await;
    set_socket_recv_buffer_size(full.stream(), 64 * 1024).unwrap();
    let mut sender = contest.raw().await;
    let note = json!({"type": "broadcast", "message": {"type": "note", "text": "x".repeat(1000)}}).to_string();
    for _ in 0..40 {
        for _ in 0..100 {
            sender.send(&note).await;
        }
        sender.say(&json!({"action": "ping"})).await;
        sender.hear_type("pong").await;
    }
    full.say(&camera_data(1, 1.0)).await;
    within("the point of the full socket", async {
        while contest.broker.contest().lanes().await.unwrap().lanes[0].stored == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut heard = 0;
    while full.hear().await["type"] != "new_data" {
        heard += 1;
    }
    let missed = contest.broker.metric("saluran_gateway_frames_missed_total").await;
    // All notes, and what was told first to one who says nothing.
    assert!(missed > 0.0 && (4000.0..=4001.0).contains(&(f64::from(heard) + missed)), "{heard} heard, {missed} missed");
}

/// A10.1: whoever asks for acknowledgements and reads late gets every one, in order; the broker reads on when there is room.
#[tokio::test]
async fn no_acknowledgement_is_missed_in_a_burst() {
    const POINTS: u64 = 5000;
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    set_socket_recv_buffer_size(camera.stream(), 16 * 1024).unwrap();
    let point = |seq: u64| {
        let mut point = camera_data(1, 1.0);
        point["ack"] = json!(true);
        point["seq"] = json!(seq);
        point["sender"] = json!("burst");
        point.to_string()
    };
    for seq in 0..POINTS {
        camera.send(&point(seq)).await;
    }
    for seq in 0..POINTS {
        let told = camera.hear_type("ack").await;
        assert_eq!((&told["seq"], &told["ok"]), (&json!(seq), &json!(true)), "{told}");
    }
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert_eq!(lanes.lanes[0].received, POINTS);
}

/// Invalid JSON is answered, at most once a second, and never ends a connection.
#[tokio::test]
async fn garbage_is_answered_and_ends_nothing() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    let start = Instant::now();
    for text in ["", "{", "null", "[]", "{}", "\u{0}", r#"{"type":null}"#, r#"{"action":[]}"#, &"[".repeat(9000)] {
        camera.send(text).await;
    }
    let mut errors = 0;
    let ack = {
        let mut point = camera_data(1, 1.0);
        point["ack"] = json!(true);
        camera.say(&point).await;
        loop {
            let told = camera.hear().await;
            match told["type"].as_str() {
                Some("error") => errors += 1,
                Some("ack") => break told,
                _ => {}
            }
        }
    };
    assert_eq!(ack["ok"], true);
    assert!(errors >= 1 && errors <= 1 + start.elapsed().as_secs(), "{errors} errors");
}

/// Random bytes in text frames and mutated points: each is answered or taken, none ends the gateway.
#[tokio::test]
async fn random_frames_end_nothing() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    let mut runner = TestRunner::deterministic();
    let texts = proptest::prop_oneof![
        ".{0,300}",
        r#"\{"type":"(camera_data|new_data|broadcast|freeze_data|x)",?("[a-z_]{1,12}":("[a-z]*"|-?[0-9]{1,20}|null|\{\}),?){0,4}\}"#,
    ];
    for _ in 0..500 {
        let text: String = texts.new_tree(&mut runner).unwrap().current();
        camera.send(&text).await;
    }
    let ack = camera.acknowledged(camera_data(1, 1.0)).await;
    assert_eq!(ack["ok"], true);
}

async fn open(contest: &ContestBroker) -> Client {
    let mut client = contest.raw().await;
    client.hear_type("initial_data").await;
    client
}

/// Frames that no camera sends end the connection with the code that says why.
#[tokio::test]
async fn what_is_no_text_ends_with_its_code() {
    let contest = ContestBroker::start().await;
    let mut binary = open(&contest).await;
    binary.send_raw(&frame(Opcode::Binary, b"x")).await;
    binary.expect_close(1003).await;
    let mut large = open(&contest).await;
    large.send_raw(&frame(Opcode::Text, &vec![b' '; 64 * 1024 + 1])).await;
    large.expect_close(1009).await;
    let mut no_text = open(&contest).await;
    no_text.send_raw(&frame(Opcode::Text, &[0xff, 0xfe])).await;
    no_text.expect_close(1007).await;
    let mut leaving = open(&contest).await;
    leaving.send_raw(&frame(Opcode::Close, &close_payload(1000, ""))).await;
    leaving.expect_close(1000).await;
}

/// RFC 6455: a message may come in several frames, with a ping in between; together it may not be larger.
#[tokio::test]
async fn fragments_are_put_together() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    let mut point = camera_data(1, 1.0);
    point["ack"] = json!(true);
    let text = point.to_string();
    let (first, rest) = text.as_bytes().split_at(20);
    camera.send_raw(&frame_with(0x01, first)).await;
    camera.send_raw(&frame(Opcode::Ping, b"")).await;
    camera.send_raw(&frame_with(0x80, rest)).await;
    assert_eq!(camera.hear_type("ack").await["ok"], true);
    let mut large = open(&contest).await;
    large.send_raw(&frame_with(0x01, &vec![b' '; 40_000])).await;
    large.send_raw(&frame_with(0x80, &vec![b' '; 40_000])).await;
    large.expect_close(1009).await;
}

/// When the broker stops, everybody is told to come back.
#[tokio::test]
async fn a_broker_that_stops_says_so() {
    let mut contest = ContestBroker::start().await;
    let mut page = open(&contest).await;
    let goodbye = tokio::spawn(async move { page.expect_close(1012).await });
    contest.broker.shutdown().await;
    within("the goodbye", goodbye).await.unwrap();
}

/// Open sockets and messages are counted.
#[tokio::test]
async fn sockets_messages_and_points_are_counted() {
    let contest = ContestBroker::start().await;
    let mut camera = contest.raw().await;
    let ack: Value = camera.acknowledged(camera_data(1, 1.0)).await;
    assert_eq!(ack["ok"], true);
    let broker = &contest.broker;
    assert_eq!(broker.metric("saluran_gateway_connections").await, 1.0);
    assert_eq!(broker.metric("saluran_gateway_points_total").await, 1.0);
    assert_eq!(broker.metric("saluran_gateway_messages_total").await, 1.0);
    drop(camera);
    within("the end of the socket", async {
        while broker.metric("saluran_gateway_connections").await > 0.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
