//! What the way to the other nodes counts.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};

const PRESENT: &str = "saluran_adapter_present";
const NODES: &str = "saluran_adapter_nodes";
const WAITING_EVENTS: &str = "saluran_adapter_waiting_events";
const WAITING: &str = "saluran_adapter_waiting_bytes";
const COMMANDS: &str = "saluran_adapter_commands_total";
const PIPELINES: &str = "saluran_adapter_pipelines_total";
const HEARD: &str = "saluran_adapter_messages_heard_total";
const BREAKS: &str = "saluran_adapter_breaks_total";
/// Events that did not cross; by why, of which the homes count one.
pub(super) const LOST: &str = "saluran_adapter_events_lost_total";
const UNREADABLE: &str = "saluran_adapter_unreadable_total";
const REAPED: &str = "saluran_adapter_nodes_reaped_total";

/// Why an event may not reach other nodes.
const WHY_LOST: &[&str] = &["full", "refused", "ended", "no app"];

/// Why the others may not be reached: the labels of the adapter's faults.
const WHY_BROKEN: &[&str] =
    &["unreachable", "slow", "broken", "refused", "moved", "unreadable", "overrun", "expired", "unfit"];

/// Says what each metric means.
pub(super) fn describe() {
    describe_gauge!(PRESENT, Unit::Count, "Whether the other nodes can be reached: 1 or 0");
    describe_gauge!(NODES, Unit::Count, "Nodes whose lease runs, this one among them");
    describe_gauge!(WAITING_EVENTS, Unit::Count, "Events that wait for the other nodes");
    describe_gauge!(WAITING, Unit::Bytes, "Bytes of events that wait for the other nodes");
    describe_counter!(COMMANDS, Unit::Count, "Commands sent to Redis");
    describe_counter!(PIPELINES, Unit::Count, "Batches in which commands were sent to Redis");
    describe_counter!(HEARD, Unit::Count, "Messages that came from Redis");
    describe_counter!(BREAKS, Unit::Count, "Times that the other nodes could not be reached any more, by why");
    describe_counter!(LOST, Unit::Count, "Events that did not cross, by why: unheard counts those of other nodes");
    describe_counter!(UNREADABLE, Unit::Count, "Messages and answers of Redis that could not be read");
    describe_counter!(REAPED, Unit::Count, "Nodes that are gone, cleared away by this one");
}

/// What the way to the other nodes counts; for the adapter's thread.
#[derive(Debug)]
pub struct AdapterMetrics {
    /// 1 while the other nodes can be reached.
    pub present: Gauge,
    /// Nodes whose lease runs.
    pub nodes: Gauge,
    /// Events that wait.
    pub waiting_events: Gauge,
    /// Bytes of events that wait.
    pub waiting_bytes: Gauge,
    /// Commands sent.
    pub commands: Counter,
    /// Batches of commands sent.
    pub pipelines: Counter,
    /// Messages that came.
    pub heard: Counter,
    /// Messages and answers that could not be read.
    pub unreadable: Counter,
    /// Nodes that are gone and that this one cleared away.
    pub reaped: Counter,
}

impl AdapterMetrics {
    /// Looks the handles up; on the thread that counts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            present: gauge!(PRESENT),
            nodes: gauge!(NODES),
            waiting_events: gauge!(WAITING_EVENTS),
            waiting_bytes: gauge!(WAITING),
            commands: counter!(COMMANDS),
            pipelines: counter!(PIPELINES),
            heard: counter!(HEARD),
            unreadable: counter!(UNREADABLE),
            reaped: counter!(REAPED),
        }
        .registered()
    }

    /// With all that may be counted one day, so that the first is seen as a rise.
    fn registered(self) -> Self {
        WHY_LOST.iter().for_each(|why| self.lost(why, 0));
        WHY_BROKEN.iter().for_each(|why| counter!(BREAKS, "why" => *why).absolute(0));
        self
    }

    /// Counts that the other nodes cannot be reached any more.
    pub fn broke(&self, why: &'static str) {
        counter!(BREAKS, "why" => why).increment(1);
    }

    /// Counts events that other nodes do not get.
    pub fn lost(&self, why: &'static str, events: u64) {
        counter!(LOST, "why" => why).increment(events);
    }
}

impl Default for AdapterMetrics {
    fn default() -> Self {
        Self::new()
    }
}
