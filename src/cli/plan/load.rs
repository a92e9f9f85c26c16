//! What a load comes to at each node and in Redis.

use serde::Serialize;

use super::audience::Audience;
use super::costs::Costs;
use super::need::Limits;
use super::placement::{reached, reached_once};

/// Microseconds of a second.
const SECOND_US: f64 = 1e6;

/// Memory of a node before anybody comes, in MiB.
const NODE_MIB: f64 = 30.0;

/// Memory of Redis before anybody comes, in MiB.
const REDIS_MIB: f64 = 5.0;

/// What all nodes together have to do.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Demand {
    /// Open at once.
    pub(super) connections: f64,
    /// Subscriptions of each.
    pub(super) channels_per_connection: f64,
    /// Subscribers of each channel.
    pub(super) audience: Audience,
    /// Events a second, over all channels alike.
    pub(super) events: f64,
    /// Bytes of an event's data.
    pub(super) data_bytes: f64,
    /// Seconds that a connection stays.
    pub(super) stay_seconds: f64,
}

/// Who hears an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Routing {
    /// Nodes that have a subscriber of its channel, as this broker does it.
    Interest,
    /// All nodes.
    Broadcast,
}

/// What one node has to do, as one of several that do the same. Rates are of one second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NodeLoad {
    pub(super) connections: f64,
    pub(super) heard: f64,
    pub(super) deliveries: f64,
    /// Cores that are busy, the adapter's thread among them.
    pub(super) cores: f64,
    /// The adapter's thread alone; it has one core at most.
    pub(super) adapter_cores: f64,
    pub(super) in_mbit: f64,
    pub(super) out_mbit: f64,
    pub(super) memory_mib: f64,
}

/// What Redis has to do, all its servers together. Rates are of one second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RedisLoad {
    pub(super) commands: f64,
    /// Messages to subscribing nodes.
    pub(super) deliveries: f64,
    /// Cores that are busy; one server has one at most.
    pub(super) cores: f64,
    pub(super) out_mbit: f64,
    pub(super) memory_mib: f64,
}

/// Both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Load {
    /// Nodes that hear an event, in the middle.
    pub(super) reached: f64,
    pub(super) node: NodeLoad,
    pub(super) redis: RedisLoad,
}

impl Demand {
    /// Channels that somebody is subscribed to.
    pub(super) fn channels(&self) -> f64 {
        self.connections * self.channels_per_connection / self.audience.mean()
    }

    /// Frames to subscribers, a second.
    pub(super) fn deliveries(&self) -> f64 {
        self.events * self.audience.mean()
    }

    /// Subscriptions that come, a second; as many go.
    fn comings(&self) -> f64 {
        self.connections * self.channels_per_connection / self.stay_seconds
    }

    /// Of the subscriptions that come, those to a channel that their node does not hear yet.
    fn firsts(&self, nodes: u32) -> f64 {
        self.audience.over(|subscribers| reached_once(nodes, subscribers)) / self.audience.mean()
    }

    /// Seconds over which a node should close its connections, so that neither Redis nor the other nodes are busier than
    /// `busy` with those who come back.
    pub(super) fn drain(&self, nodes: u32, redis_servers: u32, limits: &Limits, costs: &Costs) -> f64 {
        let moved = self.connections / f64::from(nodes);
        let each_us = 2.0 * (costs.redis_share_us + self.firsts(nodes) * costs.redis_listen_us);
        let redis_us = moved * self.channels_per_connection * each_us / f64::from(redis_servers.max(1));
        let others_us = moved * costs.connect_us / (f64::from(nodes.max(2) - 1) * limits.cores);
        redis_us.max(others_us) / (SECOND_US * limits.busy)
    }

    /// What it comes to with so many nodes.
    pub(super) fn load(&self, nodes: u32, routing: Routing, costs: &Costs) -> Load {
        let interested = self.audience.over(|subscribers| reached(nodes, subscribers));
        let reached = match routing {
            Routing::Interest => interested,
            Routing::Broadcast => f64::from(nodes),
        };
        // A node that is alone needs no Redis.
        let is_far = f64::from(u8::from(nodes > 1));
        let work = Work { interested, reached: reached * is_far, is_far, nodes };
        Load { reached, node: self.node(&work, routing, costs), redis: self.redis(&work, routing, costs) }
    }

    fn node(&self, work: &Work, routing: Routing, costs: &Costs) -> NodeLoad {
        let nodes = f64::from(work.nodes);
        let (events, deliveries) = (self.events / nodes, self.deliveries() / nodes);
        let heard = self.events * work.reached / nodes;
        let adapter_us = (events * costs.relay_us) * work.is_far
            + heard * costs.hear_us
            + self.changes(work, routing).total() / nodes * costs.relay_us;
        let connections = self.connections / nodes;
        let worker_us = events * costs.trigger_us
            + deliveries * costs.deliver_us
            + heard * costs.home_us
            + connections / self.stay_seconds * costs.connect_us;
        let places = self.channels() * work.interested / nodes;
        let kib = connections * costs.connection_kib + places * costs.channel_kib * work.is_far;
        let request = self.data_bytes + costs.request_bytes;
        let message = self.data_bytes + costs.message_bytes;
        NodeLoad {
            connections,
            heard,
            deliveries,
            cores: (adapter_us + worker_us) / SECOND_US,
            adapter_cores: adapter_us / SECOND_US,
            in_mbit: mbit(events * request + heard * message),
            out_mbit: mbit(deliveries * (self.data_bytes + costs.frame_bytes) + events * message * work.is_far),
            memory_mib: NODE_MIB + kib / 1024.0,
        }
    }

