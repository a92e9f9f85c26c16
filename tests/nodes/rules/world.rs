//! Three nodes and their Redis.

use std::path::PathBuf;

use tokio::sync::{mpsc, watch};

use crate::node::Node;
use crate::process::{self, Folder};
use crate::setup::{Kind, Setup};
use crate::support::{APP, OTHER, eventually};

/// What nodes begin their keys with.
const PREFIX: &str = "rules";

/// Three nodes of one cluster.
pub(super) struct World {
    pub(super) kind: Kind,
    pub(super) nodes: Vec<Node>,
    /// Ports of all servers with data.
    pub(super) servers: Vec<u16>,
    folder: Folder,
    config: PathBuf,
    settings: Vec<(String, String)>,
}

impl World {
    pub(super) async fn start(kind: Kind) -> (Self, Setup) {
        let folder = Folder::new();
        let setup = Setup::start(kind, &folder, &["appendonly no"]).await;
        let config = folder.path.join("channels.toml");
        let app = |keys: crate::support::AppKeys, more: &str| {
            format!("[[app]]\nid = \"{}\"\nkey = \"{}\"\nsecret = \"{}\"\n{more}\n", keys.id, keys.key, keys.secret)
        };
        let text = app(APP, "client_events = true") + &app(OTHER, "subscription_count = true");
        std::fs::write(&config, text).expect("a file in a folder of ours");
        let mut settings = setup.settings(&setup.ports(), PREFIX);
        for (name, value) in [("LEASE", "4s"), ("COMMAND_TIMEOUT", "1s")] {
            settings.push((format!("SALURAN_ADAPTER_{name}"), value.to_owned()));
        }
        let servers = setup.servers.iter().map(|server| server.port).collect();
        let mut world = Self { kind, nodes: Vec::new(), servers, folder, config, settings };
        for name in ["one", "two", "three"] {
            let node = world.node(name).await;
            world.nodes.push(node);
        }
        (world, setup)
    }

    /// One more node.
    pub(super) async fn node(&self, name: &str) -> Node {
        let node = Node::start(name, &self.folder, &self.config, &self.settings).await;
        eventually("a node that reaches the others", async || node.is_present().await).await;
        node
    }

    /// Another server takes over what all nodes share, and they find it.
    pub(super) async fn fail_over(&self, setup: &mut Setup) {
        if self.kind == Kind::Standalone {
            return;
        }
        let mut breaks = Vec::new();
        for node in &self.nodes {
            breaks.push(node.breaks().await);
        }
        setup.fail_over(&format!("{{{PREFIX}}}:nodes")).await;
        for (node, breaks) in self.nodes.iter().zip(breaks) {
            node.is_back_after(breaks).await;
        }
    }

    /// Keeps the logs where somebody can read them.
    pub(super) fn keep_logs(&self) -> PathBuf {
        let to = std::env::temp_dir().join(format!("saluran-nodes-{:?}", self.kind));
        process::keep_logs(&self.folder.path, &to);
        to
    }
}

/// Where a rule waits until something has happened to Redis.
#[derive(Clone)]
pub(super) struct Middle {
    there: mpsc::Sender<()>,
    done: watch::Receiver<bool>,
}

/// Whoever makes that happen.
pub(super) struct Gate {
    there: mpsc::Receiver<()>,
    done: watch::Sender<bool>,
}

pub(super) fn middle() -> (Middle, Gate) {
    let (there, all) = mpsc::channel(1);
    let (done, seen) = watch::channel(false);
    (Middle { there, done: seen }, Gate { there: all, done })
}

impl Middle {
    pub(super) async fn pass(self) {
        let Self { there, mut done } = self;
        drop(there);
        done.wait_for(|done| *done).await.expect("the gate opens");
    }
}

impl Gate {
    /// Waits until each rule is in its middle, or has failed before.
    pub(super) async fn all_are_there(&mut self) {
        assert_eq!(self.there.recv().await, None, "nothing is sent");
    }

    pub(super) fn open(&self) {
        self.done.send_replace(true);
    }
}
