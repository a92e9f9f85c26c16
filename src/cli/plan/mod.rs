//! `saluran plan`: how many nodes and how much Redis a load takes, before there is any of it.
//!
//! `audience` and `load` say what there is to do, `costs` what it costs, `placement` where subscribers are, `need` how
//! many nodes are enough; `table` shows it.

mod audience;
mod costs;
mod load;
mod need;
mod placement;
mod table;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use audience::Audience;
use costs::{Costs, Given};
use load::{Demand, Load, Routing};
use need::{Limits, Need};
use placement::Placement;

/// Sizes of a range of nodes.
const STEPS: u32 = 8;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  saluran plan --connections 20000 --events 500          is one node enough?
  saluran plan --connections 1e6 --events 1e5 --nodes 3,10,30,100,300
  saluran plan --connections 1e5 --events 1e4 --audience 1:90,50:9,5000:1
                                                         by their number 90 % of the channels are one person's
  saluran plan --connections 1e6 --events 1e5 --cost deliver_us=3 --cores 16
  saluran plan --costs                                   what is assumed, and where it was measured

Interest is what this broker does: Redis passes an event to the nodes that have a subscriber of its
channel. Broadcast is shown beside it: every event to every node. Costs are those of the machine that
they were measured on; put in your own, and leave --busy where it is until you have seen your peaks.")]
pub(super) struct Arguments {
    /// Connections of all nodes together
    #[arg(long, value_name = "N", default_value = "100000", value_parser = at_least_one)]
    connections: f64,
    /// Channels that each connection is subscribed to
    #[arg(long, value_name = "N", default_value = "2", value_parser = positive)]
    channels: f64,
    /// Subscribers of a channel; or sizes, each with its share of all channels
    #[arg(long, value_name = "N | N:SHARE,…", default_value = "10")]
    audience: Audience,
    /// Events a second, over all channels alike
    #[arg(long, value_name = "N", default_value = "1000", value_parser = positive)]
    events: f64,
    /// Bytes of an event's data
    #[arg(long, value_name = "BYTES", default_value = "256", value_parser = positive)]
    data: f64,
    /// How long a connection stays
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = stay)]
    stay: Duration,
    /// Numbers of nodes to show: a list, or a range of which some are shown
    #[arg(long, value_name = "N,… | N..N", default_value = "3..300", value_parser = nodes)]
    nodes: Nodes,
    /// Cores of a node
    #[arg(long, value_name = "N", default_value = "4", value_parser = positive)]
    cores: f64,
    /// Memory of a node, in MiB
    #[arg(long, value_name = "MIB", default_value = "8192", value_parser = positive)]
    memory: f64,
    /// Network of a node and of a Redis server, each way, in Mbit/s
    #[arg(long, value_name = "MBIT", default_value = "10000", value_parser = positive)]
    network: f64,
    /// Connections that a node takes: its limit on open files
    #[arg(long, value_name = "N", default_value = "245760", value_parser = at_least_one)]
    node_connections: f64,
    /// Share of processors, memory and network that may be busy
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    busy: f64,
    /// Another cost than the measured one; repeat for more
    #[arg(long = "cost", value_name = "NAME=VALUE")]
    costs: Vec<Given>,
    /// List all costs with their names, defaults and sources
    #[arg(long = "costs")]
    list_costs: bool,
    /// Subscribers are placed the same way for the same number
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the plan as one JSON object
    #[arg(long)]
    json: bool,
}

/// Numbers of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Nodes(Vec<u32>);

/// What comes out.
#[derive(Debug, Serialize)]
struct Plan {
    demand: Demand,
    costs: Costs,
    limits: Limits,
    channels: f64,
    /// Frames to subscribers, a second.
    deliveries: f64,
    rows: Vec<Row>,
    interest: Need,
    broadcast: Need,
}

/// A number of nodes, and one way of routing.
#[derive(Debug, Serialize)]
struct Row {
    nodes: u32,
    routing: Routing,
    #[serde(flatten)]
    load: Load,
    /// Nodes that had a subscriber when channels were placed at random.
    reached_in_trial: f64,
    /// How much more than the mean the busiest node of that trial delivers: 1 for as much.
    busiest: f64,
    /// `None` for more than a Cluster can have.
    redis_servers: Option<u32>,
}

