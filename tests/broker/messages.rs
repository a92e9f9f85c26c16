//! Pings, malformed messages and `pusher:error` (protocol reference 2.3, 2.4).

use crate::support::{Dial, Opcode, TestBroker, frame};

const PONG: &str = r#"{"event":"pusher:pong","data":"{}"}"#;

/// C-028, C-029.
#[tokio::test]
async fn a_malformed_message_is_an_error_and_the_connection_stays_usable() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for text in [
        "",
        " ",
        "{",
        "hello",
        "nul",
        r#"{"event":"pusher:ping""#,
        r#"{"event":"pusher:ping"}}"#,
        r#"{'event':'pusher:ping'}"#,
        r#"{"event":"pusher:ping",}"#,
        "{\"event\":\"pusher:\u{1}ping\"}",
        r#"["pusher:ping"]"#,
        r#"[{"event":"pusher:ping"}]"#,
        "[]",
        "5",
        "null",
        "true",
        r#""pusher:ping""#,
        "{}",
        r#"{"event":5}"#,
        r#"{"event":null}"#,
        r#"{"event":["pusher:ping"]}"#,
        r#"{"event":{"name":"pusher:ping"}}"#,
        r#"{"Event":"pusher:ping"}"#,
        r#"{"data":{"event":"pusher:ping"}}"#,
        r#"{"event":"\ud800"}"#,
    ] {
        client.send(text).await;
        client.expect(r#"{"event":"pusher:error","data":{"code":null,"message":"Invalid message format"}}"#).await;
        client.quiet().await;
    }
}

/// C-028. Nesting costs neither the stack nor the connection.
#[tokio::test]
async fn deep_nesting_does_no_harm() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    client.send(&deep).await;
    client.expect_error(None).await;
    client.send(&"[".repeat(60_000)).await;
    client.expect_error(None).await;
    client.send(&r#"{"event":"#.repeat(6_000)).await;
    client.expect_error(None).await;
    client.send(&format!(r#"{{"event":"pusher:subscribe","data":{deep}}}"#)).await;
    client.expect_error(None).await;
    client.quiet().await;
}

/// C-042, C-043.
#[tokio::test]
async fn a_ping_is_answered_once_whatever_its_data() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for text in [
        r#"{"event":"pusher:ping"}"#,
        r#"{"event": "pusher:ping"}"#,
        r#"{"event":"pusher:ping","data":{}}"#,
        r#"{"event":"pusher:ping","data":""}"#,
        r#"{"event":"pusher:ping","data":"{}"}"#,
        r#"{"event":"pusher:ping","data":null}"#,
        r#"{"data":[1,{"a":[]}],"event":"pusher:ping"}"#,
        r#"{"event":"pusher:ping","data":12345678901234567890123}"#,
        r#"{"event":"pusher:ping","data":true,"channel":null,"extra":{}}"#,
        "\t{ \"event\" : \"pusher\\u003aping\" }\r\n",
    ] {
        client.send(text).await;
        client.expect(PONG).await;
    }
    client.quiet().await;
}

/// C-044. Pysher does this.
#[tokio::test]
async fn a_ping_before_anything_was_read_is_answered_after_connection_established() {
    let broker = TestBroker::start().await;
    let ping = frame(Opcode::Text, br#"{"event":"pusher:ping","data":""}"#);
    let mut client = broker.dial_and_send(Dial::query("protocol=6&client=Pysher&version=1.0.7"), &ping).await;
    client.established(120).await;
    client.expect(PONG).await;
    client.quiet().await;
}

/// C-045.
#[tokio::test]
async fn a_pong_has_no_reply() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for text in [
        r#"{"event":"pusher:pong","data":{}}"#,
        r#"{"event":"pusher:pong","data":""}"#,
        r#"{"event":"pusher:pong","data":null}"#,
        r#"{"event":"pusher:pong"}"#,
    ] {
        client.send(text).await;
        client.quiet().await;
    }
}

/// C-046.
#[tokio::test]
async fn a_ping_is_answered_over_the_client_event_rate() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe_signed("private-chat", None).await;
    let event = r#"{"event":"client-x","channel":"private-chat","data":1}"#;
    let ping = r#"{"event":"pusher:ping"}"#;
    let mut burst = frame(Opcode::Text, event.as_bytes()).repeat(12);
    burst.extend(frame(Opcode::Text, ping.as_bytes()).repeat(20));
    client.send_raw(&burst).await;
    client.expect_error(Some(4301)).await;
    client.expect_error(Some(4301)).await;
    for _ in 0..20 {
        client.expect(PONG).await;
    }
    client.quiet().await;
}

