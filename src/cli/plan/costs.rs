//! What things cost.
//!
//! The defaults were measured on a virtual machine with two cores (x86-64), those of several nodes with other work beside:
//! they are rather too high than too low. The machine of whoever plans is another one: each can be set with `--cost`.

use std::str::FromStr;

use serde::Serialize;

/// One cost: how it is called, what it is, and where its default comes from.
pub(super) struct Cost {
    pub(super) name: &'static str,
    pub(super) default: f64,
    pub(super) meaning: &'static str,
    pub(super) source: &'static str,
    at: fn(&mut Costs) -> &mut f64,
}

const BENCH_TRIGGER: &str = "make bench, row trigger";
const BENCH_DELIVER: &str = "make bench, rows fanout-1 and many-100x10";
const BENCH_CONNECT: &str = "make bench, row connect";
const BENCH_IDLE: &str = "make bench, row idle";
const PAIR: &str =
    "two nodes and Redis 7.0, 64 requests under way at one, subscribers at the other: 16,000 events a second";
const SERVER: &str = "PUBLISH to 1 to 64 connections in batches of 1, 16 and 256: 2.2, 0.7 and 0.7 for each";
const STORM: &str = "12,000 connections that come in three seconds and go, on channels of their own and on 120";
const TABLES: &str = "100,000 channels of 17 bytes in Redis 7.0, with keys and topics of two nodes";
const WIRE: &str = "counted, for names of 20 bytes";

macro_rules! costs {
    ($($name:ident = $default:literal, $meaning:literal, $source:expr;)*) => {
        /// What things cost: processor time in microseconds, memory and network as the names say.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        pub(super) struct Costs {
            $(#[doc = $meaning] pub(super) $name: f64,)*
        }

        impl Default for Costs {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// All of them.
        pub(super) const COSTS: &[Cost] = &[$(Cost {
            name: stringify!($name),
            default: $default,
            meaning: $meaning,
            source: $source,
            at: |costs| &mut costs.$name,
        },)*];
    };
}

costs! {
    trigger_us = 14.1, "a request of the HTTP API that publishes one event", BENCH_TRIGGER;
    deliver_us = 6.5, "a frame to one subscriber, written by itself", BENCH_DELIVER;
    connect_us = 36.0, "a connection that comes, subscribes and goes", BENCH_CONNECT;
    relay_us = 9.0, "an event or a change to Redis, in the adapter's thread", PAIR;
    hear_us = 5.5, "a message from Redis, in the adapter's thread", PAIR;
    home_us = 3.5, "a message from Redis, in the channel's worker", PAIR;
    redis_publish_us = 5.5, "an event at Redis, before anybody hears it", PAIR;
    redis_receiver_us = 1.0, "each node that hears it", SERVER;
    redis_share_us = 20.0, "a subscription that comes or goes", STORM;
    redis_listen_us = 13.0, "a channel that a node begins or ceases to hear", STORM;
    connection_kib = 2.8, "memory of a connection with one subscription", BENCH_IDLE;
    channel_kib = 0.2, "memory of a channel on a node that hears it", STORM;
    redis_channel_bytes = 265.0, "memory in Redis of an occupied channel", TABLES;
    redis_share_bytes = 230.0, "memory in Redis of a channel on a node that hears it", TABLES;
    request_bytes = 700.0, "network of a request and its answer, besides the event's data", WIRE;
    frame_bytes = 150.0, "network of a frame besides the event's data: names, WebSocket, TCP, IP", WIRE;
    message_bytes = 220.0, "network of a message from Redis besides the event's data", WIRE;
}

/// A cost that was given: `name=value`.
#[derive(Clone)]
pub(super) struct Given {
    at: fn(&mut Costs) -> &mut f64,
    value: f64,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({})", self.value)
    }
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("write a name and a value, such as deliver_us=4")?;
        let cost = COSTS.iter().find(|cost| cost.name == name);
        let cost = cost.ok_or("no cost is called so: `saluran plan --costs` lists them")?;
        let value = value.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0);
        let value = value.ok_or("the value is a number from 0 on")?;
        Ok(Self { at: cost.at, value })
    }
}

impl Costs {
    /// The defaults but for those that are given.
    pub(super) fn with(given: &[Given]) -> Self {
        let mut costs = Self::default();
        for Given { at, value } in given {
            *at(&mut costs) = *value;
        }
        costs
    }
}

/// All costs, a line for each.
pub(super) fn list() -> String {
    let mut text = String::new();
    for Cost { name, default, meaning, source, .. } in COSTS {
        text += &format!("{name:<20} {default:>6}  {meaning}\n{:30}({source})\n", "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cost_can_be_given_and_changes_itself_alone() {
        for (number, cost) in (0_u32..).zip(COSTS) {
            let given: Given = format!("{}={}", cost.name, 1000 + number).parse().unwrap();
            let mut costs = Costs::with(std::slice::from_ref(&given));
            assert_eq!(*(cost.at)(&mut costs), f64::from(1000 + number), "{}", cost.name);
            *(cost.at)(&mut costs) = cost.default;
            assert_eq!(costs, Costs::default());
            assert!(list().contains(cost.name), "{given:?}");
        }
    }

    #[test]
    fn what_is_no_cost_is_explained() {
        for (text, part) in [("deliver_us", "such as"), ("deliver=1", "--costs"), ("relay_us=-1", "from 0 on")] {
            assert!(text.parse::<Given>().unwrap_err().contains(part), "{text}");
        }
    }
}
