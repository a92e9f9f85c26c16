//! What the cameras' listener counts.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};

const OPEN: &str = "saluran_gateway_connections";
const OPENED: &str = "saluran_gateway_connections_opened_total";
const MESSAGES: &str = "saluran_gateway_messages_total";
const POINTS: &str = "saluran_gateway_points_total";
const MISSED: &str = "saluran_gateway_frames_missed_total";

pub(super) fn describe() {
    describe_gauge!(OPEN, Unit::Count, "Open raw WebSockets");
    describe_counter!(OPENED, Unit::Count, "Raw WebSockets accepted");
    describe_counter!(MESSAGES, Unit::Count, "Text frames of raw clients, by what they were");
    describe_counter!(POINTS, Unit::Count, "Points of cameras, by what became of them");
    describe_counter!(MISSED, Unit::Count, "Frames that raw clients missed because they did not read");
}

/// What the cameras' listener counts; for every thread.
#[derive(Debug)]
pub struct GatewayMetrics {
    /// Open WebSockets.
    pub open: Gauge,
    /// WebSockets accepted.
    pub opened: Counter,
    /// Frames that slow ones missed.
    pub missed: Counter,
    messages: Family,
    points: Family,
}

/// A counter for each value of its label, which are few and known.
#[derive(Debug)]
struct Family(Vec<(&'static str, Counter)>);

impl GatewayMetrics {
    /// Looks the handles up, for these sorts of messages and these ends of points.
    #[must_use]
    pub fn new(kinds: &[&'static str], results: &[&'static str]) -> Self {
        let messages = kinds.iter().map(|kind| (*kind, counter!(MESSAGES, "type" => *kind)));
        let points = results.iter().map(|result| (*result, counter!(POINTS, "result" => *result)));
        Self {
            open: gauge!(OPEN),
            opened: counter!(OPENED),
            missed: counter!(MISSED),
            messages: Family(messages.collect()),
            points: Family(points.collect()),
        }
    }

    /// Counts a message.
    pub fn message(&self, kind: &'static str) {
        self.messages.count(kind);
    }

    /// Counts a point.
    pub fn point(&self, result: &'static str) {
        self.points.count(result);
    }
}

impl Family {
    fn count(&self, label: &'static str) {
        let found = self.0.iter().find(|(known, _)| *known == label);
        debug_assert!(found.is_some(), "{label} is no value of this metric");
        if let Some((_, counter)) = found {
            counter.increment(1);
        }
    }
}
