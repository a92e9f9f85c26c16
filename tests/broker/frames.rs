//! WebSocket frames and the order of what travels in them (protocol reference 1.3, 2.0).

use serde_json::json;

use crate::support::{Dial, Frame, Opcode, TestBroker, frame, frame_with, succeeded};

const PING: &str = r#"{"event":"pusher:ping","data":{}}"#;
const PONG: &str = r#"{"event":"pusher:pong","data":"{}"}"#;

/// First byte of a frame that begins, continues or ends a fragmented message.
const FIRST_FRAGMENT: u8 = 0x01;
const NEXT_FRAGMENT: u8 = 0x00;
const LAST_FRAGMENT: u8 = 0x80;

/// C-023.
#[tokio::test]
async fn a_binary_frame_closes_with_1003() {
    let broker = TestBroker::start().await;
    for payload in [PING.as_bytes(), b"", &[0xFF, 0x00]] {
        let mut client = broker.connect().await;
        client.send_raw(&frame(Opcode::Binary, payload)).await;
        client.expect_close(1003).await;
    }
}

/// C-024.
#[tokio::test]
async fn a_fragmented_message_is_put_together() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let bytes = r#"{"event":"pusher:subscribe","data":{"channel":"größe-👋"}}"#.as_bytes();

    // One byte a fragment, so that some fragments end inside a character.
    let (first, rest) = bytes.split_first().unwrap();
    let (last, middle) = rest.split_last().unwrap();
    let mut sent = frame_with(FIRST_FRAGMENT, &[*first]);
    for byte in middle {
        sent.extend(frame_with(NEXT_FRAGMENT, &[*byte]));
    }
    sent.extend(frame_with(LAST_FRAGMENT, &[*last]));
    client.send_raw(&sent).await;
    client.expect_refused_somehow("größe-👋").await;

    let (left, right) = PING.as_bytes().split_at(10);
    client.send_raw(&frame_with(FIRST_FRAGMENT, left)).await;
    client.send_raw(&frame_with(NEXT_FRAGMENT, b"")).await;
    client.send_raw(&frame_with(LAST_FRAGMENT, right)).await;
    client.expect(PONG).await;
    client.quiet().await;
}

/// C-024, C-025. Control frames may come between fragments and are answered there.
#[tokio::test]
async fn a_control_ping_inside_a_fragmented_message_is_answered_at_once() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let (left, right) = PING.as_bytes().split_at(7);
    client.send_raw(&frame_with(FIRST_FRAGMENT, left)).await;
    client.send_raw(&frame(Opcode::Ping, b"between")).await;
    let pong = Frame { opcode: Opcode::Pong, payload: b"between".to_vec() };
    assert_eq!(client.next_frame().await, pong);
    client.send_raw(&frame_with(LAST_FRAGMENT, right)).await;
    client.expect(PONG).await;
}

/// C-024. Bytes may come in any portions, the handshake's included.
#[tokio::test]
async fn a_frame_that_arrives_byte_by_byte_is_handled() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.stream().set_nodelay(true).unwrap();
    for byte in [frame(Opcode::Text, PING.as_bytes()), frame(Opcode::Ping, b"x")].concat() {
        client.send_raw(&[byte]).await;
    }
    client.expect(PONG).await;
    assert_eq!(client.next_frame().await, Frame { opcode: Opcode::Pong, payload: b"x".to_vec() });
}

/// C-025. More pings than .NET sends in five minutes, and every length that a ping may have.
#[tokio::test]
async fn control_pings_are_answered_with_their_payload_and_never_punished() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for length in 0..=125 {
        client.send_raw(&frame(Opcode::Ping, &vec![0xA5; length])).await;
        let pong = Frame { opcode: Opcode::Pong, payload: vec![0xA5; length] };
        assert_eq!(client.next_frame().await, pong);
    }
    let burst: Vec<u8> = (0..300_u16).flat_map(|n| frame(Opcode::Ping, &n.to_be_bytes())).collect();
    client.send_raw(&burst).await;
    for n in 0..300_u16 {
        let pong = Frame { opcode: Opcode::Pong, payload: n.to_be_bytes().to_vec() };
        assert_eq!(client.next_frame().await, pong);
    }
    client.quiet().await;
}

