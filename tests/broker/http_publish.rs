//! `POST /apps/{id}/events`: what is accepted, what is refused, and what subscribers get (6.2).

use serde_json::{Value, json};

use crate::support::{APP, Client, OTHER, Response, TestBroker, within};
use crate::support_http::{EVENTS, Parameters, assert_done, assert_usable, event, expect_end_of, publish_end, refusal};

async fn post(broker: &TestBroker, body: &Value) -> Response {
    broker.post(EVENTS, &body.to_string()).await
}

/// The next frame is this event, however its text is escaped.
async fn expect_event(client: &mut Client, name: &str, channel: &str, data: &str) {
    let frame: Value = serde_json::from_str(&client.next().await).unwrap();
    assert_eq!(frame, json!({ "event": name, "channel": channel, "data": data }));
}

/// C-157, C-159.
#[tokio::test]
async fn an_event_for_a_list_of_channels_is_answered_with_an_empty_object_and_delivered() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let body = r#"{"name":"greet","channels":["chat"],"data":"{\"hello\":\"world\"}"}"#;
    assert_done(&broker.post(EVENTS, body).await, "{}");
    client.expect(r#"{"event":"greet","channel":"chat","data":"{\"hello\":\"world\"}"}"#).await;
}

/// C-158.
#[tokio::test]
async fn an_event_for_a_single_channel_is_delivered_too() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    assert_done(&broker.post(EVENTS, r#"{"name":"greet","channel":"chat","data":"x"}"#).await, "{}");
    client.expect(r#"{"event":"greet","channel":"chat","data":"x"}"#).await;
}

/// Section 6.2: both `channel` and `channels` present.
#[tokio::test]
async fn the_list_of_channels_wins_over_the_single_channel() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("single").await;
    client.subscribe("listed").await;
    let body = json!({ "name": "n", "channel": "single", "channels": ["listed"], "data": "d" });
    assert_done(&post(&broker, &body).await, "{}");
    client.expect(&event("n", "listed", "d")).await;
    publish_end(&broker, &["single"]).await;
    expect_end_of(&mut client, "single").await;
}

/// C-159, C-160, C-161.
#[tokio::test]
async fn any_string_is_delivered_as_that_string() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let texts = [
        "hello",
        "",
        "null",
        "17",
        " {\"b\" : 1,\"a\":2} ",
        "\"quoted\"",
        "{\"cut\":",
        "\\",
        "\u{0}",
        "line\nfeed\ttab\u{7f}",
        "Zoë 東京 👋",
        "\u{2028}\u{feff}",
        "</script>",
    ];
    for text in texts {
        broker.publish("chat", "n", text).await;
        client.expect(&event("n", "chat", text)).await;
    }
}

/// C-159, section 9.2: PHP escapes slashes and everything outside ASCII.
#[tokio::test]
async fn escapes_in_the_request_do_not_change_the_payload() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let body = r#"{"name":"App\\Events\\Sent","data":"{\"url\":\"https:\/\/ex.com\/a\",\"n\":\"Zo\u00eb \ud83d\udc4b\"}","channel":"chat"}"#;
    assert_done(&broker.post(EVENTS, body).await, "{}");
    let data = r#"{"url":"https://ex.com/a","n":"Zoë 👋"}"#;
    expect_event(&mut client, "App\\Events\\Sent", "chat", data).await;
}

/// C-162.
#[tokio::test]
async fn data_that_is_no_string_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for data in [json!({ "a": 1 }), json!([]), json!(5), json!(true), json!(null)] {
        let response = post(&broker, &json!({ "name": "n", "channel": "chat", "data": data })).await;
        assert!(refusal(&response, 400).contains("data"), "{response:?}");
    }
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
}

/// C-163.
#[tokio::test]
async fn an_event_without_name_data_or_channel_is_refused() {
    let broker = TestBroker::start().await;
    let response = post(&broker, &json!({ "name": "n", "data": "d" })).await;
    assert_eq!(refusal(&response, 400), "Missing required parameter: channel");
    let response = post(&broker, &json!({ "name": "n", "channel": "chat" })).await;
    assert!(refusal(&response, 400).contains("data"), "{response:?}");
    let response = post(&broker, &json!({ "channel": "chat", "data": "d" })).await;
    assert!(refusal(&response, 400).contains("name"), "{response:?}");
    refusal(&post(&broker, &json!({})).await, 400);
    assert_usable(&broker).await;
}

/// C-163.
#[tokio::test]
async fn names_and_channels_of_the_wrong_type_are_refused() {
    let broker = TestBroker::start().await;
    for name in [json!(5), json!(true), json!(["n"]), json!({})] {
        let response = post(&broker, &json!({ "name": name, "channel": "chat", "data": "d" })).await;
        assert_eq!(refusal(&response, 400), "Expected name parameter to be a string");
    }
    refusal(&post(&broker, &json!({ "name": null, "channel": "chat", "data": "d" })).await, 400);
    for channel in [json!(5), json!(null), json!(["chat"]), json!({})] {
        let body = json!({ "name": "n", "channel": channel, "data": "d" });
        refusal(&post(&broker, &body).await, 400);
    }
    for channels in [json!("chat"), json!([5]), json!([["chat"]]), json!({ "a": "chat" }), json!([])] {
        let body = json!({ "name": "n", "channels": channels, "data": "d" });
        refusal(&post(&broker, &body).await, 400);
    }
    assert_usable(&broker).await;
}

