//! `POST /apps/{id}/batch_events` (6.3) and `info` of both kinds of publish (6.2).

use serde_json::{Value, json};

use crate::support::{APP, TestBroker};
use crate::support_http::{
    BATCH, EVENTS, Parameters, assert_done, assert_usable, assert_value, event, expect_end_of, publish_end, refusal,
};

fn batch(events: &[Value]) -> String {
    json!({ "batch": events }).to_string()
}

/// C-174.
#[tokio::test]
async fn a_batch_is_delivered_in_order_and_answered_with_an_empty_object() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("one").await;
    client.subscribe("two").await;
    let body = r#"{"batch":[{"name":"a","channel":"one","data":"1"},{"name":"b","channel":"two","data":"2"}]}"#;
    assert_done(&broker.post(BATCH, body).await, "{}");
    let mut found = [client.next().await, client.next().await];
    found.sort();
    assert_eq!(found, [event("a", "one", "1"), event("b", "two", "2")]);
    let events: Vec<Value> =
        (0..10).map(|number| json!({ "name": format!("n{number}"), "channel": "one", "data": "d" })).collect();
    assert_done(&broker.post(BATCH, &batch(&events)).await, "{}");
    for number in 0..10 {
        client.expect(&event(&format!("n{number}"), "one", "d")).await;
    }
}

/// C-175.
#[tokio::test]
async fn info_of_some_events_is_answered_at_their_places() {
    let broker = TestBroker::start().await;
    let mut member = broker.connect().await;
    member.subscribe_signed("presence-room", Some(r#"{"user_id":"42"}"#)).await;
    let events = [
        json!({ "name": "a", "channel": "one", "data": "1" }),
        json!({ "name": "b", "channel": "presence-room", "data": "2", "info": "user_count" }),
    ];
    assert_done(&broker.post(BATCH, &batch(&events)).await, r#"{"batch":[{},{"user_count":1}]}"#);
    let events = [
        json!({ "name": "c", "channel": "presence-room", "data": "3", "info": "user_count,subscription_count" }),
        json!({ "name": "d", "channel": "one", "data": "4" }),
        json!({ "name": "e", "channel": "one", "data": "5", "info": "subscription_count" }),
        json!({ "name": "f", "channel": "one", "data": "6", "info": "user_count" }),
    ];
    let expected =
        json!({ "batch": [{ "user_count": 1, "subscription_count": 1 }, {}, { "subscription_count": 0 }, {}] });
    assert_value(&broker.post(BATCH, &batch(&events)).await, &expected);
}

/// C-176.
#[tokio::test]
async fn a_batch_has_1_to_10_events() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let events = vec![json!({ "name": "n", "channel": "chat", "data": "d" }); 11];
    assert_eq!(refusal(&broker.post(BATCH, &batch(&events)).await, 400), "Batch too large (11 > 10)");
    refusal(&broker.post(BATCH, &batch(&[])).await, 400);
    refusal(&broker.post(BATCH, "{}").await, 400);
    refusal(&broker.post(BATCH, "").await, 400);
    for wrong in [json!({ "batch": {} }), json!({ "batch": "x" }), json!({ "batch": null })] {
        refusal(&broker.post(BATCH, &wrong.to_string()).await, 400);
    }
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
}

/// C-177, C-163, C-164, C-165, C-168.
#[tokio::test]
async fn one_bad_event_refuses_the_whole_batch() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let good = json!({ "name": "n", "channel": "chat", "data": "d" });
    let bad = [
        (400, json!({ "channel": "chat", "data": "d" })),
        (400, json!({ "name": "n", "data": "d" })),
        (400, json!({ "name": "n", "channel": "chat" })),
        (400, json!({ "name": "n", "channel": "a b", "data": "d" })),
        (400, json!({ "name": "n", "channels": ["chat"], "data": "d" })),
        (400, json!({ "name": "pusher:n", "channel": "chat", "data": "d" })),
        (400, json!({ "name": "n".repeat(201), "channel": "chat", "data": "d" })),
        (400, json!({ "name": "n", "channel": "n".repeat(201), "data": "d" })),
        (400, json!({ "name": "n", "channel": "chat", "data": {} })),
        (400, json!({ "name": "n", "channel": "chat", "data": "d", "info": "color" })),
        (400, json!("n")),
        (413, json!({ "name": "n", "channel": "chat", "data": "d".repeat(10_241) })),
    ];
    for (status, bad) in bad {
        refusal(&broker.post(BATCH, &batch(&[good.clone(), bad.clone()])).await, status);
        refusal(&broker.post(BATCH, &batch(&[bad, good.clone()])).await, status);
    }
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
    assert_usable(&broker).await;
}

/// C-178: as JSON these are twice as long.
#[tokio::test]
async fn ten_events_of_10240_bytes_fit_into_a_batch() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let data = "\"".repeat(10_240);
    let events = vec![json!({ "name": "n", "channel": "chat", "data": data }); 10];
    assert_done(&broker.post(BATCH, &batch(&events)).await, "{}");
    for _ in 0..10 {
        client.expect(&event("n", "chat", &data)).await;
    }
}

