//! Other rules while the broker runs.

use std::fs;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::support::{APP, FLEET, HttpConnection, Served, TestBroker, role, succeeded, within};

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
async fn an_app_that_takes_no_tokens_any_more_ends_its_bearers() {
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

/// Publishes as a judge on `news`; the status.
async fn publish_news(broker: &Served) -> u16 {
    let authorization = format!("Bearer {}", role("judge", "j"));
    let body = json!({ "name": "e", "channel": "news", "data": "1" }).to_string();
    let mut connection = HttpConnection::open(broker.address).await;
    let path = format!("/apps/{}/events", APP.id);
    connection.request("POST", &path, &[("Authorization", &authorization)], body.as_bytes()).await.status
}

/// Waits until publishing on `news` has this status.
async fn news_become(broker: &Served, status: u16) {
    within(&format!("{status}"), async {
        while publish_news(broker).await != status {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_file_is_read_by_itself_and_a_broken_one_changes_nothing() {
    let folder = std::env::temp_dir().join(format!("saluran-reload-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("channels.toml");
    fs::write(&file, FLEET).unwrap();
    let mut broker = Served::start_with_file(&file);
    assert_eq!(publish_news(&broker).await, 403);
    let news = format!("{FLEET}\n[[channel]]\nname = \"news\"\npublish = [\"role.judge\"]\n");
    fs::write(&file, &news).unwrap();
    news_become(&broker, 200).await;
    // Renamed into place, as editors do, and asked for.
    fs::write(folder.join("next"), format!("{news}\nnonsense = 1\n")).unwrap();
    fs::rename(folder.join("next"), &file).unwrap();
    broker.hang_up();
    broker.logs("nonsense");
    assert_eq!(publish_news(&broker).await, 200);
    fs::write(&file, FLEET.replace("client_events = true", "client_events = false")).unwrap();
    news_become(&broker, 403).await;
    broker.terminate();
    let (is_good, log) = broker.wait();
    fs::remove_dir_all(&folder).unwrap();
    assert!(is_good, "{log}");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("configuration")).collect();
    assert!(lines.iter().any(|line| line.contains("configuration reloaded") && line.contains("news")), "{log}");
    assert!(lines.iter().any(|line| line.contains("going on as before")), "{log}");
    assert!(!log.contains("secret-for-tokens"), "{log}");
}
