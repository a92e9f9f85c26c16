//! Other rules while the broker runs.

use serde_json::json;

use crate::support::{APP, FLEET, TestBroker, role, succeeded};

#[tokio::test]
async fn a_subscription_that_the_new_rules_forbid_is_ended() {
    let mut broker = TestBroker::declared(FLEET).await;
    let mut technician = broker.connect().await;
    technician.subscribe_granted(&broker, &role("technician", "t"), "private-status").await;
    technician.subscribe("lobby").await;
    let mut operator = broker.connect().await;
    operator.subscribe_granted(&broker, &role("operator", "o"), "private-status").await;
    broker.reload(&FLEET.replace(r#"["app", "role.technician"]"#, r#"["app", "role.operator"]"#)).await;
    let message = technician.expect_refused("private-status", "AuthError", 403).await;
    assert!(message.contains("role.operator"), "{message}");
    let body = json!({ "name": "updated", "channel": "status", "data": json!({ "rvm_id": 1 }).to_string() });
    assert_eq!(broker.publish_as(&role("operator", "o"), &body).await.status, 200);
    assert!(operator.next().await.contains("updated"));
    technician.quiet().await;
    assert_eq!(broker.channel("private-status", "subscription_count").await["subscription_count"], json!(1));
    // What is allowed still stays.
    broker.publish_body(&json!({ "name": "e", "channel": "lobby", "data": "1" }).to_string()).await;
    assert!(technician.next().await.contains("lobby"));
}

#[tokio::test]
async fn new_declarations_hold_at_once() {
    let mut broker = TestBroker::declared(FLEET).await;
    let body = json!({ "name": "e", "channel": "news", "data": "1" });
    assert_eq!(broker.publish_as(&role("judge", "j"), &body).await.status, 403);
    broker.reload(&format!("{FLEET}\n[[channel]]\nname = \"news\"\npublish = [\"role.judge\"]\n")).await;
    assert_eq!(broker.publish_as(&role("judge", "j"), &body).await.status, 200);
    assert_eq!(broker.post(&format!("/apps/{}/events", APP.id), &body.to_string()).await.status, 403);
}

#[tokio::test]
async fn an_app_that_is_switched_off_says_goodbye() {
    let mut broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    broker.reload(&FLEET.replace("client_events = true", "client_events = true\nenabled = false")).await;
    client.expect_refusal(4003).await;
    broker.reload(FLEET).await;
    broker.connect().await.subscribe("lobby").await;
}

#[tokio::test]
async fn an_app_that_is_gone_is_unknown_to_its_connections() {
    let mut broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    broker.reload("[[app]]\nid = \"5\"\nkey = \"five\"\nsecret = \"secret-of-five\"\n").await;
    client.expect_refusal(4001).await;
    broker.reload(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe("lobby").await;
    broker.publish_body(&json!({ "name": "e", "channel": "lobby", "data": "1" }).to_string()).await;
    client.expect(r#"{"event":"e","channel":"lobby","data":"1"}"#).await;
}

#[tokio::test]
async fn tokens_of_a_key_that_has_changed_end_with_it() {
    let mut broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe_granted(&broker, &role("operator", "o"), "private-status").await;
    let without: String = FLEET.split("\n[app.tokens]").next().unwrap().to_owned() + "\n";
    broker.reload(&without).await;
    client.expect_refusal(4009).await;
}

#[tokio::test]
async fn an_unchanged_configuration_changes_nothing() {
    let mut broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe_granted(&broker, &role("operator", "o"), "private-status").await;
    client.subscribe("lobby").await;
    broker.reload(FLEET).await;
    client.quiet().await;
    client.send_subscribe(&json!({ "channel": "undeclared" })).await;
    client.expect(&succeeded("undeclared")).await;
}

#[tokio::test]
async fn revocations_outlive_a_reload() {
    let mut broker = TestBroker::declared(FLEET).await;
    let token = role("operator", "7");
    assert_eq!(broker.post("/api/v2/tokens/revoke", r#"{"subject":"7"}"#).await.status, 200);
    broker.reload(&FLEET.replace("leeway = \"1s\"", "leeway = \"2s\"")).await;
    let client = broker.connect().await;
    assert_eq!(broker.ask(&token, &client.socket_id, "private-status").await.status, 401);
}
