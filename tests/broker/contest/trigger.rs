//! Cameras that publish through the HTTP API: the same rule, the same result.

use serde_json::{Value, json};

use crate::support::{ContestBroker, lane_channel};

fn point(lane: u8, distb: f64) -> Value {
    json!({ "laptop_id": lane, "dista": 5.234, "distb": distb, "is_a_detected": true, "is_b_detected": false })
}

/// The data of the next event, which must be of this name.
fn data(event: &str, text: &str) -> Value {
    let message: Value = serde_json::from_str(text).unwrap();
    assert_eq!(message["event"], event, "{text}");
    serde_json::from_str(message["data"].as_str().unwrap()).unwrap()
}

/// C1-2, C1-5: eleven fields in their order, then ours.
#[tokio::test]
async fn a_cameras_point_is_enriched_and_published() {
    let contest = ContestBroker::start().await;
    let mut page = contest.page(&[&lane_channel("baja", 3)]).await;
    let response = contest.trigger("baja", 3, &point(3, -3.456)).await;
    assert_eq!((response.status, response.body.as_str()), (200, "{}"));
    let text = page.next().await;
    let item = data("new-data", &text);
    let names: Vec<_> = text_keys(&text);
    assert_eq!(
        names,
        [
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
        ]
    );
    assert_eq!(item["distb"], json!(-3.456));
    assert_eq!((&item["session_id"], &item["category"], &item["serial"]), (&json!(null), &json!("baja"), &json!(1)));
    assert_eq!(item["nama_tim"], "Universitas Jember_Alvandaru Team");
}

/// The keys of an event's data, as they stand there.
fn text_keys(text: &str) -> Vec<String> {
    let message: Value = serde_json::from_str(text).unwrap();
    let data = message["data"].as_str().unwrap();
    let mut keys: Vec<_> =
        data.split(',').map(|part| part.trim_start_matches('{').split(':').next().unwrap()).collect();
    keys.retain(|key| key.starts_with('"'));
    keys.into_iter().map(|key| key.trim_matches('"').to_owned()).collect()
}

#[tokio::test]
async fn a_run_decides_the_channel_whatever_the_camera_thinks() {
    let contest = ContestBroker::start().await;
    let handle = contest.broker.contest();
    let run =
        handle.start("beton".parse().unwrap(), "2.5".parse().unwrap(), saluran::contest::Replace::No).await.unwrap();
    let mut page = contest.page(&[&lane_channel("beton", 1)]).await;
    assert_eq!(contest.trigger("baja", 1, &point(1, 1.0)).await.status, 200);
    let item = data("new-data", &page.next().await);
    assert_eq!((&item["session_id"], &item["frequency"]), (&json!(run.id.0), &json!(2.5)));
    assert_eq!((&item["category"], &item["relative_time"]), (&json!("beton"), &json!(0)));
}

/// D1: the sender is told why a point was refused.
#[tokio::test]
async fn refusals_say_why() {
    let contest = ContestBroker::start().await;
    let wrong = contest.trigger("baja", 1, &point(2, 1.0)).await;
    assert_eq!(wrong.status, 422);
    let text = contest.trigger("baja", 1, &json!({"laptop_id": 1, "dista": "np.float64(1.5)", "distb": 2})).await;
    assert_eq!(text.status, 422);
    contest.broker.contest().realtime(false, None).await.unwrap();
    let closed = contest.trigger("baja", 1, &point(1, 1.0)).await;
    assert_eq!(closed.status, 409);
    assert_eq!(closed.json()["rule"], "realtime_off");
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert_eq!((lanes.lanes[0].refused, lanes.lanes[0].last_refusal), (1, Some("realtime_off")));
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let contest = ContestBroker::start().await;
    let event = |lane: u8, distb: Value| {
        let data = json!({ "laptop_id": lane, "dista": 1, "distb": distb }).to_string();
        json!({ "name": "new-data", "channel": lane_channel("baja", 1), "data": data })
    };
    let batch = |second: Value| json!({ "batch": [event(1, json!(1)), event(1, second)] }).to_string();
    let path = "/apps/1001/batch_events";
    let token = crate::support::camera(1);
    assert_eq!(contest.broker.post_as(&token, path, &batch(json!(1e7))).await.status, 422);
    assert_eq!(contest.broker.contest().lanes().await.unwrap().lanes[0].stored, 0);
    assert_eq!(contest.broker.post_as(&token, path, &batch(json!(2))).await.status, 200);
    assert_eq!(contest.broker.contest().lanes().await.unwrap().lanes[0].stored, 2);
}
