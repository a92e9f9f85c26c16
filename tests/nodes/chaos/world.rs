//! Three nodes, each with its own way to a Redis that sentinels watch, and what can happen to them.

use std::path::PathBuf;
use std::rc::Rc;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::plan::{Fault, LEASE, NODES};
use super::proxy::{Flow, Valve};
use super::scene::Scene;
use super::verdict::Tally;
use crate::node::Node;
use crate::process::{self, Folder};
use crate::setup::{Kind, Setup};
use crate::support::{APP, eventually};

/// What nodes begin their keys with.
const PREFIX: &str = "chaos";

/// All that can break.
#[derive(Debug)]
pub(super) struct World {
    scene: Rc<Scene>,
    pub(super) nodes: Vec<Option<Node>>,
    valves: Vec<Valve>,
    setup: Setup,
    config: PathBuf,
    settings: Vec<Vec<(String, String)>>,
    folder: Folder,
}

impl World {
    pub(super) async fn start(scene: &Rc<Scene>) -> Self {
        let folder = Folder::new();
        let setup = Setup::start(Kind::Sentinel, &folder, &["appendonly yes", "appendfsync everysec"]).await;
        let config = folder.path.join("channels.toml");
        std::fs::write(&config, Scene::configuration(APP)).expect("a file in a folder of ours");
        let servers: Vec<_> = setup.servers.iter().map(|server| server.port).collect();
        let (mut valves, mut settings) = (Vec::new(), Vec::new());
        for _ in 0..NODES {
            let valve = Valve::new();
            let ports = valve.open(&servers, &setup.ports()).await;
            let mut all = setup.settings(&ports, PREFIX);
            for (name, value) in [("LEASE", format!("{}s", LEASE.as_secs())), ("COMMAND_TIMEOUT", "1s".to_owned())] {
                all.push((format!("SALURAN_ADAPTER_{name}"), value));
            }
            settings.push(all);
            valves.push(valve);
        }
        let nodes = (0..NODES).map(|_| None).collect();
        let mut world = Self { scene: Rc::clone(scene), nodes, valves, setup, config, settings, folder };
        for node in 0..NODES {
            world.launch(node).await;
        }
        world
    }

    async fn launch(&mut self, number: usize) {
        let name = format!("node-{number}");
        let node = Node::start(&name, &self.folder, &self.config, &self.settings[number]).await;
        self.scene.addresses.borrow_mut()[number] = Some(node.address);
        self.nodes[number] = Some(node);
    }

    /// All nodes; none is dead when nothing happens.
    pub(super) fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().map(|node| node.as_ref().expect("it was started again"))
    }

    /// Lets something happen, until it is over; says when that was.
    pub(super) async fn inflict(&mut self, fault: Fault) -> Instant {
        match fault {
            Fault::Kill { node, away } => {
                self.scene.addresses.borrow_mut()[node] = None;
                self.nodes[node] = None;
                sleep(away).await;
                self.launch(node).await;
            }
            Fault::Stop { node, time } => {
                self.all().nth(node).expect("a node").signal(Signal::STOP);
                sleep(time).await;
                self.all().nth(node).expect("a node").signal(Signal::CONT);
            }
            Fault::Empty { away } | Fault::Restart { away } => {
                for server in &mut self.setup.servers {
                    server.kill();
                    if matches!(fault, Fault::Empty { .. }) {
                        server.empty();
                    }
                }
                sleep(away).await;
                for server in &mut self.setup.servers {
                    server.resume().await;
                }
            }
            Fault::FailOver => {
                let mut breaks = Vec::new();
                for node in self.all() {
                    breaks.push(node.breaks().await);
                }
                self.setup.fail_over("").await;
                let over = Instant::now();
                // Nodes go on with the former master until a sentinel tells it what it is.
                for (node, breaks) in self.all().zip(breaks) {
                    node.is_back_after(breaks).await;
                }
                return over;
            }
            Fault::Cut { node, time } => {
                self.valves[node].set(Flow::Cut);
                sleep(time).await;
                self.valves[node].set(Flow::Open);
            }
            Fault::Slow { latency, time } => {
                self.valves.iter().for_each(|valve| valve.set(Flow::Late(latency)));
                sleep(time).await;
                self.valves.iter().for_each(|valve| valve.set(Flow::Open));
            }
            Fault::Pause { time } => {
                let ms = time.as_millis().to_string();
                self.setup.master_of("").await.ask(&["CLIENT", "PAUSE", &ms, "ALL"]).await;
                sleep(time).await;
            }
        }
        Instant::now()
    }

    /// Waits until all nodes reach each other, and have for a moment; says when they did.
    pub(super) async fn are_present(&self) -> Instant {
        let mut since = Instant::now();
        eventually("nodes that reach each other", async || {
            for node in self.all() {
                if !node.is_present().await {
                    since = Instant::now();
                    return false;
                }
            }
            // A lease may turn out to be over, or a connection broken, at the next beat.
            since.elapsed() > LEASE / 3
        })
        .await;
        since
    }

    /// What each node has counted so far.
    pub(super) async fn tallies(&self) -> Vec<Tally> {
        let mut tallies = Vec::new();
        for node in self.all() {
            let unheard = node.series(LOST, |series| series.contains("why=\"unheard\"")).await;
            let unsent = node.metric(LOST).await - unheard;
            tallies.push(Tally { unsent, unheard, breaks: node.breaks().await, gaps: node.metric(GAPS).await });
        }
        tallies
    }

    /// Keeps the logs where somebody can read them.
    pub(super) fn keep_logs(&self) -> PathBuf {
        let to = std::env::temp_dir().join(format!("saluran-chaos-{}", self.scene.options.seed));
        process::keep_logs(&self.folder.path, &to);
        to
    }
}

const GAPS: &str = "saluran_adapter_gaps_total";
const LOST: &str = "saluran_adapter_events_lost_total";