/// An unasked pong is legal and has no answer (RFC 6455, 5.5.3).
#[tokio::test]
async fn an_unasked_control_pong_has_no_answer() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send_raw(&frame(Opcode::Pong, b"here I am")).await;
    client.quiet().await;
}

/// C-026.
#[tokio::test]
async fn a_sign_in_of_40_kib_is_accepted() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let user_data = json!({ "id": "42", "notes": "é".repeat(20 * 1024) }).to_string();
    assert!(user_data.len() > 40 * 1024);
    client.sign_in(&user_data).await;
    client.quiet().await;
}

/// C-027. Exactly the maximum is handled, one byte more is too much.
#[tokio::test]
async fn a_message_above_the_maximum_closes_with_1009() {
    let broker = TestBroker::with(|config| config.limits.message_bytes = 1_000).await;
    let mut client = broker.connect().await;
    client.send(&ping_of(1_000)).await;
    client.expect(PONG).await;
    client.send(&ping_of(1_001)).await;
    client.expect_close(1009).await;
}

/// C-027. The default takes 64 KiB.
#[tokio::test]
async fn a_message_of_64_kib_is_handled() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send(&ping_of(64 * 1024)).await;
    client.expect(PONG).await;
    client.send(&ping_of(64 * 1024 + 1)).await;
    client.expect_close(1009).await;
}

/// C-027. The sum of the fragments counts.
#[tokio::test]
async fn a_message_that_grows_too_long_in_fragments_closes_with_1009() {
    let broker = TestBroker::with(|config| config.limits.message_bytes = 1_000).await;
    let mut client = broker.connect().await;
    client.send_raw(&frame_with(FIRST_FRAGMENT, &[b' '; 600])).await;
    client.quiet_control().await;
    client.send_raw(&frame_with(NEXT_FRAGMENT, &[b' '; 600])).await;
    client.expect_close(1009).await;
}

/// C-027. The rest of a frame that is too long is not waited for, whatever it announces.
#[tokio::test]
async fn a_frame_that_announces_too_much_closes_with_1009_before_its_end() {
    const MAXIMUM: usize = 1_000;
    let broker = TestBroker::with(|config| config.limits.message_bytes = MAXIMUM).await;
    for length in [100_000, 1 << 32, u64::MAX >> 1] {
        let mut client = broker.connect().await;
        let head = [&[0x81, 0x80 | 127], length.to_be_bytes().as_slice(), &[1, 2, 3, 4]].concat();
        client.send_raw(&head).await;
        client.send_raw(&[b' '; MAXIMUM + 1]).await;
        client.expect_close(1009).await;
    }
}

