//! What is said to all nodes while some cannot hear it, and letters for connections that nobody has.

use std::time::Duration;

use rustix::process::Signal;
use saluran::config::{AdapterKind, Config};
use serde_json::json;
use tokio::time::Instant;

use crate::nodes::{Nodes, says};
use crate::support::{APP, FLEET, Served, TestBroker, configuration, now, role, token};

/// Makes a node one that takes tokens, and that notices soon what is gone.
fn take_tokens(config: &mut Config) {
    let declared = configuration(FLEET);
    (config.apps, config.roles, config.channels) = (declared.apps, declared.roles, declared.channels);
    config.adapter.lease = Duration::from_secs(3);
    config.adapter.command_timeout = Duration::from_millis(500);
}

async fn fleet(count: usize) -> Nodes {
    Nodes::with(count, take_tokens).await
}

fn operator(issued_at: u64) -> String {
    token(&json!({ "sub": "7", "roles": ["operator"], "iat": issued_at }))
}

async fn away(nodes: &Nodes) {
    for node in &nodes.all {
        says(node, "adapter: away").await;
    }
}

async fn back(nodes: &Nodes) {
    for node in &nodes.all {
        says(node, "adapter: present, 2 nodes").await;
    }
}

/// A revocation that a node could not hear counts there when it is back, for tokens from before it and for no others,
/// however often the node reads it.
#[tokio::test]
async fn a_node_that_was_away_refuses_revoked_tokens_and_takes_later_ones() {
    let mut nodes = fleet(2).await;
    let old = operator(now() - 100);
    let mut early = nodes.all[1].connect().await;
    early.subscribe_granted(&nodes.all[1], &old, "private-status").await;
    nodes.redis.kill();
    away(&nodes).await;
    let done = nodes.all[0].post("/api/v2/tokens/revoke", r#"{"subject":"7"}"#).await;
    assert_eq!(done.status, 200, "{done:?}");
    early.quiet().await;
    nodes.redis.resume();
    assert!(early.expect_refusal(4009).await.contains("revoked"));
    back(&nodes).await;
    let mut late = nodes.all[1].connect().await;
    assert_eq!(nodes.all[1].ask(&old, &late.socket_id, "private-status").await.status, 401);
    late.subscribe_granted(&nodes.all[1], &operator(now() + 1), "private-status").await;
    // It reads the revocation once more.
    nodes.redis.signal(Signal::STOP);
    away(&nodes).await;
    nodes.redis.signal(Signal::CONT);
    back(&nodes).await;
    late.quiet().await;
}

/// A node that starts knows what was revoked before.
#[tokio::test]
async fn a_node_that_starts_later_refuses_revoked_tokens() {
    let nodes = fleet(1).await;
    assert_eq!(nodes.all[0].post("/api/v2/tokens/revoke", r#"{"subject":"7"}"#).await.status, 200);
    let later = TestBroker::with(|config| {
        take_tokens(config);
        config.adapter.kind = AdapterKind::Redis;
        config.adapter.servers = vec![nodes.redis.server()];
        config.adapter.prefix.clone_from(&nodes.prefix);
    })
    .await;
    says(&later, "adapter: present, 2 nodes").await;
    let mut client = later.connect().await;
    let refused = later.ask(&operator(now() - 100), &client.socket_id, "private-status").await;
    assert_eq!(refused.status, 401, "{refused:?}");
    client.subscribe_granted(&later, &operator(now() + 1), "private-status").await;
}

/// As many words to all nodes wait as may; then whoever calls is told to come later.
#[tokio::test]
async fn above_a_thousand_waiting_terminations_the_answer_is_503() {
    let mut nodes = Nodes::start(2).await;
    let mut victim = nodes.all[1].connect().await;
    victim.sign_in(r#"{"id":"999"}"#).await;
    nodes.redis.kill();
    away(&nodes).await;
    let node = &nodes.all[0];
    for user in 0..1000 {
        let done = node.post(&format!("/apps/{}/users/{user}/terminate_connections", APP.id), "").await;
        assert_eq!(done.status, 200, "{user}: {done:?}");
    }
    let full = node.post(&format!("/apps/{}/users/1000/terminate_connections", APP.id), "").await;
    assert_eq!(full.status, 503, "{full:?}");
    assert!(full.header("retry-after").is_some(), "{full:?}");
    victim.quiet().await;
    nodes.redis.resume();
    victim.expect_end_with(4009).await;
}

/// Whoever has a connection's node wait for a letter waits for it, since it may go on; who has none does not.
#[tokio::test]
async fn a_node_that_stands_still_is_waited_for_and_one_that_is_gone_is_not() {
    let nodes = fleet(1).await;
    let url = format!("redis://127.0.0.1:{}", nodes.redis.port());
    let where_to = [("SALURAN_ADAPTER_KIND", "redis"), ("SALURAN_ADAPTER_URL", url.as_str())];
    let settings = [
        &where_to[..],
        &[
            ("SALURAN_ADAPTER_PREFIX", &nodes.prefix),
            ("SALURAN_ADAPTER_LEASE", "3s"),
            ("SALURAN_ADAPTER_COMMAND_TIMEOUT", "500ms"),
        ],
    ]
    .concat();
    let file = std::env::temp_dir().join(format!("saluran-orders-{}.toml", std::process::id()));
    std::fs::write(&file, FLEET).unwrap();
    let other = Served::start_with(&file, &settings);
    std::fs::remove_file(&file).unwrap();
    let asker: &TestBroker = &nodes.all[0];
    says(asker, "adapter: present, 2 nodes").await;
    let client = other.client().await;
    let token = role("technician", "t");
    assert_eq!(asker.ask(&token, &client.socket_id, "private-status").await.status, 200);

    other.signal(Signal::STOP);
    let asked = Instant::now();
    let waited = asker.ask(&token, &client.socket_id, "private-status").await;
    assert_eq!(waited.status, 503, "{waited:?}");
    assert!(asked.elapsed() >= Duration::from_secs(1), "{:?}", asked.elapsed());

    // Its lease and what others grant it afterwards go by.
    drop(other);
    says(asker, "adapter: present, 1 nodes").await;
    let asked = Instant::now();
    let gone = asker.ask(&token, &client.socket_id, "private-status").await;
    assert_eq!(gone.status, 200, "{gone:?}");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}
