//! Names, sizes and counts of a publish (3.1, 3.3, 3.4), C-164…C-168 and C-088…C-091 over HTTP.

use serde_json::{Value, json};

use crate::support::{Response, TestBroker};
use crate::support_http::{EVENTS, assert_done, assert_usable, event, expect_end_of, publish_end, refusal};

async fn post(broker: &TestBroker, body: &Value) -> Response {
    broker.post(EVENTS, &body.to_string()).await
}

/// C-164.
#[tokio::test]
async fn the_pusher_namespace_is_reserved() {
    let broker = TestBroker::start().await;
    for name in ["pusher:x", "pusher_internal:member_added", "pusher", "pusher-notification"] {
        let response = post(&broker, &json!({ "name": name, "channel": "chat", "data": "d" })).await;
        let expected = "The 'pusher' namespace is reserved for internal usage";
        assert_eq!(refusal(&response, 400), expected, "{name}");
    }
    broker.publish("chat", "my-pusher:x", "d").await;
}

/// C-165.
#[tokio::test]
async fn event_names_have_1_to_200_characters() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for name in ["n".repeat(200), "é".repeat(200), "👋".repeat(200)] {
        broker.publish("chat", &name, "d").await;
        client.expect(&event(&name, "chat", "d")).await;
    }
    for name in ["n".repeat(201), "é".repeat(201), String::new()] {
        refusal(&post(&broker, &json!({ "name": name, "channel": "chat", "data": "d" })).await, 400);
    }
    client.quiet().await;
}

/// C-165, section 3.3, 6.2.
#[tokio::test]
async fn event_names_are_free_otherwise() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for name in ["App\\Events\\Foo", ".dotted.name", "a/b c", "\"quoted\"", "Ünï 👋", "client-x"] {
        broker.publish("chat", name, "d").await;
        client.expect(&event(name, "chat", "d")).await;
    }
}

/// C-166.
#[tokio::test]
async fn an_event_goes_to_100_channels_at_most() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let names: Vec<String> = (0..101).map(|number| format!("channel-{number}")).collect();
    for name in &names {
        client.subscribe(name).await;
    }
    let response = post(&broker, &json!({ "name": "n", "channels": names, "data": "d" })).await;
    refusal(&response, 400);
    let body = json!({ "name": "n", "channels": names[..100], "data": "d" });
    assert_done(&post(&broker, &body).await, "{}");
    let mut found = Vec::new();
    for _ in 0..100 {
        let frame: Value = serde_json::from_str(&client.next().await).unwrap();
        found.push(frame["channel"].as_str().unwrap().to_owned());
    }
    found.sort();
    let mut expected = names[..100].to_vec();
    expected.sort();
    assert_eq!(found, expected);
    client.quiet().await;
}

/// C-166.
#[tokio::test]
async fn a_channel_that_is_named_twice_gets_the_event_once() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let body = json!({ "name": "n", "channels": ["chat", "other", "chat"], "data": "d" });
    assert_done(&post(&broker, &body).await, "{}");
    client.expect(&event("n", "chat", "d")).await;
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
}

/// C-167, C-089.
#[tokio::test]
async fn one_invalid_channel_name_refuses_the_whole_event() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("good").await;
    for bad in ["", "a b", "a/b", "a:b", "a#b", "é", "#server-to-user-", "#other", "a\n"] {
        let body = json!({ "name": "n", "channels": ["good", bad], "data": "d" });
        let text = refusal(&post(&broker, &body).await, 400);
        assert!(text.starts_with("Invalid channel name"), "{text:?} for {bad:?}");
        let body = json!({ "name": "n", "channel": bad, "data": "d" });
        refusal(&post(&broker, &body).await, 400);
    }
    publish_end(&broker, &["good"]).await;
    expect_end_of(&mut client, "good").await;
}

/// C-088, C-090, C-091.
#[tokio::test]
async fn channel_names_have_200_characters_at_most() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for name in ["-_=@,.;azAZ09".to_owned(), "n".repeat(164), "n".repeat(200)] {
        client.subscribe(&name).await;
        broker.publish(&name, "n", "d").await;
        client.expect(&event("n", &name, "d")).await;
    }
    let long = "n".repeat(201);
    for body in [
        json!({ "name": "n", "channel": long, "data": "d" }),
        json!({ "name": "n", "channels": ["chat", long], "data": "d" }),
    ] {
        assert!(refusal(&post(&broker, &body).await, 400).starts_with("Invalid channel name"));
    }
    refusal(&broker.get(&format!("/apps/1001/channels/{long}")).await, 400);
    assert_usable(&broker).await;
}

/// C-168.
#[tokio::test]
async fn data_has_10240_bytes_at_most() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    // Escapes in the request do not count, bytes of UTF-8 do.
    for data in ["d".repeat(10_240), "é".repeat(5_120), "\"".repeat(10_240), "\n".repeat(10_240)] {
        broker.publish("chat", "n", &data).await;
        client.expect(&event("n", "chat", &data)).await;
    }
    for data in ["d".repeat(10_241), format!("{}d", "é".repeat(5_120)), "\n".repeat(10_241)] {
        let response = post(&broker, &json!({ "name": "n", "channel": "chat", "data": data })).await;
        let text = refusal(&response, 413);
        let start = "The data content of this event exceeds the allowed maximum (10240 bytes)";
        assert!(text.starts_with(start), "{text:?}");
    }
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
}
