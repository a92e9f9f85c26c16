//! `authorized_connections`: who must show that it may be here, and by when (protocol reference
//! 0.3, 1.6).

use std::time::Duration;

use crate::support::{Client, TestBroker};

async fn strict_broker() -> TestBroker {
    TestBroker::with_app(|app| {
        app.authorized_connections = true;
        app.authorization_timeout = Duration::from_secs(1);
    })
    .await
}

/// The connection gets `pusher:error` 4009 with the live service's text, then a Close with 4009.
async fn expect_unauthorized(client: &mut Client) {
    client
        .expect(r#"{"event":"pusher:error","data":{"code":4009,"message":"Connection not authorized within timeout"}}"#)
        .await;
    assert_eq!(client.expect_close(4009).await, "Connection not authorized within timeout");
}

/// Lets the timeout of every earlier connection pass: a later one that never authorizes is closed.
async fn outlast_the_timeout(broker: &TestBroker) {
    expect_unauthorized(&mut broker.connect().await).await;
}

/// C-062.
#[tokio::test]
async fn a_connection_that_never_authorizes_is_closed_with_4009() {
    let broker = strict_broker().await;
    let connected = tokio::time::Instant::now();
    expect_unauthorized(&mut broker.connect().await).await;
    let waited = connected.elapsed();
    assert!(waited > Duration::from_millis(900) && waited < Duration::from_secs(4), "{waited:?}");
}

/// C-062. Other apps are not concerned.
#[tokio::test]
async fn without_the_switch_nobody_has_to_authorize() {
    let broker = strict_broker().await;
    let mut client = broker.connect_to(crate::support::OTHER).await;
    outlast_the_timeout(&broker).await;
    client.quiet().await;
}

/// C-063.
#[tokio::test]
async fn neither_public_channels_nor_refused_subscriptions_nor_traffic_authorize() {
    let broker = strict_broker().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    client.send_subscribe(&serde_json::json!({ "channel": "private-a", "auth": "x:y" })).await;
    client.expect_refused("private-a", "AuthError", 401).await;
    client.send_subscribe(&serde_json::json!({ "channel": "#server-to-user-1" })).await;
    client.expect_refused("#server-to-user-1", "AuthError", 401).await;
    client.send(r#"{"event":"pusher:signin","data":{"auth":"x:y","user_data":"{\"id\":\"1\"}"}}"#).await;
    client.expect_error(None).await;
    client.quiet().await;
    expect_unauthorized(&mut client).await;
}

/// C-063.
#[tokio::test]
async fn private_and_presence_channels_and_sign_ins_authorize() {
    let broker = strict_broker().await;
    let mut private = broker.connect().await;
    private.subscribe_signed("private-a", None).await;
    let mut encrypted = broker.connect().await;
    encrypted.subscribe_signed("private-encrypted-a", None).await;
    let mut presence = broker.connect().await;
    presence.subscribe_signed("presence-a", Some(r#"{"user_id":"1"}"#)).await;
    let mut user = broker.connect().await;
    user.sign_in(r#"{"id":"42"}"#).await;

    outlast_the_timeout(&broker).await;
    for client in [&mut private, &mut encrypted, &mut presence, &mut user] {
        client.quiet().await;
    }
}

/// C-064.
#[tokio::test]
async fn what_was_authorized_once_stays_so() {
    let broker = strict_broker().await;
    let mut client = broker.connect().await;
    client.subscribe_signed("private-a", None).await;
    client.unsubscribe("private-a").await;
    client.quiet().await;
    outlast_the_timeout(&broker).await;
    client.quiet().await;
}
