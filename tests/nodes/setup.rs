//! The ways to set Redis up that a broker knows.

use std::process::Command;

use crate::process::Folder;
use crate::redis::Server;
use crate::support::eventually;

/// How Redis is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One server.
    Standalone,
    /// A master, its replica, and three sentinels.
    Sentinel,
    /// Three masters, each with a replica.
    Cluster,
}

/// The servers of one set-up.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) kind: Kind,
    pub(crate) servers: Vec<Server>,
    pub(crate) sentinels: Vec<Server>,
}

/// Silence after which a sentinel counts a server as gone.
const DOWN_AFTER_MS: u32 = 2000;

impl Setup {
    /// Starts all servers, with these lines in the configuration of those that have data.
    pub(crate) async fn start(kind: Kind, folder: &Folder, options: &[&str]) -> Self {
        match kind {
            Kind::Standalone => Self::with(kind, vec![Server::start(folder.part("redis"), options).await]),
            Kind::Sentinel => sentinel(folder, options).await,
            Kind::Cluster => cluster(folder, options).await,
        }
    }

    fn with(kind: Kind, servers: Vec<Server>) -> Self {
        Self { kind, servers, sentinels: Vec::new() }
    }

    /// Ports that nodes are told of.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let told = if self.kind == Kind::Sentinel { &self.sentinels } else { &self.servers };
        told.iter().map(|server| server.port).collect()
    }

    /// What a node is told that finds the servers at these ports.
    pub(crate) fn settings(&self, ports: &[u16], prefix: &str) -> Vec<(String, String)> {
        let hosts: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let mode = match self.kind {
            Kind::Standalone => "standalone",
            Kind::Sentinel => "sentinel",
            Kind::Cluster => "cluster",
        };
        let url = format!("redis://{}", hosts.join(","));
        let mut settings = vec![("KIND", "redis"), ("URL", url.as_str()), ("MODE", mode), ("PREFIX", prefix)];
        if self.kind == Kind::Sentinel {
            settings.push(("MASTER", "main"));
        }
        settings.into_iter().map(|(name, value)| (format!("SALURAN_ADAPTER_{name}"), value.to_owned())).collect()
    }

    /// The master that has what is under this key.
    pub(crate) async fn master_of(&self, key: &str) -> &Server {
        self.find_master(key, None).await.unwrap_or_else(|| panic!("no master has {key}"))
    }

    /// The same, unless it is at this port.
    async fn find_master(&self, key: &str, except: Option<u16>) -> Option<&Server> {
        let slot = match self.kind {
            Kind::Cluster => Some(self.ask_any(&["CLUSTER", "KEYSLOT", key]).await),
            Kind::Standalone | Kind::Sentinel => None,
        };
        for server in self.servers.iter().filter(|server| Some(server.port) != except) {
            let has_it = match &slot {
                None => true,
                Some(slot) => has_slot(server, slot).await,
            };
            if has_it && server.is_master().await {
                return Some(server);
            }
        }
        None
    }

    async fn ask_any(&self, words: &[&str]) -> String {
        for server in &self.servers {
            if let Ok(reply) = server.try_ask(words).await {
                return reply.text();
            }
        }
        panic!("no server answers {words:?}")
    }

    /// Another server takes the place of the master that has what is under this key. A set-up of one server has none.
    pub(crate) async fn fail_over(&mut self, key: &str) {
        if self.kind == Kind::Standalone {
            return;
        }
        let master = self.master_of(key).await.port;
        if self.kind == Kind::Cluster {
            let killed = self.servers.iter_mut().find(|server| server.port == master);
            killed.expect("one of ours").kill();
        } else {
            // A sentinel that has not heard of the replica for a moment refuses.
            let asked = async || self.sentinels[0].try_ask(&["SENTINEL", "FAILOVER", "main"]).await;
            eventually("a sentinel that fails over", async || asked().await.is_ok_and(|said| said.text() == "OK"))
                .await;
        }
        eventually("another master", async || self.find_master(key, Some(master)).await.is_some()).await;
    }
}

/// Whether a server of a Cluster says that a slot is its own.
async fn has_slot(server: &Server, slot: &str) -> bool {
    let slot: u16 = slot.parse().expect("a slot is a number");
    let Ok(nodes) = server.try_ask(&["CLUSTER", "NODES"]).await.map(|nodes| nodes.text()) else { return false };
    let myself = nodes.lines().find(|line| line.contains("myself")).unwrap_or_default();
    myself.split_whitespace().skip(8).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse::<u16>().is_ok_and(|first| first <= slot) && last.parse::<u16>().is_ok_and(|last| slot <= last)
    })
}

async fn sentinel(folder: &Folder, options: &[&str]) -> Setup {
    let master = Server::start(folder.part("redis-0"), options).await;
    let follows = format!("replicaof 127.0.0.1 {}", master.port);
    let replica = Server::start(folder.part("redis-1"), &[options, &[&follows]].concat()).await;
    let is_up = async || replica.ask(&["INFO", "replication"]).await.text().contains("master_link_status:up");
    eventually("the replica follows", is_up).await;
    let mut sentinels = Vec::new();
    for number in 0..3 {
        let folder = folder.part(&format!("sentinel-{number}"));
        sentinels.push(Server::sentinel(folder, master.port, DOWN_AFTER_MS).await);
    }
    for sentinel in &sentinels {
        let knows_all = async || sentinel.ask(&["INFO", "sentinel"]).await.text().contains("slaves=1,sentinels=3");
        eventually("the sentinels know all", knows_all).await;
    }
    Setup { kind: Kind::Sentinel, servers: vec![master, replica], sentinels }
}

async fn cluster(folder: &Folder, options: &[&str]) -> Setup {
    let options = [options, &["cluster-enabled yes", "cluster-node-timeout 1500"]].concat();
    let mut servers = Vec::new();
    for number in 0..6 {
        servers.push(Server::start(folder.part(&format!("redis-{number}")), &options).await);
    }
    let addresses = servers.iter().map(|server| format!("127.0.0.1:{}", server.port));
    let mut create = Command::new("redis-cli");
    create.args(["--cluster", "create"]).args(addresses).args(["--cluster-replicas", "1", "--cluster-yes"]);
    let created = tokio::task::spawn_blocking(move || create.output()).await.expect("a thread");
    let created = created.expect("redis-cli can be run (Debian: apt install redis-tools)");
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stdout));
    for server in &servers {
        let is_whole = async || {
            let nodes = server.ask(&["CLUSTER", "NODES"]).await.text();
            nodes.matches("slave").count() == 3
                && server.ask(&["CLUSTER", "INFO"]).await.text().contains("cluster_state:ok")
                && !server.ask(&["INFO", "replication"]).await.text().contains("master_link_status:down")
        };
        eventually("all know a whole cluster", is_whole).await;
    }
    Setup::with(Kind::Cluster, servers)
}
