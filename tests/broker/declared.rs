//! Publishing on declared channels: who, which events, what shape, how often, and what stays.

use serde_json::{Value, json};

use crate::support::{APP, Client, FLEET, TestBroker, role, succeeded, token};

fn event(channel: &str, name: &str, data: &Value) -> Value {
    json!({ "name": name, "channel": channel, "data": data.to_string() })
}

fn machine(id: u32) -> String {
    token(&json!({ "sub": format!("m{id}"), "roles": ["machine"], "rvm_id": id }))
}

/// The frame that subscribers of a channel get.
fn frame(channel: &str, name: &str, data: &str) -> String {
    format!(r#"{{"event":"{name}","channel":"{channel}","data":{}}}"#, json!(data))
}

async fn technician(broker: &TestBroker) -> Client {
    let mut client = broker.connect().await;
    client.sign_in_granted(broker, &role("technician", "t")).await;
    client
}

#[tokio::test]
async fn a_breach_is_answered_in_json_with_the_place_of_the_fault() {
    let broker = TestBroker::declared(FLEET).await;
    let token = machine(3);
    for (body, status, expected) in [
        (
            event("status", "updated", &json!({ "rvm_id": 3, "status": "hunter2" })),
            422,
            json!({ "rule": "schema", "channel": "status", "event": "updated", "path": "/status" }),
        ),
        (event("status", "updated", &json!({})), 422, json!({ "rule": "schema", "path": "" })),
        (json!({ "name": "updated", "channel": "status", "data": "plain" }), 422, json!({ "rule": "schema" })),
        (
            event("status", "other", &json!({})),
            403,
            json!({ "rule": "events", "allowed": "client-note, reset, updated" }),
        ),
        (event("status", "reset", &json!({})), 403, json!({ "rule": "publish", "allowed": "role.admin" })),
        (event("rvm.4", "e", &json!({})), 403, json!({ "rule": "publish" })),
        (event("elsewhere", "e", &json!({})), 403, json!({ "rule": "undeclared" })),
    ] {
        let response = broker.publish_as(&token, &body).await;
        assert_eq!(response.status, status, "{body}: {response:?}");
        assert!(!response.body.contains("hunter2"), "data is not repeated: {response:?}");
        let found = response.json();
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&found[key], value, "{key} in {found}");
        }
        assert!(found["error"].as_str().is_some_and(|text| text.len() > 20), "{found}");
    }
}

#[tokio::test]
async fn the_app_obeys_the_same_declarations() {
    let broker = TestBroker::declared(FLEET).await;
    let path = format!("/apps/{}/events", APP.id);
    for (body, status) in [
        (event("status", "updated", &json!({ "rvm_id": 3 })), 200),
        (event("status", "updated", &json!({ "rvm_id": [] })), 422),
        (event("status", "other", &json!({})), 403),
        (event("private-rvm.9", "e", &json!({})), 403),
        (event("elsewhere", "e", &json!({})), 200),
    ] {
        let response = broker.post(&path, &body.to_string()).await;
        assert_eq!(response.status, status, "{body}: {response:?}");
    }
}

#[tokio::test]
async fn a_refused_request_publishes_nothing() {
    let broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe("rvm.3").await;
    client.subscribe("lobby").await;
    let token = machine(3);
    let batch = json!({ "batch": [
        event("rvm.3", "one", &json!({})),
        event("status", "updated", &json!({ "rvm_id": 3, "status": "odd" })),
    ] });
    let response = broker.post_as(&token, &format!("/apps/{}/batch_events", APP.id), &batch.to_string()).await;
    assert_eq!((response.status, &response.json()["index"]), (422, &json!(1)), "{response:?}");
    let many = json!({ "name": "e", "channels": ["lobby", "rvm.3", "rvm.4"], "data": "{}" });
    let response = broker.publish_as(&token, &many).await;
    assert_eq!((response.status, &response.json()["channel"]), (403, &json!("rvm.4")), "{response:?}");
    client.quiet().await;
    let batch = json!({ "batch": [
        { "name": "one", "channel": "lobby", "data": "1" },
        { "name": "two", "channel": "lobby", "data": "2" },
    ] });
    let response = broker.post_as(&token, &format!("/apps/{}/batch_events", APP.id), &batch.to_string()).await;
    assert_eq!((response.status, response.body.as_str()), (200, "{}"));
    client.expect(&frame("lobby", "one", "1")).await;
    client.expect(&frame("lobby", "two", "2")).await;
}

