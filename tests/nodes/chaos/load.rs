//! Authors of events: over HTTP in batches, and as clients.

use std::rc::Rc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval};

use super::ledger::{Outcome, Stream};
use super::line::{Line, Requests};
use super::plan::NODES;
use super::scene::{Keeps, Scene};

/// Authors over HTTP at each node, besides one client.
const PER_NODE: u32 = 2;

/// Of so many events one is a client's.
const CLIENTS: u32 = 5;

/// Events in a batch.
const BATCH: u32 = 5;

/// Keys of retained events.
const KEYS: u32 = 4;

/// Starts all authors; they wait for the scene's load.
pub(super) fn start(scene: &Rc<Scene>) -> Vec<Author> {
    let nodes = u32::try_from(NODES).expect("few");
    let by_client = scene.options.events / CLIENTS / nodes;
    let by_http = scene.options.events / nodes / PER_NODE - by_client / PER_NODE;
    let mut authors = Vec::new();
    for node in 0..NODES {
        for _ in 0..PER_NODE {
            let author = Author::new(scene, node, |keeps| keeps != Keeps::Private);
            spawn_local(author.clone().publish(every(by_http)));
            authors.push(author);
        }
        let author = Author::new(scene, node, |keeps| keeps == Keeps::Private);
        spawn_local(author.clone().chat(every(by_client)));
        authors.push(author);
    }
    authors
}

/// Time between batches.
fn every(events: u32) -> Duration {
    Duration::from_secs_f64(f64::from(BATCH) / f64::from(events.max(1)))
}

/// Somebody who sends events to one node, one batch after the other.
#[derive(Debug, Clone)]
pub(super) struct Author {
    scene: Rc<Scene>,
    number: usize,
    node: usize,
    channels: Vec<usize>,
}

impl Author {
    fn new(scene: &Rc<Scene>, node: usize, may: impl Fn(Keeps) -> bool) -> Self {
        let channels = scene.channels.iter().enumerate().filter(|(_, channel)| may(channel.keeps));
        let channels = channels.map(|(number, _)| number).collect();
        Self { scene: Rc::clone(scene), number: scene.author(), node, channels }
    }

    pub(super) fn node(&self) -> usize {
        self.node
    }

    fn is_client(&self) -> bool {
        self.scene.channels[self.channels[0]].keeps == Keeps::Private
    }

    fn random(&self) -> StdRng {
        StdRng::seed_from_u64(self.scene.options.seed ^ (self.number as u64) << 32)
    }

    /// Numbers an event on a channel; gives its data.
    fn write(&self, channel: usize) -> (u32, String) {
        let number = self.scene.ledger.borrow_mut().send((self.number, channel));
        (number, json!({ "a": self.number, "n": number, "k": number % KEYS }).to_string())
    }

    async fn publish(self, pace: Duration) {
        let (mut random, mut requests) = (self.random(), Requests::default());
        let mut ticks = interval(pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let _busy = self.scene.turn().await;
            let channels = (0..BATCH).map(|_| self.channels[random.random_range(0..self.channels.len())]).collect();
            self.batch(&mut requests, channels).await;
        }
    }

    /// Publishes one event on each of these channels; says whether they were accepted.
    async fn batch(&self, requests: &mut Requests, channels: Vec<usize>) -> bool {
        let address = self.scene.address(self.node).await;
        let mut events: Vec<(Stream, u32)> = Vec::new();
        let mut batch = Vec::new();
        for channel in channels {
            let (number, data) = self.write(channel);
            events.push(((self.number, channel), number));
            batch.push(json!({ "channel": self.scene.channels[channel].name, "name": "e", "data": data }));
        }
        let body = json!({ "batch": batch }).to_string();
        let outcome = match requests.signed(address, ("POST", "/batch_events"), &body).await {
            Some((200, _)) => Outcome::Accepted,
            Some((503, _)) => Outcome::Refused,
            Some(answer) => {
                self.scene.surprise(format!("a batch was answered with {answer:?}"));
                Outcome::Refused
            }
            None => Outcome::Unknown,
        };
        let mut ledger = self.scene.ledger.borrow_mut();
        for (stream, number) in events {
            ledger.settle(stream, number, outcome);
        }
        outcome == Outcome::Accepted
    }

    async fn chat(self, pace: Duration) {
        let (mut random, mut line) = (self.random(), None);
        let mut ticks = interval(pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let _busy = self.scene.turn().await;
            let channels = (0..BATCH).map(|_| self.channels[random.random_range(0..self.channels.len())]).collect();
            self.client_events(&mut line, channels).await;
        }
    }

    /// Sends one client event on each of these channels; says whether they were accepted.
    async fn client_events(&self, line: &mut Option<Line>, channels: Vec<usize>) -> bool {
        if line.is_none() {
            *line = self.connect().await;
        }
        let Some(open) = line else { return false };
        let mut events: Vec<(Stream, u32)> = Vec::new();
        let mut is_open = Some(());
        for channel in channels {
            let (number, data) = self.write(channel);
            events.push(((self.number, channel), number));
            let event = json!({ "event": "client-e", "channel": self.scene.channels[channel].name, "data": data });
            if is_open.is_some() {
                is_open = open.send(&event.to_string()).await;
            }
        }
        if is_open.is_some() {
            is_open = self.barrier(open).await;
        }
        let outcome = if is_open.is_some() { Outcome::Accepted } else { Outcome::Unknown };
        if is_open.is_none() {
            *line = None;
        }
        let mut ledger = self.scene.ledger.borrow_mut();
        for (stream, number) in events {
            ledger.settle(stream, number, outcome);
        }
        outcome == Outcome::Accepted
    }

    async fn connect(&self) -> Option<Line> {
        let mut line = Line::open(self.scene.address(self.node).await).await?;
        for channel in &self.channels {
            line.subscribe(&self.scene.channels[*channel].name, None).await?;
        }
        let mut missing = self.channels.len();
        while missing > 0 {
            missing -= usize::from(line.next().await?.event.ends_with("subscription_succeeded"));
        }
        Some(line)
    }

    /// The node has read all that was sent so far.
    async fn barrier(&self, line: &mut Line) -> Option<()> {
        line.say("pusher:ping", &Value::Object(serde_json::Map::new())).await?;
        loop {
            let said = line.next().await?;
            match said.event.as_str() {
                "pusher:pong" => return Some(()),
                "pusher:error" => self.scene.surprise(format!("a client event was answered with {}", said.data)),
                _ => {}
            }
        }
    }

    /// The last event of each channel, so that whoever missed one before it learns that it did.
    pub(super) async fn finish(self) {
        let all = self.channels.clone();
        if self.is_client() {
            let mut line = None;
            while !self.client_events(&mut line, all.clone()).await {}
        } else {
            let mut requests = Requests::default();
            while !self.batch(&mut requests, all.clone()).await {}
        }
    }
}
