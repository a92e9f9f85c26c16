//! Several nodes and one Redis: what crosses from one to the other, and what happens without it.

use std::time::Duration;

use rustix::process::Signal;
use saluran::config::AdapterKind;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{APP, Client, DEADLINE, FLEET, HttpConnection, Redis, Served, TestBroker, prefix, role};

const ROOM: &str = "presence-room";

/// Nodes of one cluster.
pub(crate) struct Nodes {
    pub(crate) redis: Redis,
    pub(crate) all: Vec<TestBroker>,
    pub(crate) prefix: String,
}

impl Nodes {
    pub(crate) async fn start(count: usize) -> Self {
        Self::with(count, |_| {}).await
    }

    pub(crate) async fn with(count: usize, change: impl Fn(&mut saluran::config::Config)) -> Self {
        let redis = Redis::start();
        let prefix = prefix();
        let mut all = Vec::new();
        for _ in 0..count {
            let node = TestBroker::with(|config| {
                config.adapter.kind = AdapterKind::Redis;
                config.adapter.servers = vec![redis.server()];
                config.adapter.prefix.clone_from(&prefix);
                change(config);
            });
            all.push(node.await);
        }
        Self { redis, all, prefix }
    }
}

async fn member(broker: &TestBroker, id: &str) -> Client {
    let mut client = broker.connect().await;
    client.subscribe_signed(ROOM, Some(&json!({ "user_id": id }).to_string())).await;
    client
}

