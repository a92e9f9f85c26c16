//! Channel names and the kinds that their prefixes decide (protocol reference 3.1, 3.2).

use serde_json::json;

use crate::support::{Client, TestBroker, succeeded};

const MISS: &str = r#""event":"pusher:cache_miss""#;

/// Whether `channel` wants a signature, told from what it says to an unsigned subscription.
async fn wants_auth(client: &mut Client, channel: &str) -> bool {
    client.send_subscribe(&json!({ "channel": channel })).await;
    let text = client.next().await;
    if text == succeeded(channel) {
        return false;
    }
    let message = format!("Auth info required to subscribe to {channel}");
    assert_eq!(text, format!(r#"{{"event":"pusher:error","data":{{"code":null,"message":"{message}"}}}}"#));
    if !channel.starts_with("private-encrypted-") {
        assert!(client.next().await.starts_with(r#"{"event":"pusher:subscription_error""#));
    }
    true
}

/// C-088.
#[tokio::test]
async fn every_allowed_character_works_in_a_name() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let name = "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=@,.;";
    client.subscribe(name).await;
    broker.publish(name, "greet", "1").await;
    client.expect(&format!(r#"{{"event":"greet","channel":"{name}","data":"1"}}"#)).await;
    for name in ["-", "_", "=", "@", ",", ".", ";", "0", "a", "null", "true", ".."] {
        client.subscribe(name).await;
    }
    client.subscribe_signed(&format!("private-{name}"), None).await;
}

/// C-089, over WebSocket and HTTP.
#[tokio::test]
async fn other_characters_and_the_empty_name_are_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for name in [
        "", " ", "a b", " a", "a ", "a/b", "a:b", "a#b", "é", "größe", "a\n", "a\0", "a\"b", "a\\b", "a+b", "a%20b",
        "a*b", "a?b", "a(b)", "[a]", "{a}", "a|b", "~a", "a&b", "👋", "a\u{301}",
    ] {
        client.send_subscribe(&json!({ "channel": name })).await;
        client.expect_refused_somehow(name).await;
        client.quiet().await;
        let body = json!({ "name": "greet", "channel": name, "data": "" }).to_string();
        assert_eq!(broker.post("/apps/1001/events", &body).await.status, 400, "{name:?}");
    }
}

/// C-090.
#[tokio::test]
async fn names_of_164_to_200_characters_work() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for length in [164, 165, 200] {
        let name = "n".repeat(length);
        client.subscribe(&name).await;
        broker.publish(&name, "greet", "1").await;
        client.expect(&format!(r#"{{"event":"greet","channel":"{name}","data":"1"}}"#)).await;
        let private = format!("private-{}", "n".repeat(length - 8));
        client.subscribe_signed(&private, None).await;
    }
}

/// C-091.
#[tokio::test]
async fn a_name_of_201_characters_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let private = format!("private-{}", "n".repeat(193));
    for name in ["n".repeat(201), private, "n".repeat(20_000)] {
        client.send_signed(&name, None).await;
        client.expect_refused_somehow(&name).await;
        client.quiet().await;
        let body = json!({ "name": "greet", "channel": name, "data": "" }).to_string();
        assert_eq!(broker.post("/apps/1001/events", &body).await.status, 400);
    }
}

/// C-091. The limit is the app's.
#[tokio::test]
async fn the_length_of_a_name_is_configurable() {
    let broker = TestBroker::with_app(|app| app.limits.channel_name = 164).await;
    let mut client = broker.connect().await;
    client.subscribe(&"n".repeat(164)).await;
    let long = "n".repeat(165);
    client.send_subscribe(&json!({ "channel": long })).await;
    client.expect_refused_somehow(&long).await;
}

/// The limit does not apply to user channels, whose ids have a limit of their own (3.1).
#[tokio::test]
async fn a_user_channel_may_be_longer_than_a_name() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let id = "u".repeat(200);
    client.sign_in(&json!({ "id": id }).to_string()).await;
    client.subscribe(&format!("#server-to-user-{id}")).await;
}

/// C-092.
#[tokio::test]
async fn names_that_only_resemble_private_and_presence_are_public() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for channel in [
        "my-private-x",
        "privatex",
        "presencex",
        "private",
        "presence",
        "cache",
        "Private-x",
        "PRESENCE-x",
        "private_x",
        "my-presence-x",
        "xprivate-",
        "-private-x",
    ] {
        assert!(!wants_auth(&mut client, channel).await, "{channel}");
        // Public also means: no client events.
        client.send(&json!({ "event": "client-x", "channel": channel, "data": 1 }).to_string()).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
}

/// C-093.
#[tokio::test]
async fn cache_private_is_a_public_cache_channel_without_client_events() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for channel in ["cache-private-x", "cache-presence-x", "cache-private-encrypted-x", "cache-"] {
        assert!(!wants_auth(&mut client, channel).await, "{channel}");
        client.expect(&format!(r#"{{{MISS},"channel":"{channel}","data":"{{}}"}}"#)).await;
        client.send(&json!({ "event": "client-x", "channel": channel, "data": 1 }).to_string()).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
}

/// C-094, C-095, C-096: the signature is checked although the channel caches.
#[tokio::test]
async fn a_caching_channel_with_a_bad_signature_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let data = r#"{"user_id":"1"}"#;
    for channel in ["private-cache-x", "presence-cache-x", "private-encrypted-cache-x"] {
        broker.publish(channel, "secret", "1").await;
        assert!(wants_auth(&mut client, channel).await, "{channel}");
        let auth = format!("{}:{}", crate::support::APP.key, "0".repeat(64));
        client.send_subscribe(&json!({ "channel": channel, "auth": auth, "channel_data": data })).await;
        let message = client.expect_error(None).await;
        assert!(message.starts_with("Invalid signature"), "{message}");
        if !channel.starts_with("private-encrypted-") {
            client.next().await;
        }
        client.quiet().await;
    }
}

/// C-096.
#[tokio::test]
async fn private_encrypted_cache_requires_auth_and_caches() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let channel = "private-encrypted-cache-x";
    client.send_signed(channel, None).await;
    client.expect(&succeeded(channel)).await;
    client.expect(&format!(r#"{{{MISS},"channel":"{channel}","data":"{{}}"}}"#)).await;
    broker.publish(channel, "price", "opaque").await;
    let event = format!(r#"{{"event":"price","channel":"{channel}","data":"opaque"}}"#);
    client.expect(&event).await;

    let mut late = broker.connect().await;
    late.send_signed(channel, None).await;
    late.expect(&succeeded(channel)).await;
    late.expect(&event).await;
    late.quiet().await;
}

/// C-097.
#[tokio::test]
async fn presence_encrypted_is_a_presence_channel() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    assert!(wants_auth(&mut client, "presence-encrypted-x").await);
    let success = client.subscribe_signed("presence-encrypted-x", Some(r#"{"user_id":"1"}"#)).await;
    assert!(success.contains(r#"\"presence\":{\"count\":1"#), "{success}");
    let mut other = broker.connect().await;
    other.subscribe_signed("presence-encrypted-x", Some(r#"{"user_id":"2"}"#)).await;
    assert!(client.next().await.contains("member_added"));
    client.send(r#"{"event":"client-x","channel":"presence-encrypted-x","data":1}"#).await;
    other.expect(r#"{"event":"client-x","channel":"presence-encrypted-x","data":1,"user_id":"1"}"#).await;
}

/// The whole table of kinds, by whether a channel wants auth, knows members and caches (3.2).
#[tokio::test]
async fn the_longest_prefix_decides_the_kind() {
    let broker = TestBroker::start().await;
    for (channel, auth, presence, caches) in [
        ("private-encrypted-cache-x", true, false, true),
        ("private-encrypted-x", true, false, false),
        ("private-encrypted-", true, false, false),
        ("private-encrypted", true, false, false),
        ("private-cache-x", true, false, true),
        ("private-cache", true, false, false),
        ("private-x", true, false, false),
        ("private-", true, false, false),
        ("private-presence-x", true, false, false),
        ("private-x-cache-", true, false, false),
        ("presence-cache-x", true, true, true),
        ("presence-cache", true, true, false),
        ("presence-x", true, true, false),
        ("presence-private-x", true, true, false),
        ("cache-x", false, false, true),
        ("cachex", false, false, false),
        ("x-cache-y", false, false, false),
    ] {
        let mut client = broker.connect().await;
        if wants_auth(&mut client, channel).await {
            assert!(auth, "{channel}");
            let success = client.subscribe_signed(channel, Some(r#"{"user_id":"1"}"#)).await;
            assert_eq!(success.contains(r#"\"presence\""#), presence, "{success}");
        } else {
            assert!(!auth, "{channel}");
        }
        if caches {
            client.expect(&format!(r#"{{{MISS},"channel":"{channel}","data":"{{}}"}}"#)).await;
        }
        client.quiet().await;
    }
}