/// C-171.
#[tokio::test]
async fn an_event_that_nobody_hears_is_accepted() {
    let broker = TestBroker::start().await;
    let body = json!({ "name": "n", "channels": ["empty", "presence-empty", "#server-to-user-9"], "data": "d" });
    assert_done(&post(&broker, &body).await, "{}");
}

/// C-173, C-181 (shape of H13).
#[tokio::test]
async fn an_event_may_be_given_in_the_query() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("one").await;
    client.subscribe("two").await;
    let target = Parameters::of(APP, "")
        .with("channels[]", "one")
        .with("channels[]", "two")
        .with("data", "hi there")
        .with("name", "greet")
        .signed(APP, "POST", EVENTS);
    assert_done(&broker.http("POST", &target, &[], "").await, "{}");
    let mut found = [client.next().await, client.next().await];
    found.sort();
    assert_eq!(found, [event("greet", "one", "hi there"), event("greet", "two", "hi there")]);
    let target = Parameters::of(APP, "")
        .with("channel", "one")
        .with("data", "{\"ë\":\"a&b=c%\"}")
        .with("name", "App\\Greet")
        .signed(APP, "POST", EVENTS);
    assert_done(&broker.http("POST", &target, &[], "").await, "{}");
    client.expect(&event("App\\Greet", "one", "{\"ë\":\"a&b=c%\"}")).await;
}

/// Section 6.1: parameters in both places.
#[tokio::test]
async fn the_body_wins_over_the_query() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let body = r#"{"name":"of-the-body","data":"d"}"#;
    let target =
        Parameters::of(APP, body).with("name", "of-the-query").with("channel", "chat").signed(APP, "POST", EVENTS);
    assert_done(&broker.http("POST", &target, &[], body).await, "{}");
    client.expect(&event("of-the-body", "chat", "d")).await;
}

/// C-179.
#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let broker = TestBroker::start().await;
    for body in ["[]", "\"x\"", "5", "null", "true", "nope", "{", "{}{}", " ", "{'name':'n'}"] {
        refusal(&broker.post(EVENTS, body).await, 400);
    }
    refusal(&broker.post(EVENTS, "").await, 400);
    assert_usable(&broker).await;
}

/// Section 6.1: the content type is not enforced, unknown fields are nobody's business.
#[tokio::test]
async fn content_type_and_unknown_fields_do_not_matter() {
    let broker = TestBroker::start().await;
    let body = r#"{"name":"n","channel":"chat","data":"d","tags":{"a":[1,2]},"x":null}"#;
    for kind in ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"] {
        let target = Parameters::of(APP, body).signed(APP, "POST", EVENTS);
        let headers = [("Content-Type", kind), ("X-Pusher-Library", "pusher-http-test 1.0")];
        assert_done(&broker.http("POST", &target, &headers, body).await, "{}");
    }
    let target = Parameters::of(APP, body).signed(APP, "POST", EVENTS);
    assert_done(&broker.http("POST", &target, &[], body).await, "{}");
}

/// C-180.
#[tokio::test]
async fn events_arrive_in_the_order_of_their_publishing() {
    let broker = TestBroker::start().await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = broker.connect().await;
        client.subscribe("chat").await;
        clients.push(client);
    }
    for number in 0..100 {
        // Each on a TCP connection of its own, so that both workers take some.
        broker.publish("chat", "n", &number.to_string()).await;
    }
    for client in &mut clients {
        for number in 0..100 {
            client.expect(&event("n", "chat", &number.to_string())).await;
        }
    }
}

/// One app's channel is not another app's channel of the same name.
#[tokio::test]
async fn an_event_stays_in_its_app() {
    let broker = TestBroker::start().await;
    let mut ours = broker.connect().await;
    let mut theirs = broker.connect_to(OTHER).await;
    ours.subscribe("chat").await;
    theirs.subscribe("chat").await;
    broker.publish("chat", "n", "for 1001").await;
    let body = r#"{"name":"n","channel":"chat","data":"for 2002"}"#;
    let mut connection = broker.http_connection().await;
    let response = connection.signed(OTHER, "POST", "/apps/2002/events", body).await;
    assert_done(&response, "{}");
    ours.expect(&event("n", "chat", "for 1001")).await;
    theirs.expect(&event("n", "chat", "for 2002")).await;
    ours.quiet().await;
    theirs.quiet().await;
}

/// C-084 seen from the publisher, C-147: the user channel takes any non-empty id.
#[tokio::test]
async fn an_event_for_a_user_reaches_every_connection_of_that_user() {
    let broker = TestBroker::start().await;
    let channel = "#server-to-user-ą b/:";
    let (mut first, mut second, mut other) = (broker.connect().await, broker.connect().await, broker.connect().await);
    for client in [&mut first, &mut second] {
        client.sign_in(r#"{"id":"ą b/:"}"#).await;
        client.subscribe(channel).await;
    }
    other.sign_in(r#"{"id":"7"}"#).await;
    other.subscribe("#server-to-user-7").await;
    within("the publish", broker.publish(channel, "notice", "d")).await;
    first.expect(&event("notice", channel, "d")).await;
    second.expect(&event("notice", channel, "d")).await;
    publish_end(&broker, &["#server-to-user-7"]).await;
    expect_end_of(&mut other, "#server-to-user-7").await;
}