#[tokio::test]
async fn an_event_reaches_both_names_of_a_channel_once() {
    let broker = TestBroker::declared(FLEET).await;
    let mut public = technician(&broker).await;
    public.subscribe("status").await;
    let mut private = broker.connect().await;
    private.subscribe_granted(&broker, &role("technician", "p"), "private-status").await;
    let data = json!({ "rvm_id": 1 });
    for channels in [json!(["status"]), json!(["private-status"]), json!(["private-status", "status", "status"])] {
        let body = json!({ "name": "updated", "channels": channels, "data": data.to_string() });
        assert_eq!(broker.publish_as(&machine(1), &body).await.status, 200);
        public.expect(&frame("status", "updated", &data.to_string())).await;
        private.expect(&frame("private-status", "updated", &data.to_string())).await;
        public.quiet().await;
        private.quiet().await;
    }
}

#[tokio::test]
async fn client_events_obey_the_channels_declaration() {
    let broker = TestBroker::declared(FLEET).await;
    let mut sender = broker.connect().await;
    sender.subscribe_granted(&broker, &role("technician", "a"), "private-status").await;
    let mut public = technician(&broker).await;
    public.subscribe("status").await;
    sender.send(r#"{"event":"client-note","channel":"private-status","data":{"a":1}}"#).await;
    public.expect(r#"{"event":"client-note","channel":"status","data":{"a":1}}"#).await;
    sender.send(r#"{"event":"client-other","channel":"private-status","data":{}}"#).await;
    assert!(sender.expect_error(None).await.contains("its events are client-note, reset, updated"));
    // Who was let in by a back end has shown no token.
    let mut stranger = broker.connect().await;
    stranger.subscribe_signed("private-status", None).await;
    stranger.expect(r#"{"event":"client-note","channel":"private-status","data":{"a":1}}"#).await;
    stranger.send(r#"{"event":"client-note","channel":"private-status","data":{}}"#).await;
    assert!(stranger.expect_error(None).await.contains("needs a token"));
    public.quiet().await;
}

#[tokio::test]
async fn a_timestamp_is_added_and_nothing_else_changed() {
    let broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe("rvm.3").await;
    let body = json!({ "name": "e", "channel": "rvm.3", "data": "{ \"b\":1.0,\"a\":\"é\" }" });
    assert_eq!(broker.publish_as(&machine(3), &body).await.status, 200);
    let text = client.next().await;
    let found: Value = serde_json::from_str(&text).unwrap();
    let data = found["data"].as_str().unwrap();
    assert!(data.starts_with("{ \"b\":1.0,\"a\":\"é\" ,\"timestamp\":\"20"), "{data}");
    let own = r#"{"timestamp":"mine"}"#;
    let body = json!({ "name": "e", "channel": "rvm.3", "data": own });
    assert_eq!(broker.publish_as(&machine(3), &body).await.status, 200);
    client.expect(&frame("rvm.3", "e", own)).await;
}

#[tokio::test]
async fn a_newcomer_gets_the_newest_event_of_each_key_right_after_the_success() {
    let broker = TestBroker::declared(FLEET).await;
    for (id, status) in [(1, "active"), (2, "active"), (1, "full")] {
        let body = event("status", "updated", &json!({ "rvm_id": id, "status": status }));
        assert_eq!(broker.publish_as(&machine(id), &body).await.status, 200);
    }
    let kept = [
        frame("status", "updated", &json!({ "rvm_id": 2, "status": "active" }).to_string()),
        frame("status", "updated", &json!({ "rvm_id": 1, "status": "full" }).to_string()),
    ];
    let mut client = technician(&broker).await;
    client.subscribe("status").await;
    for frame in &kept {
        client.expect(frame).await;
    }
    client.quiet().await;
    let mut twin = broker.connect().await;
    twin.subscribe_granted(&broker, &role("technician", "p"), "private-status").await;
    for frame in &kept {
        twin.expect(&frame.replace(r#""status","data"#, r#""private-status","data"#)).await;
    }
    twin.quiet().await;
    let response = broker.get_as(&role("technician", "t"), "/api/v2/channels/status/retained").await;
    let events: Vec<_> =
        response.json()["events"].as_array().unwrap().iter().map(|event| event["data"].clone()).collect();
    assert_eq!(events, [json!({ "rvm_id": 2, "status": "active" }), json!({ "rvm_id": 1, "status": "full" })]);
}

/// The greeting is larger than what may wait for a connection, and is no sign of slowness; what is
/// published meanwhile comes after it, and nothing is missing or twice.
#[tokio::test]
async fn ten_thousand_kept_events_greet_a_newcomer() {
    const KEYS: u64 = 10_000;
    let text = FLEET.replace("keys = 100 }", "keys = 10000 }");
    let broker = TestBroker::declared(&text).await;
    let mut connection = broker.http_connection().await;
    let fill = "x".repeat(200);
    let data = |number: u64| json!({ "rvm_id": number, "fill": fill }).to_string();
    for first in (0..KEYS).step_by(10) {
        let events: Vec<Value> = (first..first + 10)
            .map(|number| json!({ "name": "updated", "channel": "status", "data": data(number) }))
            .collect();
        let body = json!({ "batch": events }).to_string();
        let response = connection.signed(APP, "POST", &format!("/apps/{}/batch_events", APP.id), &body).await;
        assert_eq!(response.status, 200, "{response:?}");
    }
    let mut client = technician(&broker).await;
    client.send_subscribe(&json!({ "channel": "status" })).await;
    client.expect(&succeeded("status")).await;
    let live = json!({ "name": "updated", "channel": "status", "data": data(KEYS + 1) }).to_string();
    let response = connection.signed(APP, "POST", &format!("/apps/{}/events", APP.id), &live).await;
    assert_eq!(response.status, 200, "{response:?}");
    for number in (0..KEYS).chain([KEYS + 1]) {
        client.expect(&frame("status", "updated", &data(number))).await;
    }
    client.quiet().await;
}

#[tokio::test]
async fn history_is_read_by_serial() {
    let broker = TestBroker::declared(FLEET).await;
    for number in 0..12 {
        let body = event("status", "updated", &json!({ "rvm_id": number }));
        assert_eq!(broker.publish_as(&machine(number), &body).await.status, 200);
    }
    let token = role("technician", "t");
    let read = async |query: &str| {
        let response = broker.get_as(&token, &format!("/api/v2/channels/status/history{query}")).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    };
    let all = read("").await;
    let ids = |page: &Value| -> Vec<u64> {
        page["events"].as_array().unwrap().iter().map(|event| event["data"]["rvm_id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(&all), (2..12).collect::<Vec<_>>());
    let first = all["first"].as_u64().unwrap();
    assert_eq!(all["last"], json!(first + 9));
    assert_eq!(all["gap"], json!(false));
    let some = read(&format!("?after={}&limit=3", first + 1)).await;
    assert_eq!((ids(&some), &some["gap"]), (vec![4, 5, 6], &json!(false)));
    assert_eq!(read(&format!("?after={}", first - 2)).await["gap"], json!(true));
    assert_eq!(ids(&read(&format!("?after={}", first + 9)).await), Vec::<u64>::new());
    for odd in ["?limit=0", "?limit=1001", "?limit=x", "?after=-1"] {
        let response = broker.get_as(&token, &format!("/api/v2/channels/status/history{odd}")).await;
        assert_eq!(response.status, 400, "{odd}");
    }
}

#[tokio::test]
async fn a_retry_with_the_same_id_is_acknowledged_and_not_delivered_again() {
    let broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe("rvm.3").await;
    client.subscribe("elsewhere").await;
    let with_id = |channel: &str, id: &str, data: u32| json!({ "name": "e", "channel": channel, "data": format!("{data}"), "id": id });
    // A refused event does not use its id up.
    let refused = broker.publish_as(&machine(4), &with_id("rvm.3", "a", 0)).await;
    assert_eq!(refused.status, 403);
    for (id, data) in [("a", 1), ("a", 2), ("b", 3), ("a", 4)] {
        let response = broker.publish_as(&machine(3), &with_id("rvm.3", id, data)).await;
        assert_eq!((response.status, response.body.as_str()), (200, "{}"));
    }
    client.expect(&frame("rvm.3", "e", "1")).await;
    client.expect(&frame("rvm.3", "e", "3")).await;
    // Ids of different publishers have nothing to do with each other.
    let path = format!("/apps/{}/events", APP.id);
    assert_eq!(broker.post(&path, &with_id("rvm.3", "a", 5).to_string()).await.status, 200);
    client.expect(&frame("rvm.3", "e", "5")).await;
    for data in [6, 7] {
        assert_eq!(broker.post(&path, &with_id("elsewhere", "a", data).to_string()).await.status, 200);
    }
    client.expect(&frame("elsewhere", "e", "6")).await;
    client.quiet().await;
    for id in [json!(""), json!(5), json!("x".repeat(129))] {
        let body = json!({ "name": "e", "channel": "rvm.3", "data": "1", "id": id });
        assert_eq!(broker.post(&path, &body.to_string()).await.status, 400, "{id}");
    }
}

#[tokio::test]
async fn a_publisher_that_is_too_fast_is_told_when_to_come_back() {
    let text = FLEET.replace("[channel.events.updated]\n", "[channel.events.updated]\nrate = \"3/h\"\n");
    let broker = TestBroker::declared(&text).await;
    for id in [1, 2] {
        let body = event("status", "updated", &json!({ "rvm_id": id }));
        for _ in 0..3 {
            assert_eq!(broker.publish_as(&machine(id), &body).await.status, 200);
        }
        // By its other name it is the same channel.
        let other = event("private-status", "updated", &json!({ "rvm_id": id }));
        assert_eq!(broker.publish_as(&machine(id), &other).await.status, 429);
        let response = broker.publish_as(&machine(id), &body).await;
        assert_eq!((response.status, &response.json()["rule"]), (429, &json!("rate")));
        let wait: u64 = response.header("retry-after").unwrap().parse().unwrap();
        assert!((1100..=1200).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn a_client_that_is_too_fast_on_a_channel_gets_4301() {
    let text = FLEET.replace("[channel.events.client-note]\n", "[channel.events.client-note]\nrate = \"2/h\"\n");
    let broker = TestBroker::declared(&text).await;
    let mut client = broker.connect().await;
    client.subscribe_granted(&broker, &role("technician", "a"), "private-status").await;
    for _ in 0..3 {
        client.send(r#"{"event":"client-note","channel":"private-status","data":{}}"#).await;
    }
    assert!(client.expect_error(Some(4301)).await.contains("at most 2 in 1h"));
    client.quiet().await;
}

#[tokio::test]
async fn a_channel_has_only_so_many_subscribers() {
    let broker = TestBroker::declared(FLEET).await;
    let mut clients = Vec::new();
    for number in 0..5 {
        let mut client = broker.connect().await;
        client.subscribe_granted(&broker, &token(&json!({ "sub": number.to_string() })), "presence-hall").await;
        clients.push(client);
    }
    let mut late = broker.connect().await;
    late.send_granted(&broker, &token(&json!({ "sub": "9" })), "presence-hall").await;
    late.expect_refused("presence-hall", "LimitReached", 4100).await;
}

#[tokio::test]
async fn an_app_may_refuse_what_is_not_declared() {
    let text = FLEET.replace("client_events = true", "client_events = true\nundeclared = \"refuse\"");
    let broker = TestBroker::declared(&text).await;
    let body = event("elsewhere", "e", &json!({})).to_string();
    let response = broker.post(&format!("/apps/{}/events", APP.id), &body).await;
    assert_eq!((response.status, &response.json()["rule"]), (403, &json!("undeclared")));
    let mut client = broker.connect().await;
    client.send_subscribe(&json!({ "channel": "elsewhere" })).await;
    client.expect_refused("elsewhere", "AuthError", 403).await;
    client.send_signed("private-elsewhere", None).await;
    client.expect_refused("private-elsewhere", "AuthError", 403).await;
    client.subscribe("lobby").await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.send_subscribe(&json!({ "channel": "#server-to-user-42" })).await;
    client.expect(&succeeded("#server-to-user-42")).await;
}
