//! How many nodes a load needs, how many Redis servers, and what runs out first.

use serde::Serialize;

use super::costs::Costs;
use super::load::{Demand, Load, Routing};

/// More nodes than anybody has.
const MOST_NODES: u32 = 10_000;

/// Masters that a Redis Cluster has at least, and those that can have one of the 64 parts that channels are spread over.
const CLUSTER: std::ops::RangeInclusive<u32> = 3..=64;

/// What one node may have.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Limits {
    pub(super) cores: f64,
    pub(super) memory_mib: f64,
    pub(super) network_mbit: f64,
    pub(super) connections: f64,
    /// Share of processors and network that may be busy: the rest is for the hours that are not like others.
    pub(super) busy: f64,
}

/// What may run out, and how much of it is used: 1 for all that may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Use {
    pub(super) what: &'static str,
    pub(super) share: f64,
}

/// How many nodes are enough.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Need {
    /// Nodes, one of which may be away; `None` when no number is enough.
    pub(super) nodes: Option<u32>,
    /// What runs out first, with one node away.
    pub(super) bottleneck: Use,
    /// Redis servers; 0 where one node is enough.
    pub(super) redis_servers: Option<u32>,
    /// Cores of Redis that are busy, over all servers.
    pub(super) redis_cores: f64,
    /// Seconds over which a node should close its connections when it ends.
    pub(super) drain_seconds: f64,
}

impl Limits {
    /// What a node uses, in the order of how scarce it is.
    pub(super) fn uses(&self, load: &Load) -> Vec<Use> {
        let node = &load.node;
        let mut uses = vec![
            Use { what: "processors of the nodes", share: node.cores / (self.cores * self.busy) },
            Use { what: "the adapter's thread of each node", share: node.adapter_cores / self.busy },
            Use { what: "connections of a node", share: node.connections / self.connections },
            Use { what: "memory of the nodes", share: node.memory_mib / (self.memory_mib * self.busy) },
            Use {
                what: "network of the nodes",
                share: node.in_mbit.max(node.out_mbit) / (self.network_mbit * self.busy),
            },
        ];
        uses.sort_by(|one, other| other.share.total_cmp(&one.share));
        uses
    }

    fn scarcest(&self, load: &Load) -> Use {
        self.uses(load).first().copied().unwrap_or(Use { what: "nothing", share: 0.0 })
    }

    /// Redis servers that are enough; `None` when a Cluster cannot have so many.
    pub(super) fn redis_servers(&self, load: &Load) -> Option<u32> {
        let by_cores = load.redis.cores / self.busy;
        let by_network = load.redis.out_mbit / (self.network_mbit * self.busy);
        let servers = by_cores.max(by_network).ceil();
        (0..=1).chain(CLUSTER).find(|count| f64::from(*count) >= servers)
    }
}

impl Need {
    /// Looks for the least number of nodes. One more than carry the load, for one of them may be away; none more where
    /// one node carries it.
    pub(super) fn find(demand: &Demand, routing: Routing, limits: &Limits, costs: &Costs) -> Self {
        let scarcest = |nodes| limits.scarcest(&demand.load(nodes, routing, costs));
        let fits = |nodes: &u32| scarcest(*nodes).share <= 1.0;
        // Each node has less to do the more there are, so the first that fits is the least.
        let carrying = if fits(&1) { Some(1) } else { least(2, MOST_NODES, fits) };
        let nodes = carrying.map(|carrying| if carrying == 1 { 1 } else { carrying + 1 });
        let bottleneck = scarcest(carrying.unwrap_or(MOST_NODES));
        let count = nodes.unwrap_or(MOST_NODES);
        let load = demand.load(count, routing, costs);
        let redis_servers = limits.redis_servers(&load);
        let drain_seconds = demand.drain(count, redis_servers.unwrap_or(64), limits, costs);
        Self { nodes, bottleneck, redis_servers, redis_cores: load.redis.cores, drain_seconds }
    }
}

/// The least number from `low` to `high` that fits, when all above it do.
fn least(mut low: u32, mut high: u32, fits: impl Fn(&u32) -> bool) -> Option<u32> {
    if !fits(&high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if fits(&middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { cores: 4.0, memory_mib: 8192.0, network_mbit: 1000.0, connections: 100_000.0, busy: 0.6 };

    fn demand(connections: f64, events: f64) -> Demand {
        Demand {
            connections,
            channels_per_connection: 1.0,
            audience: "10".parse().unwrap(),
            events,
            data_bytes: 256.0,
            stay_seconds: 3600.0,
        }
    }

    fn need(demand: &Demand, routing: Routing) -> Need {
        Need::find(demand, routing, &LIMITS, &Costs::default())
    }

    #[test]
    fn the_least_number_is_found() {
        assert_eq!(least(2, 100, |n| *n >= 37), Some(37));
        assert_eq!(least(2, 100, |n| *n >= 100), Some(100));
        assert_eq!(least(2, 100, |_| true), Some(2));
        assert_eq!(least(2, 100, |_| false), None);
    }

    #[test]
    fn a_small_load_needs_one_node_and_no_redis() {
        let need = need(&demand(10_000.0, 100.0), Routing::Interest);
        assert_eq!((need.nodes, need.redis_servers), (Some(1), Some(0)));
    }

    #[test]
    fn connections_alone_need_nodes_by_their_number_and_one_more() {
        let need = need(&demand(950_000.0, 1.0), Routing::Interest);
        assert_eq!((need.nodes, need.bottleneck.what), (Some(11), "connections of a node"));
        assert_eq!(need.redis_servers, Some(1));
    }

    #[test]
    fn with_one_node_away_the_others_carry_the_load_and_one_fewer_would_not() {
        let (demand, costs) = (demand(500_000.0, 50_000.0), Costs::default());
        let nodes = need(&demand, Routing::Interest).nodes.unwrap();
        let share = |nodes| LIMITS.scarcest(&demand.load(nodes, Routing::Interest, &costs)).share;
        assert!(share(nodes - 1) <= 1.0 && share(nodes - 2) > 1.0, "{nodes}");
    }

    #[test]
    fn what_every_node_hears_no_number_of_nodes_carries() {
        let demand = demand(1_000_000.0, 1_000_000.0);
        let all = need(&demand, Routing::Broadcast);
        assert_eq!((all.nodes, all.redis_servers), (None, None));
        assert_eq!(all.bottleneck.what, "the adapter's thread of each node");
        assert!(need(&demand, Routing::Interest).nodes.is_some());
    }
}
