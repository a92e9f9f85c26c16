//! Members and counts.

use std::rc::Rc;

use serde_json::{Value, json};

use super::world::{Middle, World};
use crate::node::Node;
use crate::support::{APP, Client, eventually};

/// A connection of a member.
pub(crate) async fn member(node: &Node, channel: &str, id: &str) -> Client {
    let mut client = node.connect().await;
    client.subscribe_signed(channel, Some(&json!({ "user_id": id }).to_string())).await;
    client
}

fn told(channel: &str, what: &str, id: &str) -> String {
    let data = json!({ "user_id": id }).to_string();
    format!(r#"{{"event":"pusher_internal:{what}","channel":"{channel}","data":{}}}"#, json!(data))
}

/// Nothing else was told before this.
async fn marked(world: &World, at: usize, channel: &str, clients: &mut [&mut Client]) {
    world.nodes[at].mark(APP, channel, "x").await;
    for client in clients {
        client.expect(&format!(r#"{{"event":"mark","channel":"{channel}","data":"x"}}"#)).await;
    }
}

async fn counts(world: &World, channel: &str, subscriptions: u64) {
    for node in &world.nodes {
        let is_so = async || node.subscriptions(APP, channel).await == Some(subscriptions);
        eventually(&format!("{subscriptions} subscriptions of {channel}"), is_so).await;
    }
}

/// C-119, with the connections on three nodes: C-113 and C-115 before the middle, C-116, C-117 and C-118 after it.
pub(super) async fn one_member(world: Rc<World>, middle: Middle) {
    let channel = "presence-one";
    let mut watcher = member(&world.nodes[0], channel, "w").await;
    let mut clients = Vec::new();
    for (id, first, second) in [("a", 1, 2), ("b", 2, 0)] {
        clients.push((id, member(&world.nodes[first], channel, id).await, second));
    }
    for id in ["a", "b"] {
        watcher.expect(&told(channel, "member_added", id)).await;
    }
    let mut seconds = Vec::new();
    for (id, first, second) in &mut clients {
        let mut client = world.nodes[*second].connect().await;
        let data = json!({ "user_id": id }).to_string();
        let success = client.subscribe_signed(channel, Some(&data)).await;
        let success: Value = serde_json::from_str(&success).unwrap();
        let snapshot: Value = serde_json::from_str(success["data"].as_str().unwrap()).unwrap();
        assert_eq!(snapshot["presence"]["count"], 3, "{snapshot}");
        if *id == "a" {
            first.expect(&told(channel, "member_added", "b")).await;
        }
        marked(&world, *second, channel, &mut [&mut watcher, first, &mut client]).await;
        seconds.push(client);
        if *id == "b" {
            // The others have heard of it what the watcher did.
            seconds[0].expect(&format!(r#"{{"event":"mark","channel":"{channel}","data":"x"}}"#)).await;
        }
    }
    middle.pass().await;
    // Of "a" the first connection ends and the second unsubscribes; of "b" it is the other way round.
    let [second_a, second_b] = <[Client; 2]>::try_from(seconds).unwrap();
    let mut clients = clients.into_iter();
    let ((_, first_a, _), (_, mut first_b, _)) = (clients.next().unwrap(), clients.next().unwrap());
    first_a.close().await;
    first_b.unsubscribe(channel).await;
    counts(&world, channel, 3).await;
    for node in 0..3 {
        marked(&world, node, channel, &mut [&mut watcher]).await;
    }
    let mut second_a = second_a;
    second_a.unsubscribe(channel).await;
    watcher.expect(&told(channel, "member_removed", "a")).await;
    second_b.close().await;
    watcher.expect(&told(channel, "member_removed", "b")).await;
    counts(&world, channel, 1).await;
    for node in 0..3 {
        marked(&world, node, channel, &mut [&mut watcher]).await;
    }
}

/// C-122: what a node held that was killed is taken back by one of the others, once; who is elsewhere too stays.
pub(super) async fn killed(world: Rc<World>, middle: Middle) {
    let channel = "presence-killed";
    let mut watchers = Vec::new();
    for (node, id) in world.nodes.iter().zip(["w0", "w1", "w2"]) {
        watchers.push(member(node, channel, id).await);
    }
    for (watcher, others) in watchers.iter_mut().zip([&["w1", "w2"][..], &["w2"], &[]]) {
        for id in others {
            watcher.expect(&told(channel, "member_added", id)).await;
        }
    }
    kill_one(&world, channel, &mut watchers, "four").await;
    middle.pass().await;
    kill_one(&world, channel, &mut watchers, "five").await;
}

async fn kill_one(world: &World, channel: &str, watchers: &mut [Client], name: &str) {
    let node = world.node(name).await;
    let _alone = member(&node, channel, "alone").await;
    let _elsewhere = member(&node, channel, "w1").await;
    for watcher in &mut *watchers {
        watcher.expect(&told(channel, "member_added", "alone")).await;
    }
    counts(world, channel, 5).await;
    // By SIGKILL.
    drop(node);
    counts(world, channel, 3).await;
    for watcher in &mut *watchers {
        watcher.expect(&told(channel, "member_removed", "alone")).await;
    }
    for node in 0..3 {
        let mut all: Vec<&mut Client> = watchers.iter_mut().collect();
        marked(world, node, channel, &mut all).await;
        assert_eq!(world.nodes[node].members(APP, channel).await, ["w0", "w1", "w2"]);
    }
}

/// C-203: a count is that of the whole cluster, whatever node is asked.
pub(super) async fn counted(world: Rc<World>, middle: Middle) {
    let channel = "counted";
    let mut clients = Vec::new();
    for node in world.nodes.iter().cycle().take(5) {
        let mut client = node.connect().await;
        client.subscribe(channel).await;
        clients.push(client);
        counts(&world, channel, clients.len() as u64).await;
    }
    middle.pass().await;
    counts(&world, channel, 5).await;
    while let Some(client) = clients.pop() {
        client.close().await;
        counts(&world, channel, clients.len() as u64).await;
    }
    for node in &world.nodes {
        let all = node.get(APP, "/channels").await.json();
        assert!(all["channels"][channel].is_null(), "{all}");
    }
}

/// C-206: members are listed once each, whatever node is asked.
pub(super) async fn listed(world: Rc<World>, middle: Middle) {
    let channel = "presence-listed";
    let mut clients = Vec::new();
    for (node, id) in [(0, "1"), (1, "1"), (1, "2"), (2, "3"), (2, "1")] {
        clients.push(member(&world.nodes[node], channel, id).await);
    }
    for node in &world.nodes {
        assert_eq!(node.members(APP, channel).await, ["1", "2", "3"]);
    }
    middle.pass().await;
    for node in &world.nodes {
        eventually("the same members", async || node.members(APP, channel).await == ["1", "2", "3"]).await;
    }
    let answer = world.nodes[0].get(APP, &format!("/channels/{channel}?info=user_count,subscription_count")).await;
    assert_eq!(answer.json(), json!({ "occupied": true, "user_count": 3, "subscription_count": 5 }));
    for (count, ids) in [(4, &["1", "2", "3"][..]), (3, &["1", "2"]), (2, &["1"]), (1, &["1"])] {
        clients.pop().unwrap().close().await;
        counts(&world, channel, count).await;
        for node in &world.nodes {
            assert_eq!(node.members(APP, channel).await, ids);
        }
    }
}
