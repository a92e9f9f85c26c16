//! A contest that several nodes share: their Redis, their PostgreSQL, and the nodes.

use std::time::Duration;

use saluran::config::{AdapterKind, Config, Database, Secret};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Client, ContestBroker, DEADLINE, Postgres, Redis, owned, prefix};

/// How long a node owns the contest without being heard of, in these tests.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// Time for another node to own it: the lease, the grace, and a margin for slow machines.
pub(crate) const TAKE_OVER: Duration = Duration::from_secs(30);

/// Nodes of one contest.
#[derive(Debug)]
pub(crate) struct Hall {
    pub(crate) nodes: Vec<ContestBroker>,
    pub(crate) redis: Redis,
    pub(crate) postgres: Postgres,
}

impl Hall {
    /// So many nodes, one of which owns the contest; points are taken.
    pub(crate) async fn start(count: usize) -> Self {
        Self::with(count, |_| {}).await
    }

    /// The same with changes.
    pub(crate) async fn with(count: usize, change: impl Fn(&mut Config)) -> Self {
        let (redis, postgres) = (Redis::start(), Postgres::start().await);
        let (url, prefix) = (postgres.database().await, prefix());
        let mut nodes = Vec::new();
        for _ in 0..count {
            let node = ContestBroker::with(|config| {
                config.adapter.kind = AdapterKind::Redis;
                config.adapter.servers = vec![redis.server()];
                config.adapter.prefix.clone_from(&prefix);
                config.adapter.lease = LEASE;
                config.adapter.command_timeout = Duration::from_millis(500);
                config.store.database = Database::Postgres(Secret::new(url.clone()));
                change(config);
            });
            nodes.push(node.await);
        }
        let hall = Self { nodes, redis, postgres };
        for node in &hall.nodes {
            owned(&node.broker).await;
        }
        hall
    }

    /// The node that owns the contest; waits until there is one.
    pub(crate) async fn owner(&self) -> usize {
        let until = Instant::now() + TAKE_OVER;
        loop {
            let is_owner = |node: &ContestBroker| node.broker.contest().owner().is_some_and(|owner| owner.is_here);
            if let Some(owner) = self.nodes.iter().position(is_owner) {
                return owner;
            }
            assert!(Instant::now() < until, "nobody owns the contest");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A camera that numbers its points and sends each until it is acknowledged.
#[derive(Debug)]
pub(crate) struct Camera {
    pub(crate) lane: u8,
    pub(crate) seq: u64,
}

impl Camera {
    pub(crate) const fn new(lane: u8) -> Self {
        Self { lane, seq: 0 }
    }

    /// Sends the next point once; its answer.
    pub(crate) async fn try_send(&mut self, client: &mut Client) -> Value {
        let mut point = super::camera_data(self.lane, f64::from(u32::try_from(self.seq).unwrap()));
        point["sender"] = json!(format!("camera-{}", self.lane));
        point["seq"] = json!(self.seq);
        let answer = client.acknowledged(point).await;
        if answer["ok"] == true {
            self.seq += 1;
        }
        answer
    }

    /// Sends the next point until it is acknowledged; what is refused meanwhile may be tried again.
    pub(crate) async fn send(&mut self, client: &mut Client) -> Value {
        let until = Instant::now() + 3 * DEADLINE;
        loop {
            let answer = self.try_send(client).await;
            if answer["ok"] == true {
                return answer;
            }
            assert!(answer["reason"] == "busy", "{answer}");
            assert!(Instant::now() < until, "nobody takes points: {answer}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Lane and displacement of all points of an export, in its order.
pub(crate) fn points(csv: &str) -> Vec<(u8, u64)> {
    let mut lines = csv.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column =
        |name: &str| head.iter().position(|field| *field == name).unwrap_or_else(|| panic!("{name} in {head:?}"));
    let (lane, distb) = (column("laptop_id"), column("distb_mm"));
    let point = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[lane].parse().unwrap(), fields[distb].split('.').next().unwrap().parse().unwrap())
    };
    lines.map(point).collect()
}