/// C-031, C-032, C-033. `shape.rs` checks every frame of every test; here are all kinds in one.
#[tokio::test]
async fn every_kind_of_frame_has_only_its_four_keys_and_no_nulls() {
    let broker = TestBroker::with_app(|app| app.subscription_count = true).await;
    let mut watcher = broker.connect().await;
    watcher.sign_in(r#"{"id":"1","watchlist":["42"]}"#).await;
    let _watchlist = watcher.next().await;
    watcher.subscribe_signed("presence-cache-all", Some(r#"{"user_id":1}"#)).await;
    let _miss = watcher.next().await;

    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.subscribe("#server-to-user-42").await;
    client.subscribe("chat").await;
    let _count = client.next().await;
    client.subscribe_signed("presence-cache-all", Some(r#"{"user_id":42}"#)).await;
    let _miss = client.next().await;
    broker.publish("#server-to-user-42", "notice", "").await;
    client.expect(r##"{"event":"notice","channel":"#server-to-user-42","data":""}"##).await;
    client.send(r#"{"event":"client-x","channel":"presence-cache-all","data":null}"#).await;
    client.send("{").await;
    client.expect_error(None).await;
    client.close().await;

    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(watcher.next().await);
    }
    for part in ["online", "member_added", "client-x", "member_removed", "offline"] {
        assert!(heard.iter().any(|text| text.contains(part)), "{part} in {heard:?}");
    }
    watcher.quiet().await;
}

/// C-034.
#[tokio::test]
async fn names_and_payloads_arrive_byte_for_byte() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for (name, data) in [
        ("größe", "Zoë 👋 東京"),
        ("👋", r#"{"a":"\u00eb","b":"\/"}"#),
        ("App\\Events\\OrderShipped", "\\\"\\\\"),
        ("a/b.c d", "\u{1}\u{1f}\u{7f}\t\r\n\u{8}\u{c}"),
        ("\u{2028}", "\u{2028}\u{2029}\u{feff}\u{10ffff}\u{fffd}"),
    ] {
        broker.publish("chat", name, data).await;
        let text = client.next().await;
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, json!({ "event": name, "channel": "chat", "data": data }), "{text}");
    }
    broker.publish("chat", "größe 👋", "Zoë 👋 東京").await;
    client.expect(r#"{"event":"größe 👋","channel":"chat","data":"Zoë 👋 東京"}"#).await;
}

/// C-035, with one worker and with several: home and connection may be on different ones.
#[tokio::test]
async fn subscribe_unsubscribe_subscribe_without_waiting_ends_subscribed() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut client = broker.connect().await;
        for n in 0..20 {
            let channel = format!("chat-{n}");
            let subscribe = json!({ "event": "pusher:subscribe", "data": { "channel": channel } });
            let unsubscribe = json!({ "event": "pusher:unsubscribe", "data": { "channel": channel } });
            let burst = [&subscribe, &unsubscribe, &subscribe]
                .map(|message| frame(Opcode::Text, message.to_string().as_bytes()))
                .concat();
            client.send_raw(&burst).await;
            client.expect(&succeeded(&channel)).await;
            client.expect(&succeeded(&channel)).await;
            broker.publish(&channel, "greet", "hi").await;
            client.expect(&format!(r#"{{"event":"greet","channel":"{channel}","data":"hi"}}"#)).await;
        }
        client.quiet().await;
    }
}

/// C-036.
#[tokio::test]
async fn a_burst_of_subscriptions_succeeds_in_order() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut client = broker.connect().await;
        let messages =
            (0..100).map(|n| json!({ "event": "pusher:subscribe", "data": { "channel": format!("chat-{n}") } }));
        let burst: Vec<u8> = messages.flat_map(|message| frame(Opcode::Text, message.to_string().as_bytes())).collect();
        client.send_raw(&burst).await;
        for n in 0..100 {
            client.expect(&succeeded(&format!("chat-{n}"))).await;
        }
        client.quiet().await;
    }
}

/// Section 2.0 rule 6: replies leave in the order of their questions, whatever worker answers.
#[tokio::test]
async fn replies_come_in_the_order_of_the_questions() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut client = broker.connect().await;
        let mut burst = Vec::new();
        for n in 0..50 {
            let subscribe = json!({ "event": "pusher:subscribe", "data": { "channel": format!("chat-{n}") } });
            burst.extend(frame(Opcode::Text, subscribe.to_string().as_bytes()));
            burst.extend(frame(Opcode::Text, PING.as_bytes()));
            burst.extend(frame(Opcode::Text, format!(r#"{{"event":"foo{n}"}}"#).as_bytes()));
        }
        client.send_raw(&burst).await;
        for n in 0..50 {
            client.expect(&succeeded(&format!("chat-{n}"))).await;
            client.expect(PONG).await;
            let message = client.expect_error(None).await;
            assert_eq!(message, format!("Unsupported event received on socket: foo{n}"));
        }
    }
}

/// What came with the handshake's last bytes is not lost (2.0).
#[tokio::test]
async fn a_message_right_behind_the_handshake_is_handled() {
    let broker = TestBroker::start().await;
    let subscribe = frame(Opcode::Text, br#"{"event":"pusher:subscribe","data":{"channel":"chat"}}"#);
    let mut client = broker.dial_and_send(Dial::query("protocol=7"), &subscribe).await;
    client.established(120).await;
    client.expect(&succeeded("chat")).await;
}

/// A `pusher:ping` of exactly this many bytes.
fn ping_of(bytes: usize) -> String {
    let empty = json!({ "event": "pusher:ping", "data": "" }).to_string().len();
    json!({ "event": "pusher:ping", "data": "x".repeat(bytes - empty) }).to_string()
}