/// Prints a plan, or what it assumes.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let text = if arguments.list_costs { costs::list() } else { plan(arguments) };
    // Whoever closed our output has seen enough, but must not take it for the whole.
    if io::stdout().write_all(text.as_bytes()).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plan(arguments: &Arguments) -> String {
    let demand = Demand {
        connections: arguments.connections,
        channels_per_connection: arguments.channels,
        audience: arguments.audience.clone(),
        events: arguments.events,
        data_bytes: arguments.data,
        stay_seconds: arguments.stay.as_secs_f64(),
    };
    let limits = Limits {
        cores: arguments.cores,
        memory_mib: arguments.memory,
        network_mbit: arguments.network,
        connections: arguments.node_connections,
        busy: arguments.busy,
    };
    let costs = Costs::with(&arguments.costs);
    let need = |routing| Need::find(&demand, routing, &limits, &costs);
    let mut rows = Vec::new();
    for nodes in &arguments.nodes.0 {
        let placement = Placement::try_out(*nodes, &demand.audience, demand.channels(), arguments.seed);
        for routing in [Routing::Interest, Routing::Broadcast] {
            let load = demand.load(*nodes, routing, &costs);
            rows.push(Row {
                nodes: *nodes,
                routing,
                redis_servers: limits.redis_servers(&load),
                load,
                reached_in_trial: placement.reached(),
                busiest: placement.busiest(),
            });
        }
    }
    let (interest, broadcast) = (need(Routing::Interest), need(Routing::Broadcast));
    let (channels, deliveries) = (demand.channels(), demand.deliveries());
    let plan = Plan { demand, costs, limits, channels, deliveries, rows, interest, broadcast };
    if !arguments.json {
        return table::text(&plan);
    }
    serde_json::to_string_pretty(&plan).map_or_else(|error| error.to_string(), |text| text + "\n")
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let found = text.replace('_', "").parse().ok().filter(|number: &f64| (least..=most).contains(number));
    found.ok_or_else(|| format!("{least} to {most} are allowed"))
}

fn positive(text: &str) -> Result<f64, String> {
    number(text, 0.001, 1e9)
}

fn at_least_one(text: &str) -> Result<f64, String> {
    number(text, 1.0, 1e9)
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 0.01, 1.0)
}

fn stay(text: &str) -> Result<Duration, String> {
    let stay = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if stay >= Duration::from_secs(1) { Ok(stay) } else { Err("1s or more are allowed".to_owned()) }
}

/// A list, or a range of which a few are taken, each by the same factor larger than the one before.
fn nodes(text: &str) -> Result<Nodes, String> {
    let wrong = || "write 3,10,30 or 3..300; 1 to 1000 are allowed".to_owned();
    let one = |text: &str| text.trim().parse().ok().filter(|count| (1..=1000).contains(count)).ok_or_else(wrong);
    let Some((first, last)) = text.split_once("..") else {
        return text.split(',').map(one).collect::<Result<_, _>>().map(Nodes);
    };
    let (first, last): (u32, u32) = (one(first)?, one(last)?);
    if first > last {
        return Err(wrong());
    }
    let (from, to) = (f64::from(first), f64::from(last));
    let at = |step: u32| (from * (to / from).powf(f64::from(step) / f64::from(STEPS))).round();
    let mut all: Vec<u32> =
        (first..=last).filter(|count| (0..=STEPS).any(|step| at(step) == f64::from(*count))).collect();
    all.dedup();
    Ok(Nodes(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_a_list_or_a_range() {
        let read = |text| nodes(text).map(|Nodes(all)| all);
        assert_eq!(read("1, 3,10"), Ok(vec![1, 3, 10]));
        assert_eq!(read("3..300"), Ok(vec![3, 5, 9, 17, 30, 53, 95, 169, 300]));
        assert_eq!(read("1..3"), Ok(vec![1, 2, 3]));
        assert_eq!(read("7..7"), Ok(vec![7]));
        for text in ["", "0", "1001", "3..", "5..3", "3-5", "1..1001", "x"] {
            assert!(read(text).unwrap_err().contains("3..300"), "{text}");
        }
    }

    #[test]
    fn numbers_may_be_written_short() {
        assert_eq!(positive("1e6"), Ok(1e6));
        assert_eq!(positive("1_000_000"), Ok(1e6));
        for text in ["0", "-1", "nan", "inf", "1e10", "", "x"] {
            assert!(positive(text).is_err(), "{text}");
        }
        assert!(stay("0s").is_err() && stay("90m").is_ok());
    }
}
