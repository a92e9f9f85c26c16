//! What must hold after whatever happened.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::line::Requests;
use super::plan::NODES;
use super::scene::{LOOK, Scene};

/// Time in which all must agree.
const AGREEMENT: Duration = Duration::from_secs(30);

/// Who should be in a room: members, and connections.
type Room = (BTreeSet<String>, usize);

/// What should be, by those who came and stayed.
fn model(scene: &Scene) -> BTreeMap<usize, Room> {
    let mut rooms: BTreeMap<usize, Room> = (0..scene.rooms.len()).map(|room| (room, Room::default())).collect();
    let mut add = |room: usize, id: String| {
        let (members, connections) = rooms.get_mut(&room).expect("a room");
        members.insert(id);
        *connections += 1;
    };
    for (room, user) in scene.seats.borrow().iter().flatten() {
        add(*room, format!("u{user}"));
    }
    for watcher in scene.watchers.borrow().iter() {
        watcher.rooms.iter().for_each(|room| add(*room, watcher.name.clone()));
    }
    rooms
}

/// Waits until nobody of the load is in the middle of something, and all watchers are somewhere.
///
/// # Errors
/// Who was not.
pub(super) async fn settled(scene: &Scene) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let lost: Vec<_> =
            scene.watchers.borrow().iter().filter(|w| w.node.get().is_none()).map(|w| w.name.clone()).collect();
        if scene.busy.get() == 0 && lost.is_empty() {
            return Ok(());
        }
        if start.elapsed() > AGREEMENT {
            return Err(format!("{} of the load are stuck, and these watchers: {lost:?}", scene.busy.get()));
        }
        sleep(LOOK).await;
    }
}

/// Waits until every node and every watcher agrees with the model.
///
/// # Errors
/// Who did not.
pub(super) async fn agreement(scene: &Scene) -> Result<(), String> {
    let start = Instant::now();
    let mut requests: [Requests; NODES] = Default::default();
    loop {
        let mut wrong = views(scene);
        for (node, requests) in requests.iter_mut().enumerate() {
            let address = scene.address(node).await;
            wrong.extend(node_says(scene, (node, address), requests).await);
        }
        if wrong.is_empty() {
            return Ok(());
        }
        if start.elapsed() > AGREEMENT {
            wrong.truncate(5);
            return Err(wrong.join("; "));
        }
        sleep(LOOK).await;
    }
}

/// Where watchers see other members than there are.
fn views(scene: &Scene) -> Vec<String> {
    let model = model(scene);
    let mut wrong = Vec::new();
    for watcher in scene.watchers.borrow().iter() {
        let seen = watcher.members.borrow();
        for room in &watcher.rooms {
            let (nobody, (members, _)) = (BTreeSet::new(), &model[room]);
            let seen = seen.get(room).unwrap_or(&nobody);
            if seen != members {
                let who = format!("{} at node {:?}", watcher.name, watcher.node.get());
                wrong.push(differ(&format!("{who}, room {room}"), seen, members));
            }
        }
    }
    wrong
}

fn differ(who: &str, seen: &BTreeSet<String>, members: &BTreeSet<String>) -> String {
    let stuck: Vec<_> = seen.difference(members).collect();
    let lost: Vec<_> = members.difference(seen).collect();
    format!("{who}: stuck {stuck:?}, lost {lost:?}")
}

/// Where a node says other members or counts than there are.
async fn node_says(scene: &Scene, (node, at): (usize, SocketAddr), requests: &mut Requests) -> Vec<String> {
    let mut wrong = Vec::new();
    for (room, (members, connections)) in model(scene) {
        let path = format!("/channels/{}", scene.rooms[room]);
        let users = json(requests.signed(at, ("GET", &format!("{path}/users")), "").await);
        let ids = users["users"].as_array().map_or(&[][..], Vec::as_slice).iter();
        let ids: Vec<_> = ids.map(|user| user["id"].as_str().unwrap_or_default().to_owned()).collect();
        let seen: BTreeSet<_> = ids.iter().cloned().collect();
        if seen != members || seen.len() != ids.len() {
            wrong.push(differ(&format!("node {node}, room {room}"), &seen, &members));
        }
        let info = format!("{path}?info=user_count,subscription_count");
        let counts = json(requests.signed(at, ("GET", &info), "").await);
        let counts = [&counts["user_count"], &counts["subscription_count"]].map(Value::as_u64);
        let expected = [members.len(), connections].map(|count| Some(count as u64));
        if counts != expected {
            wrong.push(format!("node {node}, room {room}: counts {counts:?} instead of {expected:?}"));
        }
    }
    wrong
}

fn json(answer: Option<(u16, String)>) -> Value {
    answer.and_then(|(_, body)| serde_json::from_str(&body).ok()).unwrap_or_default()
}

/// Waits until every watcher has heard the last event of each of its channels, as long as that may take.
pub(super) async fn heard_all(scene: &Scene) -> bool {
    let start = Instant::now();
    while !scene.ledger.borrow().is_up_to_date() {
        if start.elapsed() > AGREEMENT {
            return false;
        }
        sleep(LOOK).await;
    }
    true
}
