//! Subscribing and unsubscribing (protocol reference 2.5–2.8).

use serde_json::json;

use crate::support::{APP, OTHER, TestBroker, auth, hmac, succeeded};

/// C-065. Java, Swift and .NET leave `auth` out, pusher-js sends an empty one.
#[tokio::test]
async fn a_public_channel_ignores_auth() {
    let broker = TestBroker::start().await;
    for auth in [json!(""), json!("x:y"), json!("garbage"), json!(null), json!(5), json!({})] {
        let mut client = broker.connect().await;
        client.send_subscribe(&json!({ "auth": auth, "channel": "chat" })).await;
        client.expect(&succeeded("chat")).await;
    }
    let mut client = broker.connect().await;
    client.send_subscribe(&json!({ "channel": "chat", "channel_data": "x", "more": [1] })).await;
    client.expect(&succeeded("chat")).await;
}

/// C-066.
#[tokio::test]
async fn the_success_of_a_public_channel_has_the_string_of_an_empty_object() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send(r#"{"event":"pusher:subscribe","data":{"auth":"","channel":"chat"}}"#).await;
    client.expect(r#"{"event":"pusher_internal:subscription_succeeded","channel":"chat","data":"{}"}"#).await;
}

/// C-067.
#[tokio::test]
async fn the_success_of_private_encrypted_and_user_channels_has_it_too() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for channel in ["private-a", "private-encrypted-a"] {
        client.send_signed(channel, None).await;
        client
            .expect(&format!(
                r#"{{"event":"pusher_internal:subscription_succeeded","channel":"{channel}","data":"{{}}"}}"#
            ))
            .await;
    }
    client.sign_in(r#"{"id":"42"}"#).await;
    client.send_subscribe(&json!({ "auth": "", "channel": "#server-to-user-42" })).await;
    client
        .expect(r##"{"event":"pusher_internal:subscription_succeeded","channel":"#server-to-user-42","data":"{}"}"##)
        .await;
}

/// C-030. Reverb accepts this, too.
#[tokio::test]
async fn the_data_of_a_subscribe_may_be_a_string_with_the_object() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send(r#"{"event":"pusher:subscribe","data":"{\"channel\":\"chat\"}"}"#).await;
    client.expect(&succeeded("chat")).await;
    let data = json!({ "channel": "private-a", "auth": auth(APP, &client.socket_id, "private-a", None) });
    client.send(&json!({ "event": "pusher:subscribe", "data": data.to_string() }).to_string()).await;
    client.expect(&succeeded("private-a")).await;
    client.send(r#"{"event":"pusher:unsubscribe","data":"{\"channel\":\"chat\"}"}"#).await;
    client.quiet().await;
    client.subscribe("chat").await;
}

/// C-068.
#[tokio::test]
async fn a_second_subscribe_is_an_error_and_no_second_success() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for _ in 0..2 {
        client.send_subscribe(&json!({ "auth": "", "channel": "chat" })).await;
        client
            .expect(
                r#"{"event":"pusher:error","data":{"code":null,"message":"Existing subscription to channel chat"}}"#,
            )
            .await;
        client.quiet().await;
    }
    assert_eq!(broker.channel("chat", "subscription_count").await["subscription_count"], 1);
    broker.publish("chat", "greet", "1").await;
    client.expect(r#"{"event":"greet","channel":"chat","data":"1"}"#).await;
    client.quiet().await;
}

/// C-068. Before a signature is looked at, so that membership stays what it was.
#[tokio::test]
async fn a_second_subscribe_changes_no_membership() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe_signed("presence-room", Some(r#"{"user_id":"1"}"#)).await;
    client.send_signed("presence-room", Some(r#"{"user_id":"2"}"#)).await;
    assert_eq!(client.expect_error(None).await, "Existing subscription to channel presence-room");
    client.quiet().await;
    let users = broker.get("/apps/1001/channels/presence-room/users").await;
    assert_eq!(users.body, r#"{"users":[{"id":"1"}]}"#);
}

/// C-069.
#[tokio::test]
async fn another_connection_of_the_same_user_may_subscribe() {
    let broker = TestBroker::start().await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = broker.connect().await;
        client.sign_in(r#"{"id":"42"}"#).await;
        client.subscribe("chat").await;
        client.subscribe_signed("private-a", None).await;
        client.subscribe("#server-to-user-42").await;
        clients.push(client);
    }
    for client in &mut clients {
        client.quiet().await;
    }
}

/// C-070.
#[tokio::test]
async fn a_subscribe_without_a_channel_name_is_an_error() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for data in [json!({}), json!({ "auth": "" }), json!({ "channel": 5 }), json!({ "channel": null })] {
        client.send_subscribe(&data).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
}

/// C-071, C-081.
#[tokio::test]
async fn a_private_channel_without_auth_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for channel in ["private-a", "presence-a", "private-cache-a", "presence-cache-a"] {
        for auth in [None, Some(json!(null))] {
            let mut data = json!({ "channel": channel, "channel_data": r#"{"user_id":"1"}"# });
            if let Some(auth) = auth {
                data["auth"] = auth;
            }
            client.send_subscribe(&data).await;
            let message = client.expect_refused(channel, "AuthError", 401).await;
            assert_eq!(message, format!("Auth info required to subscribe to {channel}"));
        }
        client.quiet().await;
    }
}

/// C-072, C-081.
#[tokio::test]
async fn an_auth_without_colon_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for auth in ["garbage", APP.key] {
        client.send_subscribe(&json!({ "channel": "private-a", "auth": auth })).await;
        let message = client.expect_refused("private-a", "AuthError", 401).await;
        assert_eq!(message, "Auth value for subscription to private-a is invalid: should be of format 'key:signature'");
    }
}

/// C-073, C-081. The key of another app of this broker is as foreign as any.
#[tokio::test]
async fn an_auth_with_a_foreign_key_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let foreign = auth(OTHER, &client.socket_id, "private-a", None);
    let signature = hmac(APP.secret, &format!("{}:private-a", client.socket_id));
    for (auth, key) in [
        (foreign, OTHER.key.to_owned()),
        (format!("nobody:{signature}"), "nobody".to_owned()),
        (format!(":{signature}"), String::new()),
    ] {
        client.send_subscribe(&json!({ "channel": "private-a", "auth": auth })).await;
        let message = client.expect_refused("private-a", "AuthError", 401).await;
        assert_eq!(message, format!("Invalid key in subscription auth data: '{key}'"));
    }
}

/// C-074, C-081, exact to the byte.
#[tokio::test]
async fn a_wrong_signature_is_refused_with_the_string_to_sign() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send_subscribe(&json!({ "channel": "private-a", "auth": format!("{}:deadbeef", APP.key) })).await;
    let message = format!(
        "Invalid signature: Expected HMAC SHA256 hex digest of {}:private-a, but got deadbeef",
        client.socket_id
    );
    client.expect(&format!(r#"{{"event":"pusher:error","data":{{"code":null,"message":"{message}"}}}}"#)).await;
    let text = client.next().await;
    assert!(
        text.starts_with(
            r#"{"event":"pusher:subscription_error","channel":"private-a","data":{"type":"AuthError","error":""#
        ) && text.ends_with(r#"","status":401}}"#),
        "{text}"
    );

    let data = r#"{"user_id":"1"}"#;
    let auth = format!("{}:", APP.key);
    client.send_subscribe(&json!({ "channel": "presence-a", "auth": auth, "channel_data": data })).await;
    let message = client.expect_refused("presence-a", "AuthError", 401).await;
    let signed = format!("{}:presence-a:{data}", client.socket_id);
    assert_eq!(message, format!("Invalid signature: Expected HMAC SHA256 hex digest of {signed}, but got "));
}

/// C-074. Refused means that nothing is delivered.
#[tokio::test]
async fn a_refused_subscriber_hears_nothing() {
    let broker = TestBroker::start().await;
    let mut intruder = broker.connect().await;
    let mut member = broker.connect().await;
    member.subscribe_signed("private-a", None).await;
    intruder.send_subscribe(&json!({ "channel": "private-a", "auth": format!("{}:0", APP.key) })).await;
    intruder.expect_refused("private-a", "AuthError", 401).await;
    broker.publish("private-a", "secret", "1").await;
    member.send(r#"{"event":"client-secret","channel":"private-a","data":2}"#).await;
    member.expect(r#"{"event":"secret","channel":"private-a","data":"1"}"#).await;
    member.quiet().await;
    intruder.quiet().await;
    assert_eq!(broker.channel("private-a", "subscription_count").await["subscription_count"], 1);
}

/// C-075, C-076, C-077, C-078.
#[tokio::test]
async fn a_signature_is_good_for_one_socket_one_channel_and_in_lower_case() {
    let broker = TestBroker::start().await;
    let other = broker.connect().await;
    let mut client = broker.connect().await;
    let right = auth(APP, &client.socket_id, "private-a", None);
    let (key, signature) = right.split_once(':').unwrap();
    for wrong in [
        auth(APP, &other.socket_id, "private-a", None),
        auth(APP, &client.socket_id, "private-b", None),
        auth(APP, &client.socket_id, "private-a", Some("")),
        format!("{key}:{}", signature.to_uppercase()),
        format!("{key}:{signature}0"),
        format!("{key}:{}", &signature[..63]),
        format!("{key}: {signature}"),
        format!("{key}::{signature}"),
    ] {
        client.send_subscribe(&json!({ "channel": "private-a", "auth": wrong })).await;
        let message = client.expect_refused("private-a", "AuthError", 401).await;
        assert!(message.starts_with("Invalid signature: Expected HMAC SHA256 hex digest of "), "{message}");
    }
    client.send_subscribe(&json!({ "channel": "private-a", "auth": right })).await;
    client.expect(&succeeded("private-a")).await;
}

/// C-079. The content does not matter on private channels, JSON or not.
#[tokio::test]
async fn channel_data_on_a_private_channel_is_part_of_the_signature() {
    let broker = TestBroker::start().await;
    for channel_data in [r#""my-custom-data""#, "my-custom-data", r#"{"user_id":5}"#, "Zoë 👋", ""] {
        let mut client = broker.connect().await;
        let without = auth(APP, &client.socket_id, "private-a", None);
        client.send_subscribe(&json!({ "channel": "private-a", "auth": without, "channel_data": channel_data })).await;
        client.expect_refused("private-a", "AuthError", 401).await;
        client.send_signed("private-a", Some(channel_data)).await;
        client.expect(&succeeded("private-a")).await;
    }
}

/// C-080.
#[tokio::test]
async fn channel_data_of_null_is_none() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let auth = auth(APP, &client.socket_id, "private-a", None);
    client.send_subscribe(&json!({ "channel": "private-a", "auth": auth, "channel_data": null })).await;
    client.expect(&succeeded("private-a")).await;
}

/// C-081.
#[tokio::test]
async fn the_switch_turns_subscription_error_off() {
    let broker = TestBroker::with_app(|app| app.subscription_error = false).await;
    let mut client = broker.connect().await;
    for channel in ["private-a", "presence-a", "a b", "#server-to-user-1", "#x"] {
        client.send_subscribe(&json!({ "channel": channel, "auth": "x:y" })).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
}

/// C-082. Java's encrypted channel would throw on the second event.
#[tokio::test]
async fn a_refused_encrypted_channel_gets_pusher_error_only() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for channel in ["private-encrypted-a", "private-encrypted-cache-a"] {
        for auth in [json!(null), json!("garbage"), json!("x:y"), json!(format!("{}:y", APP.key))] {
            client.send_subscribe(&json!({ "channel": channel, "auth": auth })).await;
            client.expect_error(None).await;
            client.quiet().await;
        }
        client.subscribe_signed("private-encrypted-b", None).await;
        client.unsubscribe("private-encrypted-b").await;
    }
}

/// C-083.
#[tokio::test]
async fn a_user_channel_is_for_its_signed_in_user_only() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let own = json!({ "auth": "", "channel": "#server-to-user-42" });
    client.send_subscribe(&own).await;
    client.expect_refused("#server-to-user-42", "AuthError", 401).await;

    client.sign_in(r#"{"id":"42"}"#).await;
    for other in ["#server-to-user-43", "#server-to-user-4", "#server-to-user-420", "#server-to-user-42 "] {
        // Not even with a signature.
        client.send_signed(other, None).await;
        client.expect_refused(other, "AuthError", 401).await;
    }
    client.send_subscribe(&own).await;
    client.expect(&succeeded("#server-to-user-42")).await;

    let mut stranger = broker.connect().await;
    stranger.send_subscribe(&own).await;
    stranger.expect_refused("#server-to-user-42", "AuthError", 401).await;
    broker.publish("#server-to-user-42", "notice", "1").await;
    client.expect(r##"{"event":"notice","channel":"#server-to-user-42","data":"1"}"##).await;
    stranger.quiet().await;
}

/// C-084.
#[tokio::test]
async fn other_names_with_a_hash_sign_are_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    for channel in ["#", "#chat", "#server-to-user-", "#server-to-user", "#Server-to-user-42", "##server-to-user-42"] {
        client.send_signed(channel, None).await;
        client.expect_refused_somehow(channel).await;
        client.quiet().await;
    }
}

/// C-085, C-037.
#[tokio::test]
async fn unsubscribe_has_no_reply_and_stops_delivery() {
    let broker = TestBroker::start().await;
    let mut witness = broker.connect().await;
    witness.subscribe("chat").await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    client.send(r#"{"event":"pusher:unsubscribe","data":{"channel":"chat"}}"#).await;
    client.quiet().await;
    broker.publish("chat", "greet", "1").await;
    witness.expect(r#"{"event":"greet","channel":"chat","data":"1"}"#).await;
    client.quiet().await;
    client.subscribe("chat").await;
    broker.publish("chat", "greet", "2").await;
    client.expect(r#"{"event":"greet","channel":"chat","data":"2"}"#).await;
}

/// C-086.
#[tokio::test]
async fn unsubscribe_of_another_channel_is_an_error() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.unsubscribe("chat").await;
    client
        .expect(r#"{"event":"pusher:error","data":{"code":null,"message":"No current subscription to channel chat, or subscription in progress"}}"#)
        .await;
    client.subscribe("chat").await;
    client.unsubscribe("chat").await;
    client.unsubscribe("chat").await;
    client.expect_error(None).await;
    client.unsubscribe("private-a").await;
    let message = client.expect_error(None).await;
    assert_eq!(message, "No current subscription to channel private-a, or subscription in progress");
    client.quiet().await;
}