/// C-047, C-048. One of every error that does not end a connection, one after another.
#[tokio::test]
async fn errors_of_a_connection_that_stays_open_carry_null_or_43xx() {
    let broker = TestBroker::with_app(|app| app.subscription_error = false).await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for text in [
        "{",
        r#"{"event":"foo"}"#,
        r#"{"event":"pusher:subscribe"}"#,
        r#"{"event":"pusher:subscribe","data":5}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"chat"}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"a b"}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"private-a"}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"presence-a","auth":"x:y"}}"#,
        r##"{"event":"pusher:subscribe","data":{"channel":"#server-to-user-1"}}"##,
        r#"{"event":"pusher:unsubscribe"}"#,
        r#"{"event":"pusher:unsubscribe","data":{"channel":"elsewhere"}}"#,
        r#"{"event":"pusher:signin"}"#,
        r#"{"event":"pusher:signin","data":{"auth":"x:y","user_data":"{}"}}"#,
        r#"{"event":"client-x","channel":"chat","data":1}"#,
        r#"{"event":"client-x"}"#,
    ] {
        client.send(text).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
}

/// C-049, C-050.
#[tokio::test]
async fn an_unknown_event_name_is_unsupported() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send(r#"{"event":"foo"}"#).await;
    client
        .expect(
            r#"{"event":"pusher:error","data":{"code":null,"message":"Unsupported event received on socket: foo"}}"#,
        )
        .await;
    for name in [
        "pusher:foo",
        "pusher:connection_established",
        "pusher:subscription_succeeded",
        "pusher_internal:subscription_succeeded",
        "pusher_internal:member_added",
        "pusher:error",
        "PUSHER:PING",
        "pusher:ping ",
        "pusher",
        "größe 👋",
        "",
    ] {
        client.send(&serde_json::json!({ "event": name, "channel": "chat", "data": {} }).to_string()).await;
        let message = client.expect_error(None).await;
        assert_eq!(message, format!("Unsupported event received on socket: {name}"));
    }
    client.quiet().await;
}

/// C-047. The name in the message is escaped as JSON demands.
#[tokio::test]
async fn an_error_quotes_what_it_was_sent_without_breaking_its_own_frame() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send(r#"{"event":"a\"b\\c\nd\u0001"}"#).await;
    let message = client.expect_error(None).await;
    assert_eq!(message, "Unsupported event received on socket: a\"b\\c\nd\u{1}");
}

/// C-051.
#[tokio::test]
async fn a_subscribe_without_usable_data_is_an_error() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for event in ["pusher:subscribe", "pusher:unsubscribe", "pusher:signin"] {
        for data in ["5", "true", "[]", r#"["chat"]"#, r#""chat""#, r#""""#, r#""5""#] {
            client.send(&format!(r#"{{"event":"{event}","data":{data}}}"#)).await;
            client
                .expect(
                    r#"{"event":"pusher:error","data":{"code":null,"message":"Expected parameter data to be a hash"}}"#,
                )
                .await;
        }
        for data in [r#","data":null"#, r#","data":{}"#, r#","data":"{}""#, ""] {
            client.send(&format!(r#"{{"event":"{event}"{data}}}"#)).await;
            client.expect_error(None).await;
        }
        client.quiet().await;
    }
}