fn told(what: &str, id: &str) -> String {
    let data = json!({ "user_id": id }).to_string();
    format!(r#"{{"event":"pusher_internal:{what}","channel":"{ROOM}","data":{}}}"#, json!(data))
}

/// Waits until a node says of the others what it should.
pub(crate) async fn says(node: &TestBroker, what: &str) {
    let start = Instant::now();
    loop {
        let mut connection = HttpConnection::open(node.admin).await;
        let ready = connection.request("GET", "/readyz", &[], b"").await;
        if ready.body.contains(what) {
            return;
        }
        assert!(start.elapsed() < DEADLINE, "{what}: {}", ready.body);
        sleep(Duration::from_millis(20)).await;
    }
}

async fn members(node: &TestBroker) -> Vec<String> {
    let users = node.get(&format!("/apps/{}/channels/{ROOM}/users", APP.id)).await.json();
    let ids = users["users"].as_array().map_or(&[][..], Vec::as_slice).iter();
    let mut ids: Vec<String> = ids.map(|user| user["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// C-119, C-203, C-206: one member whatever node its connections are at, and counts of the whole cluster.
#[tokio::test]
async fn a_member_of_two_nodes_is_one() {
    let nodes = Nodes::start(3).await;
    let mut watcher = member(&nodes.all[0], "1").await;
    let first = member(&nodes.all[1], "7").await;
    watcher.expect(&told("member_added", "7")).await;
    let second = member(&nodes.all[2], "7").await;
    for node in &nodes.all {
        assert_eq!(members(node).await, ["1", "7"]);
        let state = node.channel(ROOM, "user_count,subscription_count").await;
        assert_eq!((&state["user_count"], &state["subscription_count"]), (&json!(2), &json!(3)));
    }
    first.close().await;
    watcher.quiet().await;
    second.close().await;
    watcher.expect(&told("member_removed", "7")).await;
    assert_eq!(members(&nodes.all[1]).await, ["1"]);
}

/// C-122: what a node held that was killed is taken back by one of the others, once.
#[tokio::test]
async fn members_of_a_killed_node_are_removed() {
    let redis = Redis::start();
    let (url, prefix) = (format!("redis://127.0.0.1:{}", redis.port()), prefix());
    let settings = [
        ("SALURAN_ADAPTER_KIND", "redis"),
        ("SALURAN_ADAPTER_URL", url.as_str()),
        ("SALURAN_ADAPTER_PREFIX", prefix.as_str()),
        ("SALURAN_ADAPTER_COMMAND_TIMEOUT", "500ms"),
        ("SALURAN_ADAPTER_LEASE", "3s"),
    ];
    let nodes = [Served::start(&settings), Served::start(&settings), Served::start(&settings)];
    let mut watchers = Vec::new();
    for (node, id) in nodes.iter().zip(["1", "2"]) {
        let mut watcher = node.client().await;
        watcher.subscribe_signed(ROOM, Some(&json!({ "user_id": id }).to_string())).await;
        watchers.push(watcher);
    }
    watchers[0].expect(&told("member_added", "2")).await;
    let mut lost = nodes[2].client().await;
    lost.subscribe_signed(ROOM, Some(r#"{"user_id":"3"}"#)).await;
    for watcher in &mut watchers {
        watcher.expect(&told("member_added", "3")).await;
    }
    let [_one, _two, third] = nodes;
    // By SIGKILL.
    drop(third);
    for watcher in &mut watchers {
        watcher.expect(&told("member_removed", "3")).await;
        watcher.quiet().await;
    }
}

/// C-140, C-169: a client event reaches the other nodes' subscribers, and whoever an event excludes does not get it
/// anywhere.
#[tokio::test]
async fn events_cross_with_what_they_exclude() {
    let nodes = Nodes::start(2).await;
    let mut one = nodes.all[0].connect().await;
    let mut other = nodes.all[1].connect().await;
    for client in [&mut one, &mut other] {
        client.subscribe_signed("private-a", None).await;
    }
    one.send(r#"{"event":"client-x","channel":"private-a","data":"1"}"#).await;
    other.expect(r#"{"event":"client-x","channel":"private-a","data":"1"}"#).await;
    one.quiet().await;
    let body = json!({ "name": "n", "channel": "private-a", "data": "2", "socket_id": other.socket_id });
    nodes.all[0].publish_body(&body.to_string()).await;
    one.expect(r#"{"event":"n","channel":"private-a","data":"2"}"#).await;
    nodes.all[0].publish("private-a", "n", "3").await;
    for client in [&mut one, &mut other] {
        client.expect(r#"{"event":"n","channel":"private-a","data":"3"}"#).await;
    }
}

/// C-147, C-154: a user's messages, and the end of the user's connections, reach every node.
#[tokio::test]
async fn a_user_is_reached_and_thrown_out_on_all_nodes() {
    let nodes = Nodes::start(2).await;
    let mut clients = [nodes.all[0].connect().await, nodes.all[1].connect().await];
    for client in &mut clients {
        client.sign_in(r#"{"id":"42"}"#).await;
    }
    let mut stranger = nodes.all[1].connect().await;
    stranger.sign_in(r#"{"id":"43"}"#).await;
    for client in &mut clients {
        client.subscribe_signed("#server-to-user-42", None).await;
    }
    nodes.all[0].publish("#server-to-user-42", "hello", "1").await;
    for client in &mut clients {
        client.expect(r##"{"event":"hello","channel":"#server-to-user-42","data":"1"}"##).await;
    }
    let done = nodes.all[0].post(&format!("/apps/{}/users/42/terminate_connections", APP.id), "").await;
    assert_eq!(done.status, 200, "{done:?}");
    for client in &mut clients {
        client.expect_end_with(4009).await;
    }
    stranger.quiet().await;
}

/// C-154: who is thrown out while a node cannot be reached is thrown out there when it is back, unless the sign-in is a
/// later one.
#[tokio::test]
async fn a_node_that_was_away_throws_out_who_had_to_go() {
    let mut nodes = Nodes::start(2).await;
    let mut early = nodes.all[1].connect().await;
    early.sign_in(r#"{"id":"42"}"#).await;
    nodes.redis.kill();
    for node in &nodes.all {
        says(node, "adapter: away").await;
    }
    let done = nodes.all[0].post(&format!("/apps/{}/users/42/terminate_connections", APP.id), "").await;
    assert_eq!(done.status, 200, "{done:?}");
    // Clocks may be apart: whoever comes back at once may be taken for one from before.
    sleep(saluran::adapter::APART).await;
    let mut late = nodes.all[1].connect().await;
    late.sign_in(r#"{"id":"42"}"#).await;
    early.quiet().await;
    nodes.redis.resume();
    early.expect_end_with(4009).await;
    late.quiet().await;
}

/// C-220: what a channel keeps greets a newcomer at a node that has never heard of it.
#[tokio::test]
async fn a_cached_event_greets_at_another_node() {
    let nodes = Nodes::start(2).await;
    nodes.all[0].publish("cache-rates", "rate", "1.02").await;
    let mut client = nodes.all[1].connect().await;
    client.subscribe("cache-rates").await;
    client.expect(r#"{"event":"rate","channel":"cache-rates","data":"1.02"}"#).await;
}

/// A signature that one node gives on a token counts as the bearer's at the node that has the connection.
#[tokio::test]
async fn a_grant_reaches_the_connections_node() {
    let declared = crate::support::configuration(FLEET);
    let nodes = Nodes::with(2, |config| {
        config.apps.clone_from(&declared.apps);
        config.roles.clone_from(&declared.roles);
        config.channels.clone_from(&declared.channels);
    })
    .await;
    let token = role("technician", "t");
    let mut client = nodes.all[1].connect().await;
    let success = client.subscribe_granted(&nodes.all[0], &token, "private-status").await;
    assert!(success.contains("private-status"), "{success}");
    // An id that nobody has: no node answers for it, and no harm is done by the signature.
    let nobody = nodes.all[0].ask(&token, "1.2", "private-status").await;
    assert_eq!(nobody.status, 200, "{nobody:?}");
}

/// A node hears of channels that somebody listens to there, and of no others.
#[tokio::test]
async fn a_node_without_subscribers_hears_nothing() {
    let nodes = Nodes::start(2).await;
    let mut client = nodes.all[0].connect().await;
    client.subscribe("busy").await;
    for number in 0..50 {
        nodes.all[0].publish("busy", "n", &number.to_string()).await;
        client.expect(&format!(r#"{{"event":"n","channel":"busy","data":"{number}"}}"#)).await;
    }
    let heard = [nodes.all[0].metric(HEARD).await, nodes.all[1].metric(HEARD).await];
    assert!(heard[0] >= 50.0 && heard[1] < 5.0, "{heard:?}");
}

const HEARD: &str = "saluran_adapter_messages_heard_total";

/// Without Redis each node serves its own; what should have crossed waits, in order, and crosses afterwards.
#[tokio::test]
async fn without_redis_nodes_go_on_and_catch_up() {
    let mut nodes = Nodes::start(2).await;
    let mut one = member(&nodes.all[0], "1").await;
    let mut two = member(&nodes.all[1], "2").await;
    one.expect(&told("member_added", "2")).await;
    nodes.redis.kill();
    for node in &nodes.all {
        says(node, "adapter: away").await;
    }
    for number in 0..20 {
        nodes.all[0].publish(ROOM, "n", &number.to_string()).await;
        one.expect(&format!(r#"{{"event":"n","channel":"{ROOM}","data":"{number}"}}"#)).await;
    }
    two.quiet().await;
    let _alone = member(&nodes.all[0], "3").await;
    one.expect(&told("member_added", "3")).await;
    nodes.redis.resume();
    let mut heard = Vec::new();
    while heard.len() < 20 {
        let event: Value = serde_json::from_str(&two.next().await).unwrap();
        if event["event"] == "n" {
            heard.push(event["data"].as_str().unwrap().parse::<u32>().unwrap());
        }
    }
    assert_eq!(heard, (0..20).collect::<Vec<_>>());
    for node in &nodes.all {
        says(node, "adapter: present, 2 nodes").await;
        let start = Instant::now();
        while members(node).await != ["1", "2", "3"] {
            assert!(start.elapsed() < DEADLINE, "{:?}", members(node).await);
        }
    }
}

/// Above the bound of what may wait, publishers are told; nothing is lost in silence.
#[tokio::test]
async fn a_full_queue_refuses_with_503() {
    let mut nodes = Nodes::with(2, |config| config.adapter.queue_events = 16).await;
    let mut far = nodes.all[1].connect().await;
    far.subscribe("chat").await;
    nodes.redis.kill();
    says(&nodes.all[0], "adapter: away").await;
    let mut taken = Vec::new();
    for number in 0..40 {
        let body = json!({ "name": "n", "channel": "chat", "data": number.to_string() }).to_string();
        let answer = nodes.all[0].post(&format!("/apps/{}/events", APP.id), &body).await;
        match answer.status {
            200 => taken.push(number),
            503 => assert!(answer.header("retry-after").is_some(), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
    }
    assert!((8..=17).contains(&taken.len()), "{taken:?}");
    nodes.redis.resume();
    for number in taken {
        far.expect(&format!(r#"{{"event":"n","channel":"chat","data":"{number}"}}"#)).await;
    }
}

/// A Redis that stands still for a while is away for that while, and nothing is lost by it.
#[tokio::test]
async fn a_redis_that_stands_still_is_away_until_it_goes_on() {
    let nodes = Nodes::with(2, |config| config.adapter.command_timeout = Duration::from_millis(500)).await;
    let mut near = nodes.all[0].connect().await;
    let mut far = nodes.all[1].connect().await;
    for client in [&mut near, &mut far] {
        client.subscribe("chat").await;
    }
    nodes.redis.signal(Signal::STOP);
    for number in 0..5 {
        nodes.all[0].publish("chat", "n", &number.to_string()).await;
    }
    says(&nodes.all[0], "adapter: away").await;
    for number in 0..5 {
        near.expect(&format!(r#"{{"event":"n","channel":"chat","data":"{number}"}}"#)).await;
    }
    nodes.redis.signal(Signal::CONT);
    for number in 0..5 {
        far.expect(&format!(r#"{{"event":"n","channel":"chat","data":"{number}"}}"#)).await;
    }
}

/// A Redis that comes back empty knows nobody until all nodes have told it again; nobody goes or comes by that.
#[tokio::test]
async fn an_emptied_redis_lets_no_member_flap() {
    let mut nodes = Nodes::start(3).await;
    let mut members = Vec::new();
    for (node, id) in nodes.all.iter().zip(["1", "2", "3"]) {
        members.push(member(node, id).await);
    }
    for (at, client) in members.iter_mut().enumerate() {
        for id in ["2", "3"].iter().skip(at) {
            client.expect(&told("member_added", id)).await;
        }
    }
    nodes.redis.kill();
    for node in &nodes.all {
        says(node, "adapter: away").await;
    }
    nodes.redis.resume();
    for node in &nodes.all {
        says(node, "adapter: present, 3 nodes").await;
    }
    nodes.all[0].publish(ROOM, "n", "1").await;
    for client in &mut members {
        client.expect(&format!(r#"{{"event":"n","channel":"{ROOM}","data":"1"}}"#)).await;
        client.quiet().await;
    }
}

/// C-059 and C-119 together: whoever is sent away by a node that drains and comes back elsewhere was never gone for
/// the others; whoever does not is told to be gone later; what channels keep is there after it.
#[tokio::test]
async fn members_of_a_draining_node_come_back_unnoticed() {
    let mut nodes = Nodes::with(3, |config| {
        config.adapter.lease = Duration::from_secs(3);
        config.server.drain = Duration::from_millis(500);
    })
    .await;
    let mut watcher = member(&nodes.all[0], "1").await;
    let (mut moves, mut leaves) = (member(&nodes.all[1], "7").await, member(&nodes.all[1], "8").await);
    for id in ["7", "8"] {
        watcher.expect(&told("member_added", id)).await;
    }
    moves.expect(&told("member_added", "8")).await;
    nodes.all[1].publish("cache-rates", "rate", "1.02").await;
    let mut drained = nodes.all.remove(1);
    let drain = tokio::spawn(async move { drained.shutdown().await });
    moves.expect_end_with(4200).await;
    leaves.expect_end_with(4200).await;
    let mut moved = member(&nodes.all[1], "7").await;
    drain.await.unwrap();
    watcher.expect(&told("member_removed", "8")).await;
    moved.expect(&told("member_removed", "8")).await;
    watcher.quiet().await;
    for node in &nodes.all {
        assert_eq!(members(node).await, ["1", "7"]);
    }
    let mut client = nodes.all[0].connect().await;
    client.subscribe("cache-rates").await;
    client.expect(r#"{"event":"rate","channel":"cache-rates","data":"1.02"}"#).await;
}
