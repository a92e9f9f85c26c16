//! Every metric, in one list.
//!
//! Names end in their unit; labels are closed sets. Handles are looked up once and kept by those
//! who count, so that counting is one addition.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

const DELIVERED: &str = "saluran_frames_delivered_total";
const SLOW: &str = "saluran_slow_subscribers_total";
const GAPS: &str = "saluran_adapter_gaps_total";
const CONNECTIONS: &str = "saluran_connections";
const OPENED: &str = "saluran_connections_opened_total";
const REFUSED: &str = "saluran_refusals_total";
const MESSAGES: &str = "saluran_messages_received_total";
const EVENTS: &str = "saluran_events_published_total";
const CLIENT_EVENTS: &str = "saluran_client_events_total";
const BREACHES: &str = "saluran_breaches_total";
const DROPPED: &str = "saluran_accepts_dropped_total";

/// Makes the recorder that keeps the numbers, and the handle that renders them.
#[must_use]
pub fn recorder() -> (PrometheusRecorder, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

/// Says what each metric means; call once the recorder is installed.
pub fn describe() {
    super::adapter::describe();
    super::contest::describe();
    describe_gauge!(CONNECTIONS, Unit::Count, "Open WebSocket connections");
    describe_counter!(OPENED, Unit::Count, "WebSocket connections accepted");
    describe_counter!(
        REFUSED,
        Unit::Count,
        "Refusals by code: close codes, HTTP statuses, or 0 for an error without code"
    );
    describe_counter!(BREACHES, Unit::Count, "Events that a declared channel refused, by the rule that they broke");
    describe_counter!(MESSAGES, Unit::Count, "Text messages received from connections");
    describe_counter!(EVENTS, Unit::Count, "Events accepted over HTTP, each channel counted");
    describe_counter!(CLIENT_EVENTS, Unit::Count, "Client events accepted from connections");
    describe_counter!(DELIVERED, Unit::Count, "Frames put into outboxes of channel subscribers");
    describe_counter!(SLOW, Unit::Count, "Connections closed with 4100 because they did not read");
    describe_counter!(GAPS, Unit::Count, "Times that a channel was looked up because something of it had not arrived");
    describe_counter!(DROPPED, Unit::Count, "TCP connections dropped because no file descriptor was free");
    super::gateway::describe();
}

/// What each hub counts.
#[derive(Debug)]
pub struct HubMetrics {
    /// Frames put into outboxes of channel subscribers.
    pub delivered: Counter,
    /// Connections closed because they did not read.
    pub slow: Counter,
    /// Events of other nodes that did not arrive here.
    pub lost: Counter,
    /// Times that a channel had to be looked up because something of it had not arrived.
    pub gaps: Counter,
}

impl HubMetrics {
    /// Looks the handles up.
    #[must_use]
    pub fn new() -> Self {
        Self {
            delivered: counter!(DELIVERED),
            slow: counter!(SLOW),
            lost: counter!(super::adapter::LOST, "why" => "unheard"),
            gaps: counter!(GAPS),
        }
    }
}

impl Default for HubMetrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What a worker's sockets count.
#[derive(Debug)]
pub struct SocketMetrics {
    /// Open connections.
    pub open: Gauge,
    /// Connections accepted.
    pub opened: Counter,
    /// Text messages received.
    pub messages: Counter,
    /// Client events accepted.
    pub client_events: Counter,
    /// TCP connections dropped for want of a file descriptor.
    pub dropped: Counter,
}

impl SocketMetrics {
    /// Looks the handles up.
    #[must_use]
    pub fn new() -> Self {
        Self {
            open: gauge!(CONNECTIONS),
            opened: counter!(OPENED),
            messages: counter!(MESSAGES),
            client_events: counter!(CLIENT_EVENTS),
            dropped: counter!(DROPPED),
        }
    }
}

impl Default for SocketMetrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What a worker's HTTP API counts.
#[derive(Debug)]
pub struct HttpMetrics {
    /// Events accepted, each channel counted.
    pub events: Counter,
}

impl HttpMetrics {
    /// Looks the handles up.
    #[must_use]
    pub fn new() -> Self {
        Self { events: counter!(EVENTS) }
    }
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts a refusal by its code; 0 for one that has none.
pub fn refused(code: u16) {
    counter!(REFUSED, "code" => code.to_string()).increment(1);
}

/// Counts an event that a declared channel refused, by the name of the rule.
pub fn breached(rule: &'static str) {
    counter!(BREACHES, "rule" => rule).increment(1);
}
