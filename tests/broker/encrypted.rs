//! End-to-end encrypted channels: the broker carries what it cannot read (protocol reference 8.1).

use serde_json::json;

use crate::support::{APP, TestBroker, auth, succeeded};

const VAULT: &str = "private-encrypted-vault";
/// A secretbox as server libraries publish it; its bytes mean nothing here.
const BOX: &str = r#"{"nonce":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3","ciphertext":"Q2lwaGVy+/dGV4dA=="}"#;

/// C-244.
#[tokio::test]
async fn the_published_box_is_delivered_byte_for_byte() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe_signed(VAULT, None).await;
    let with_spaces = r#"{ "ciphertext" : "eA==", "nonce" : "eA==" }"#;
    for data in [BOX, with_spaces, r#"{"nonce":"\/\u002b"}"#, "not even JSON"] {
        broker.publish(VAULT, "secret", data).await;
        client.expect(&format!(r#"{{"event":"secret","channel":"{VAULT}","data":{}}}"#, json!(data))).await;
    }
}

/// C-245.
#[tokio::test]
async fn auth_is_that_of_a_private_channel_and_the_shared_secret_is_ignored() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let signed = auth(APP, &client.socket_id, VAULT, None);
    client.send_subscribe(&json!({ "auth": "", "channel": VAULT, "shared_secret": "eA==" })).await;
    client.expect_error(None).await;
    client.send_subscribe(&json!({ "auth": format!("{}:0", APP.key), "channel": VAULT })).await;
    client.expect_error(None).await;
    client.send_subscribe(&json!({ "auth": signed, "channel": VAULT, "shared_secret": "eA==" })).await;
    client.expect(&succeeded(VAULT)).await;
    client.quiet().await;

    let mut plain = broker.connect().await;
    plain.subscribe_signed(VAULT, None).await;
}

/// C-246, C-127.
#[tokio::test]
async fn only_published_events_carry_data_on_an_encrypted_channel() {
    let broker = TestBroker::start().await;
    let mut first = broker.connect().await;
    first.send_signed(VAULT, None).await;
    first
        .expect(r#"{"event":"pusher_internal:subscription_succeeded","channel":"private-encrypted-vault","data":"{}"}"#)
        .await;
    let mut second = broker.connect().await;
    second.send_signed(VAULT, Some(r#"{"user_id":"1"}"#)).await;
    second.expect(&succeeded(VAULT)).await;
    second.send(&json!({ "event": "client-x", "channel": VAULT, "data": BOX }).to_string()).await;
    second.expect_error(None).await;
    second.send_signed(VAULT, None).await;
    assert_eq!(second.expect_error(None).await, format!("Existing subscription to channel {VAULT}"));
    second.unsubscribe(VAULT).await;
    second.quiet().await;
    first.quiet().await;

    let cached = "private-encrypted-cache-vault";
    first.send_signed(cached, None).await;
    first.expect(&succeeded(cached)).await;
    first.expect(r#"{"event":"pusher:cache_miss","channel":"private-encrypted-cache-vault","data":"{}"}"#).await;
    broker.publish(cached, "secret", BOX).await;
    let event = format!(r#"{{"event":"secret","channel":"{cached}","data":{}}}"#, json!(BOX));
    first.expect(&event).await;
    second.send_signed(cached, None).await;
    second.expect(&succeeded(cached)).await;
    second.expect(&event).await;
}
