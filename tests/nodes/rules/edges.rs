//! Edges: what all nodes are told once, however many of them had a part in it.
//!
//! They are what callbacks to the app will be made of (C-229 to C-232).

use std::rc::Rc;

use serde_json::Value;
use tokio::task::JoinSet;

use super::ear::{Change, Ear};
use super::presence::member;
use super::world::{Middle, World};
use crate::support::{APP, Client, OTHER, eventually};

const USERS: [&str; 4] = ["a", "b", "c", "d"];

/// Members who come and go on three nodes at once are added and removed once.
pub(super) async fn members(world: Rc<World>, middle: Middle) {
    let channel = "presence-edges";
    let mut watchers = Vec::new();
    for (node, id) in world.nodes.iter().zip(["w0", "w1", "w2"]) {
        watchers.push(member(node, channel, id).await);
    }
    for (watcher, others) in watchers.iter_mut().zip([&["w1", "w2"][..], &["w2"], &[]]) {
        assert_eq!(told(watcher, others.len()).await, added(others));
    }
    let mut ear = Ear::open(&world, APP, channel).await;
    let clients = all_join(&world, channel).await;
    for watcher in &mut watchers {
        assert_eq!(told(watcher, USERS.len()).await, added(&USERS));
    }
    let mut heard = Vec::new();
    while heard.len() < USERS.len() {
        heard.extend(ear.until("members", |_| true).await);
    }
    heard.sort();
    assert_eq!(heard, added(&USERS));
    nothing_more(&world, channel, &mut watchers).await;
    assert_eq!(ear.rest(), []);
    middle.pass().await;
    nothing_more(&world, channel, &mut watchers).await;
    let mut ear = Ear::open(&world, APP, channel).await;
    all_leave(channel, clients).await;
    let removed: Vec<_> = USERS.map(|id| Change::Removed(id.to_owned())).into();
    for watcher in &mut watchers {
        assert_eq!(told(watcher, USERS.len()).await, removed);
    }
    let mut heard = Vec::new();
    while heard.len() < USERS.len() {
        heard.extend(ear.until("members who are gone", |_| true).await);
    }
    heard.sort();
    assert_eq!(heard, removed);
    nothing_more(&world, channel, &mut watchers).await;
    assert_eq!(ear.rest(), []);
}

fn added(ids: &[&str]) -> Vec<Change> {
    ids.iter().map(|id| Change::Added((*id).to_owned())).collect()
}

/// Each user connects to each node, all at once.
async fn all_join(world: &Rc<World>, channel: &'static str) -> Vec<Client> {
    let mut joining = JoinSet::new();
    for node in 0..world.nodes.len() {
        for id in USERS {
            let world = Rc::clone(world);
            joining.spawn_local(async move { member(&world.nodes[node], channel, id).await });
        }
    }
    joining.join_all().await
}

/// Every other connection ends, the rest unsubscribes, all at once.
async fn all_leave(channel: &'static str, clients: Vec<Client>) {
    let mut leaving = JoinSet::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        leaving.spawn_local(async move {
            if number % 2 == 0 {
                client.reset();
                return None;
            }
            client.unsubscribe(channel).await;
            Some(client)
        });
    }
    leaving.join_all().await;
}

/// The next so many changes that a subscriber is told of, sorted.
async fn told(client: &mut Client, count: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    for _ in 0..count {
        let event: Value = serde_json::from_str(&client.next().await).unwrap();
        let data: Value = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
        let id = data["user_id"].as_str().unwrap().to_owned();
        changes.push(match event["event"].as_str().unwrap() {
            "pusher_internal:member_added" => Change::Added(id),
            "pusher_internal:member_removed" => Change::Removed(id),
            other => panic!("{other}"),
        });
    }
    changes.sort();
    changes
}

/// Whatever was on its way has been heard when events of all nodes are.
async fn nothing_more(world: &World, channel: &str, watchers: &mut [Client]) {
    for node in &world.nodes {
        node.mark(APP, channel, "").await;
        for watcher in &mut *watchers {
            watcher.expect(&format!(r#"{{"event":"mark","channel":"{channel}","data":""}}"#)).await;
        }
    }
}

/// The first subscription of all nodes occupies a channel and the last one's end vacates it, once each.
pub(super) async fn channels(world: Rc<World>, middle: Middle) {
    let channel = "edges";
    let mut ear = Ear::open(&world, OTHER, channel).await;
    let clients = all_subscribe(&world, channel).await;
    let all = clients.len() as u64;
    let rising = ear.until("all subscriptions", |change| *change == Change::Total(all)).await;
    assert!(rising.is_sorted() && !rising.contains(&Change::Total(0)), "{rising:?}");
    assert_eq!(ear.rest(), []);
    middle.pass().await;
    for node in &world.nodes {
        let is_so = async || node.subscriptions(OTHER, channel).await == Some(all);
        eventually("the same subscriptions", is_so).await;
    }
    let mut ear = Ear::open(&world, OTHER, channel).await;
    all_leave(channel, clients).await;
    let falling = ear.until("no subscriptions", |change| *change == Change::Total(0)).await;
    assert!(falling.is_sorted_by(|one, next| one > next), "{falling:?}");
    let mut again = world.nodes[2].connect_to(OTHER).await;
    again.subscribe(channel).await;
    assert_eq!(ear.until("a subscription", |_| true).await, [Change::Total(1)]);
    again.close().await;
    assert_eq!(ear.until("its end", |_| true).await, [Change::Total(0)]);
    for node in &world.nodes {
        let channels = node.get(OTHER, "/channels").await.json();
        assert!(channels["channels"][channel].is_null(), "{channels}");
    }
    assert_eq!(ear.rest(), []);
}

/// Three subscribers on each node, all at once; each hears in the end how many they are.
async fn all_subscribe(world: &Rc<World>, channel: &'static str) -> Vec<Client> {
    let count = 3 * world.nodes.len();
    let mut joining = JoinSet::new();
    for number in 0..count {
        let world = Rc::clone(world);
        joining.spawn_local(async move {
            let mut client = world.nodes[number % 3].connect_to(OTHER).await;
            client.subscribe(channel).await;
            client
        });
    }
    let mut clients = joining.join_all().await;
    let data = format!(r#"{{\"subscription_count\":{count}}}"#);
    for client in &mut clients {
        while !client.next().await.contains(&data) {}
    }
    clients
}