    fn redis(&self, work: &Work, routing: Routing, costs: &Costs) -> RedisLoad {
        let events = self.events * work.is_far;
        let deliveries = self.events * work.reached;
        let Changes { shares, listens } = self.changes(work, routing);
        let us = events * costs.redis_publish_us
            + deliveries * costs.redis_receiver_us
            + shares * costs.redis_share_us
            + listens * costs.redis_listen_us;
        let bytes = self.channels() * (costs.redis_channel_bytes + work.interested * costs.redis_share_bytes);
        RedisLoad {
            commands: events + shares + 2.0 * listens,
            deliveries,
            cores: us / SECOND_US,
            out_mbit: mbit(deliveries * (self.data_bytes + costs.message_bytes)),
            memory_mib: (REDIS_MIB + bytes / 1024.0 / 1024.0) * work.is_far,
        }
    }

    fn changes(&self, work: &Work, routing: Routing) -> Changes {
        let shares = 2.0 * self.comings() * work.is_far;
        let listens = match routing {
            Routing::Interest => 2.0 * self.comings() * self.firsts(work.nodes) * work.is_far,
            // Each node hears one topic for ever.
            Routing::Broadcast => 0.0,
        };
        Changes { shares, listens }
    }
}

/// What changes in Redis besides events, a second.
struct Changes {
    /// Shares that are told anew.
    shares: f64,
    /// Channels that a node begins or ceases to hear; each is looked up or given up.
    listens: f64,
}

impl Changes {
    fn total(&self) -> f64 {
        self.shares + 2.0 * self.listens
    }
}

/// How an event spreads.
struct Work {
    nodes: u32,
    /// Nodes with a subscriber.
    interested: f64,
    /// Nodes that hear an event from Redis.
    reached: f64,
    /// 1 with several nodes, 0 for one.
    is_far: f64,
}

fn mbit(bytes: f64) -> f64 {
    bytes * 8.0 / 1e6
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn demand(connections: u32, audience: &str) -> Demand {
        Demand {
            connections: f64::from(connections),
            channels_per_connection: 2.0,
            audience: audience.parse().unwrap(),
            events: 1000.0,
            data_bytes: 256.0,
            stay_seconds: 3600.0,
        }
    }

    #[test]
    fn a_known_case_is_exact() {
        // Two nodes, 100 channels of two subscribers: an event reaches one and a half nodes.
        let demand = demand(100, "2");
        let costs = Costs::default();
        let load = demand.load(2, Routing::Interest, &costs);
        assert_eq!((demand.channels(), demand.deliveries()), (100.0, 2000.0));
        assert_eq!((load.reached, load.node.heard, load.node.deliveries), (1.5, 750.0, 1000.0));
        assert_eq!(load.redis.deliveries, 1500.0);
        assert_eq!(demand.load(2, Routing::Broadcast, &costs).redis.deliveries, 2000.0);
        // 200 subscriptions come in an hour and as many go; in one case of two nobody else is there.
        let changes = 400.0 / 3600.0;
        assert!((load.redis.commands - (1000.0 + changes + changes)).abs() < 1e-9, "{load:?}");
    }

    proptest! {
        #[test]
        fn interest_never_costs_more_messages_than_broadcast(
            nodes in 1_u32..400, size in 1_u32..5000, other in 1_u32..50, events in 0.0..1e6
        ) {
            let mut demand = demand(1_000_000, &format!("{size}:1,{other}:3"));
            demand.events = events;
            let costs = Costs::default();
            let [interest, all] = [Routing::Interest, Routing::Broadcast].map(|way| demand.load(nodes, way, &costs));
            prop_assert!(interest.redis.deliveries <= all.redis.deliveries * (1.0 + 1e-9));
            prop_assert!(interest.node.heard <= all.node.heard * (1.0 + 1e-9));
            // Whoever hears it, all subscribers get it.
            prop_assert_eq!(interest.node.deliveries, all.node.deliveries);
            let together = interest.node.deliveries * f64::from(nodes);
            prop_assert!((together - demand.deliveries()).abs() <= 1e-6 * together);
            if nodes == 1 {
                prop_assert_eq!(interest, all);
            }
        }
    }

    #[test]
    fn a_drain_lasts_as_long_as_redis_or_the_others_need() {
        let limits = Limits { cores: 1.0, memory_mib: 1.0, network_mbit: 1.0, connections: 1.0, busy: 0.5 };
        let mut costs = Costs { redis_share_us: 100.0, redis_listen_us: 0.0, connect_us: 0.0, ..Costs::default() };
        // 1,000 connections with two subscriptions each, which go and come: 400 ms of Redis, at half of its time.
        let seconds = |servers, costs: &Costs| demand(4000, "10").drain(4, servers, &limits, costs);
        assert!((seconds(1, &costs) - 0.8).abs() < 1e-9);
        assert!((seconds(4, &costs) - 0.2).abs() < 1e-9);
        costs.connect_us = 3000.0;
        assert!((seconds(1, &costs) - 2.0).abs() < 1e-9, "three others take three seconds of their cores");
    }

    #[test]
    fn one_node_needs_no_redis() {
        let load = demand(1000, "5").load(1, Routing::Interest, &Costs::default());
        let RedisLoad { commands, deliveries, cores, out_mbit, memory_mib } = load.redis;
        assert_eq!([commands, deliveries, cores, out_mbit, memory_mib, load.node.adapter_cores], [0.0; 6]);
    }
}
