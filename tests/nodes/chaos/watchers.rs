//! Watchers: connections that stay, hear many channels, and are members of rooms.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::line::{Line, Said};
use super::plan::NODES;
use super::scene::{LOOK, Scene};

/// Of all channels, each watcher hears one of so many.
const SHARE: usize = 4;

/// Somebody who listens for as long as there is a node.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) name: String,
    home: usize,
    channels: Vec<usize>,
    pub(super) rooms: Vec<usize>,
    /// Where it is; nothing while it is nowhere, or not yet subscribed to everything.
    pub(super) node: Cell<Option<usize>>,
    /// Members of its rooms, by what it was told.
    pub(super) members: RefCell<BTreeMap<usize, BTreeSet<String>>>,
    go_home: Notify,
}

/// Starts all watchers.
pub(super) fn start(scene: &Rc<Scene>) {
    let mut random = StdRng::seed_from_u64(scene.options.seed ^ 0x77);
    let (channels, rooms): (Vec<_>, Vec<_>) = ((0..scene.channels.len()).collect(), (0..scene.rooms.len()).collect());
    for number in 0..scene.options.watchers * NODES {
        let watcher = Rc::new(Watcher {
            name: format!("w{number}"),
            home: number % NODES,
            channels: channels.sample(&mut random, channels.len().div_ceil(SHARE)).copied().collect(),
            rooms: rooms.sample(&mut random, rooms.len().div_ceil(2)).copied().collect(),
            node: Cell::new(None),
            members: RefCell::default(),
            go_home: Notify::new(),
        });
        scene.watchers.borrow_mut().push(Rc::clone(&watcher));
        let random = StdRng::seed_from_u64(random.random());
        spawn_local(live(Rc::clone(scene), watcher, random));
    }
}

impl Watcher {
    /// Where it was before its node died.
    pub(super) fn call_home(&self) {
        if self.node.get().is_some_and(|node| node != self.home) {
            self.node.set(None);
            self.go_home.notify_one();
        }
    }
}

async fn live(scene: Rc<Scene>, watcher: Rc<Watcher>, mut random: StdRng) {
    loop {
        let node = place(&scene, &watcher, &mut random).await;
        let view = scene.ledger.borrow_mut().open(node);
        let _ended = stay(&scene, &watcher, node, view).await;
        scene.ledger.borrow_mut().end(view);
        watcher.node.set(None);
        watcher.members.borrow_mut().clear();
        sleep(LOOK).await;
    }
}

/// Its home if that is there, else any node.
async fn place(scene: &Scene, watcher: &Watcher, random: &mut StdRng) -> usize {
    loop {
        let is_there = scene.addresses.borrow().map(|address| address.is_some());
        if is_there[watcher.home] {
            return watcher.home;
        }
        let others: Vec<_> = (0..NODES).filter(|node| is_there[*node]).collect();
        if let Some(other) = others.choose(random) {
            return *other;
        }
        sleep(LOOK).await;
    }
}

/// One stay at a node, until it ends or the watcher is called home.
async fn stay(scene: &Scene, watcher: &Watcher, node: usize, view: usize) -> Option<()> {
    let mut line = Line::open(scene.address(node).await).await?;
    for channel in &watcher.channels {
        line.subscribe(&scene.channels[*channel].name, None).await?;
    }
    for room in &watcher.rooms {
        line.subscribe(&scene.rooms[*room], Some(&watcher.name)).await?;
    }
    let mut missing = watcher.channels.len() + watcher.rooms.len();
    loop {
        let said = tokio::select! {
            said = line.next() => said?,
            () = watcher.go_home.notified() => {
                line.close().await;
                return None;
            }
        };
        if said.event == "pusher_internal:subscription_succeeded" {
            missing -= 1;
            if missing == 0 {
                watcher.node.set(Some(node));
            }
        }
        hear(scene, watcher, view, &said);
    }
}

fn hear(scene: &Scene, watcher: &Watcher, view: usize, said: &Said) {
    if let Some(room) = said.channel.strip_prefix("presence-room-") {
        return meet(scene, watcher, room.parse().expect("a room's number"), said);
    }
    let Some(channel) = scene.channel(&said.channel) else {
        if said.event == "pusher:error" {
            scene.surprise(format!("{} was answered with {}", watcher.name, said.data));
        }
        return;
    };
    match said.event.as_str() {
        "pusher_internal:subscription_succeeded" => {
            scene.ledger.borrow_mut().listen(view, channel, scene.authors.get());
        }
        "e" | "client-e" => {
            let data: Value = serde_json::from_str(&said.data).expect("authors write JSON");
            let number = |name: &str| data[name].as_u64().expect("a number");
            let author = usize::try_from(number("a")).expect("few authors");
            let number = u32::try_from(number("n")).expect("few events");
            scene.ledger.borrow_mut().hear(view, (author, channel), number);
        }
        _ => {}
    }
}

fn meet(scene: &Scene, watcher: &Watcher, room: usize, said: &Said) {
    let data: Value = serde_json::from_str(&said.data).expect("data is JSON");
    let mut members = watcher.members.borrow_mut();
    let members = members.entry(room).or_default();
    let id = data["user_id"].as_str().unwrap_or_default();
    match said.event.as_str() {
        "pusher_internal:subscription_succeeded" => {
            let ids = data["presence"]["ids"].as_array().map_or(&[][..], Vec::as_slice).iter();
            *members = ids.map(|id| id.as_str().expect("an id").to_owned()).collect();
        }
        "pusher_internal:member_added" => {
            let is_new = members.insert(id.to_owned());
            scene.edge(|edges| {
                edges.added += 1;
                edges.wrong += u64::from(!is_new);
            });
        }
        "pusher_internal:member_removed" => {
            let was_there = members.remove(id);
            let stays = |other: &Rc<Watcher>| other.name == id && other.node.get().is_some();
            let is_flap = scene.watchers.borrow().iter().any(stays);
            scene.edge(|edges| {
                edges.removed += 1;
                edges.wrong += u64::from(!was_there);
                edges.flaps += u64::from(is_flap);
            });
        }
        _ => {}
    }
}
