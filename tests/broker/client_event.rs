//! Client events: who may send what, and who hears it (protocol reference 2.13).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::support::{Client, Opcode, TestBroker, frame};

const OFF: &str = "To send client events, you must enable this feature in the Settings page of your dashboard.";

async fn subscriber(broker: &TestBroker, channel: &str) -> Client {
    let mut client = broker.connect().await;
    client.subscribe_signed(channel, None).await;
    client
}

async fn member(broker: &TestBroker, channel: &str, id: &str) -> Client {
    let mut client = broker.connect().await;
    client.subscribe_signed(channel, Some(&json!({ "user_id": id }).to_string())).await;
    client
}

fn event(name: &str, channel: &str, data: &Value) -> String {
    json!({ "event": name, "channel": channel, "data": data }).to_string()
}

/// C-124.
#[tokio::test]
async fn client_events_are_refused_when_the_switch_is_off() {
    let broker = TestBroker::with_app(|app| app.client_events = false).await;
    let mut sender = subscriber(&broker, "private-chat").await;
    let mut receiver = subscriber(&broker, "private-chat").await;
    sender.send(r#"{"event":"client-typing","channel":"private-chat","data":{}}"#).await;
    sender.expect(&format!(r#"{{"event":"pusher:error","data":{{"code":null,"message":"{OFF}"}}}}"#)).await;
    sender.quiet().await;
    receiver.quiet().await;
}

/// C-125, exact to the byte, with one worker and with several.
#[tokio::test]
async fn a_client_event_reaches_all_other_subscribers_and_not_the_sender() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut sender = subscriber(&broker, "private-chat").await;
        let mut others = Vec::new();
        for _ in 0..5 {
            others.push(subscriber(&broker, "private-chat").await);
        }
        sender.send(r#"{"event":"client-typing","channel":"private-chat","data":{"on":true}}"#).await;
        for other in &mut others {
            other.expect(r#"{"event":"client-typing","channel":"private-chat","data":{"on":true}}"#).await;
        }
        broker.publish("private-chat", "mark", "").await;
        sender.expect(r#"{"event":"mark","channel":"private-chat","data":""}"#).await;
    }
}

/// C-125 on a presence channel, C-131.
#[tokio::test]
async fn on_presence_channels_the_sender_is_named() {
    let broker = TestBroker::start().await;
    let mut sender = member(&broker, "presence-room", "42").await;
    let mut other = member(&broker, "presence-room", "7").await;
    assert!(sender.next().await.contains("member_added"));
    sender.send(r#"{"event":"client-typing","channel":"presence-room","data":{"on":true}}"#).await;
    other.expect(r#"{"event":"client-typing","channel":"presence-room","data":{"on":true},"user_id":"42"}"#).await;
    sender.quiet().await;

    // A number at the auth endpoint is a string here.
    let mut third = broker.connect().await;
    third.subscribe_signed("presence-room", Some(r#"{"user_id":5}"#)).await;
    assert!(other.next().await.contains("member_added"));
    third.send(r#"{"event":"client-typing","channel":"presence-room","data":"x"}"#).await;
    other.expect(r#"{"event":"client-typing","channel":"presence-room","data":"x","user_id":"5"}"#).await;
}

/// C-126. The sender is a connection, not a user.
#[tokio::test]
async fn other_connections_of_the_sender_hear_it() {
    let broker = TestBroker::start().await;
    let mut first = member(&broker, "presence-room", "42").await;
    let mut second = member(&broker, "presence-room", "42").await;
    first.send(r#"{"event":"client-x","channel":"presence-room","data":1}"#).await;
    second.expect(r#"{"event":"client-x","channel":"presence-room","data":1,"user_id":"42"}"#).await;
    first.quiet().await;
}

/// C-127. Although the sender is subscribed, and nobody hears it.
#[tokio::test]
async fn only_private_and_presence_channels_take_client_events() {
    let broker = TestBroker::start().await;
    let mut sender = broker.connect().await;
    sender.sign_in(r#"{"id":"42"}"#).await;
    let mut other = broker.connect().await;
    other.sign_in(r#"{"id":"42"}"#).await;
    for channel in
        ["chat", "cache-chat", "#server-to-user-42", "private-encrypted-chat", "private-encrypted-cache-chat"]
    {
        for client in [&mut sender, &mut other] {
            client.subscribe_signed(channel, None).await;
            if channel.contains("cache-") {
                assert!(client.next().await.contains("pusher:cache_miss"));
            }
        }
        sender.send(&event("client-x", channel, &json!({}))).await;
        sender.expect_error(None).await;
        sender.quiet().await;
        other.quiet().await;
    }
}

/// C-128, C-074.
#[tokio::test]
async fn a_sender_that_is_not_subscribed_is_refused() {
    let broker = TestBroker::start().await;
    let mut receiver = subscriber(&broker, "private-chat").await;
    let mut sender = broker.connect().await;
    for _left_again in 0..2 {
        sender.send(r#"{"event":"client-x","channel":"private-chat","data":{}}"#).await;
        sender
            .expect(r#"{"event":"pusher:error","data":{"code":null,"message":"Cannot broadcast client event (connection not subscribed to channel private-chat)"}}"#)
            .await;
        sender.subscribe_signed("private-chat", None).await;
        sender.unsubscribe("private-chat").await;
    }
    receiver.quiet().await;
}

/// C-129.
#[tokio::test]
async fn a_client_event_without_channel_or_data_is_invalid() {
    let broker = TestBroker::start().await;
    let mut sender = subscriber(&broker, "private-chat").await;
    for text in [
        r#"{"event":"client-x"}"#,
        r#"{"event":"client-x","channel":"private-chat"}"#,
        r#"{"event":"client-x","data":{}}"#,
        r#"{"event":"client-x","channel":null,"data":{}}"#,
        r#"{"event":"client-x","channel":5,"data":{}}"#,
        r#"{"event":"client-x","channel":["private-chat"],"data":{}}"#,
    ] {
        sender.send(text).await;
        sender
            .expect(r#"{"event":"pusher:error","data":{"code":null,"message":"Invalid client event (must contain channel and data)"}}"#)
            .await;
    }
    sender.quiet().await;
}

/// C-130. What the sender wrote arrives as it was written.
#[tokio::test]
async fn data_keeps_its_type_and_value() {
    let broker = TestBroker::with_app(|app| app.client_event_rate = 1_000).await;
    let mut sender = subscriber(&broker, "private-chat").await;
    let mut receiver = subscriber(&broker, "private-chat").await;
    for data in [
        r#"{"on":true}"#,
        "{}",
        r#""{\"on\":true}""#,
        r#""plain text""#,
        r#""""#,
        "5",
        "-1.5",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "[1,\"two\",null,[]]",
        "null",
        "true",
        "false",
        r#"{"z":1,"a":2,"m":{"z":1,"a":2}}"#,
        r#""Zoë 👋""#,
    ] {
        sender.send(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{data}}}"#)).await;
        receiver.expect(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{data}}}"#)).await;
    }
    for data in [r#""\u005a\u00f6 \/ \ud83d\udc4b""#, "{ \"a\" : [ 1 ,\n2 ] }"] {
        sender.send(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{data}}}"#)).await;
        let received: Value = serde_json::from_str(&receiver.next().await).unwrap();
        assert_eq!(received["data"], serde_json::from_str::<Value>(data).unwrap());
    }
}

/// C-132, C-133, C-031.
#[tokio::test]
async fn nothing_else_of_the_senders_message_is_copied() {
    let broker = TestBroker::start().await;
    let mut sender = member(&broker, "presence-room", "42").await;
    let mut other = member(&broker, "presence-room", "7").await;
    assert!(sender.next().await.contains("member_added"));
    sender.send(r#"{"user_id":"7","extra":{"a":1},"event":"client-x","channel":"presence-room","socket_id":"1.1","data":1}"#).await;
    other.expect(r#"{"event":"client-x","channel":"presence-room","data":1,"user_id":"42"}"#).await;

    for client in [&mut sender, &mut other] {
        client.subscribe_signed("private-chat", None).await;
    }
    sender.send(r#"{"event":"client-x","data":2,"user_id":"7","time":5,"channel":"private-chat"}"#).await;
    other.expect(r#"{"event":"client-x","channel":"private-chat","data":2}"#).await;
    sender.send(r#"{"event":"client-x","data":3,"user_id":null,"channel":"private-chat"}"#).await;
    other.expect(r#"{"event":"client-x","channel":"private-chat","data":3}"#).await;
}

/// C-132. A name that `channel_data` carries on a private channel is not a member's.
#[tokio::test]
async fn a_private_channel_names_no_sender_even_with_channel_data() {
    let broker = TestBroker::start().await;
    let mut sender = member(&broker, "private-chat", "42").await;
    let mut other = subscriber(&broker, "private-chat").await;
    sender.send(r#"{"event":"client-x","channel":"private-chat","data":1}"#).await;
    other.expect(r#"{"event":"client-x","channel":"private-chat","data":1}"#).await;
}

/// C-134.
#[tokio::test]
async fn a_name_without_the_prefix_is_unsupported() {
    let broker = TestBroker::start().await;
    let mut sender = subscriber(&broker, "private-chat").await;
    for name in ["typing", "client_typing", "clienttyping", "Client-typing", "client", "x-client-typing", "greet"] {
        sender.send(&event(name, "private-chat", &json!({}))).await;
        assert_eq!(sender.expect_error(None).await, format!("Unsupported event received on socket: {name}"));
    }
    sender.quiet().await;
}

/// C-135. Characters count, not bytes.
#[tokio::test]
async fn a_name_has_200_characters_at_most() {
    let broker = TestBroker::start().await;
    let mut sender = subscriber(&broker, "private-chat").await;
    let mut receiver = subscriber(&broker, "private-chat").await;
    for letter in ["n", "é", "👋"] {
        let name = format!("client-{}", letter.repeat(193));
        sender.send(&event(&name, "private-chat", &json!(1))).await;
        receiver.expect(&format!(r#"{{"event":"{name}","channel":"private-chat","data":1}}"#)).await;
        sender.send(&event(&format!("{name}{letter}"), "private-chat", &json!(1))).await;
        sender.expect_error(None).await;
    }
    receiver.quiet().await;
}

/// C-136. The content of a string counts, and the text of anything else.
#[tokio::test]
async fn data_has_10240_bytes_at_most() {
    let broker = TestBroker::start().await;
    let mut sender = subscriber(&broker, "private-chat").await;
    let mut receiver = subscriber(&broker, "private-chat").await;
    let strings = ["x".repeat(10_240), "é".repeat(5_120), "\"".repeat(10_240), "\n".repeat(10_240)];
    for fits in strings {
        sender.send(&event("client-x", "private-chat", &json!(fits))).await;
        let received: Value = serde_json::from_str(&receiver.next().await).unwrap();
        assert_eq!(received["data"], fits.as_str());
        sender.send(&event("client-x", "private-chat", &json!(format!("{fits}x")))).await;
        sender.expect_error(None).await;
    }
    let object = json!({ "a": "x".repeat(10_240 - r#"{"a":""}"#.len()) });
    sender.send(&event("client-x", "private-chat", &object)).await;
    receiver.expect(&event_text("private-chat", &object)).await;
    let object = json!({ "a": "x".repeat(10_241 - r#"{"a":""}"#.len()) });
    sender.send(&event("client-x", "private-chat", &object)).await;
    sender.expect_error(None).await;
    receiver.quiet().await;
}

/// C-137.
#[tokio::test]
async fn the_11th_event_within_a_second_gets_4301_and_is_dropped() {
    let broker = TestBroker::start().await;
    let mut sender = subscriber(&broker, "private-chat").await;
    let mut receiver = subscriber(&broker, "private-chat").await;
    let started = Instant::now();
    let burst: Vec<u8> =
        (1..=11).flat_map(|n| frame(Opcode::Text, event("client-x", "private-chat", &json!(n)).as_bytes())).collect();
    sender.send_raw(&burst).await;
    sender.expect_error(Some(4301)).await;
    sender.quiet().await;
    for n in 1..=10 {
        receiver.expect(&event_text("private-chat", &json!(n))).await;
    }
    receiver.quiet().await;

    // Tries on until one passes again, which takes a second at most.
    let mut ticks = interval(Duration::from_millis(50));
    loop {
        ticks.tick().await;
        sender.send(&event("client-again", "private-chat", &json!(1))).await;
        sender.send(r#"{"event":"pusher:ping"}"#).await;
        if sender.next().await == r#"{"event":"pusher:pong","data":"{}"}"# {
            break;
        }
        sender.expect(r#"{"event":"pusher:pong","data":"{}"}"#).await;
    }
    receiver.expect(r#"{"event":"client-again","channel":"private-chat","data":1}"#).await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

/// C-137, C-138. The rate is the app's, and counts over all channels of a connection.
#[tokio::test]
async fn the_rate_counts_per_connection_over_all_channels() {
    let broker = TestBroker::start().await;
    let mut first = subscriber(&broker, "private-a").await;
    first.subscribe_signed("private-b", None).await;
    let mut second = subscriber(&broker, "private-a").await;
    let mut receiver = subscriber(&broker, "private-a").await;
    let burst: Vec<u8> = (0..12)
        .map(|n| if n % 2 == 0 { "private-a" } else { "private-b" })
        .flat_map(|channel| frame(Opcode::Text, event("client-x", channel, &json!(1)).as_bytes()))
        .collect();
    first.send_raw(&burst).await;
    first.expect_error(Some(4301)).await;
    first.expect_error(Some(4301)).await;
    for client in [&mut second, &mut receiver] {
        for _ in 0..5 {
            client.expect(r#"{"event":"client-x","channel":"private-a","data":1}"#).await;
        }
    }
    // The other connection has all its ten left.
    second.send_raw(&frame(Opcode::Text, event("client-y", "private-a", &json!(1)).as_bytes()).repeat(10)).await;
    second.quiet().await;
    for _ in 0..10 {
        receiver.expect(r#"{"event":"client-y","channel":"private-a","data":1}"#).await;
    }
    receiver.quiet().await;
}

/// C-139, C-221.
#[tokio::test]
async fn client_events_are_not_cached() {
    let broker = TestBroker::start().await;
    for (channel, data) in [("private-cache-a", None), ("presence-cache-a", Some(r#"{"user_id":"1"}"#))] {
        let mut sender = broker.connect().await;
        sender.subscribe_signed(channel, data).await;
        assert!(sender.next().await.contains("pusher:cache_miss"));
        sender.send(&event("client-x", channel, &json!({}))).await;
        sender.quiet().await;
        let mut late = broker.connect().await;
        late.subscribe_signed(channel, data).await;
        late.expect(&format!(r#"{{"event":"pusher:cache_miss","channel":"{channel}","data":"{{}}"}}"#)).await;
    }
}

/// The order of the checks in 2.13, told by the answer to two faults at once.
#[tokio::test]
async fn of_two_faults_the_earlier_one_in_the_table_answers() {
    let broker = TestBroker::with_app(|app| app.client_events = false).await;
    let mut client = broker.connect().await;
    client.send(r#"{"event":"client-x","data":1}"#).await;
    assert!(client.expect_error(None).await.starts_with("Invalid client event"));
    for channel in ["chat", "private-chat", "private-encrypted-chat", "a b"] {
        client.send(&event("client-x", channel, &json!(1))).await;
        assert_eq!(client.expect_error(None).await, OFF);
    }

    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let large = json!("x".repeat(10_241));
    client.send(&event("client-x", "private-chat", &large)).await;
    assert!(client.expect_error(None).await.starts_with("Cannot broadcast client event"));
    client.subscribe_signed("private-chat", None).await;
    let event = event("client-x", "private-chat", &json!(1));
    client.send_raw(&frame(Opcode::Text, event.as_bytes()).repeat(11)).await;
    client.expect_error(Some(4301)).await;
    client.send(&self::event("client-x", "private-chat", &large)).await;
    client.expect_error(None).await;
}

/// What others hear of a `client-x` with this data.
fn event_text(channel: &str, data: &Value) -> String {
    format!(r#"{{"event":"client-x","channel":"{channel}","data":{data}}}"#)
}