/// C-179.
#[tokio::test]
async fn a_batch_that_is_no_json_object_is_refused() {
    let broker = TestBroker::start().await;
    for body in ["[]", "[{\"name\":\"n\",\"channel\":\"chat\",\"data\":\"d\"}]", "nope", "null"] {
        refusal(&broker.post(BATCH, body).await, 400);
    }
    assert_usable(&broker).await;
}

/// C-172.
#[tokio::test]
async fn info_of_an_event_gives_the_attributes_that_apply() {
    let broker = TestBroker::start().await;
    let (mut first, mut second) = (broker.connect().await, broker.connect().await);
    for client in [&mut first, &mut second] {
        client.subscribe("chat").await;
        client.subscribe_signed("presence-room", Some(r#"{"user_id":"42"}"#)).await;
    }
    let body = json!({
        "name": "n",
        "channels": ["chat", "presence-room", "empty", "presence-empty"],
        "data": "d",
        "info": "user_count,subscription_count",
    });
    let expected = json!({ "channels": {
        "chat": { "subscription_count": 2 },
        "presence-room": { "user_count": 1, "subscription_count": 2 },
        "empty": { "subscription_count": 0 },
        "presence-empty": { "user_count": 0, "subscription_count": 0 },
    }});
    assert_value(&broker.post(EVENTS, &body.to_string()).await, &expected);
    for client in [&mut first, &mut second] {
        let mut found = [client.next().await, client.next().await];
        found.sort();
        assert_eq!(found, [event("n", "chat", "d"), event("n", "presence-room", "d")]);
    }
}

/// C-172: the two examples of section 6.2, one attribute at a time.
#[tokio::test]
async fn a_channel_to_which_no_attribute_applies_has_an_empty_object() {
    let broker = TestBroker::start().await;
    let body = r#"{"name":"n","channel":"chat","data":"d","info":"user_count"}"#;
    assert_done(&broker.post(EVENTS, body).await, r#"{"channels":{"chat":{}}}"#);
    let body = r#"{"name":"n","channel":"presence-x","data":"d","info":"user_count"}"#;
    assert_done(&broker.post(EVENTS, body).await, r#"{"channels":{"presence-x":{"user_count":0}}}"#);
    let body = r#"{"name":"n","channels":["chat"],"data":"d","info":"subscription_count"}"#;
    assert_done(&broker.post(EVENTS, body).await, r#"{"channels":{"chat":{"subscription_count":0}}}"#);
}

/// C-172, section 6.2: an unknown attribute.
#[tokio::test]
async fn an_unknown_attribute_refuses_the_event() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for info in [json!("color"), json!("user_count,color"), json!("cache"), json!(["user_count"]), json!(5)] {
        let body = json!({ "name": "n", "channel": "chat", "data": "d", "info": info });
        refusal(&broker.post(EVENTS, &body.to_string()).await, 400);
    }
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
}

/// C-172, C-173.
#[tokio::test]
async fn info_may_be_in_the_query() {
    let broker = TestBroker::start().await;
    let body = r#"{"name":"n","channel":"chat","data":"d"}"#;
    let target = Parameters::of(APP, body).with("info", "subscription_count").signed(APP, "POST", EVENTS);
    let response = broker.http("POST", &target, &[], body).await;
    assert_done(&response, r#"{"channels":{"chat":{"subscription_count":0}}}"#);
}
