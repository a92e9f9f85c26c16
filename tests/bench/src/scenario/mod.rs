//! What is measured: each scenario with its unit, its target and the code that measures one server.

mod connect;
mod idle;
mod newcomer;
mod pairs;
mod presence;
mod publish;
mod slow;

use std::path::Path;

use crate::error::Error;
use crate::load::faults::Faults;
use crate::process::server::{Server, Subject};
use publish::Shape;

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Of the figure that is compared.
    pub(crate) unit: &'static str,
    pub(crate) target: Target,
    /// What the broker is compared with.
    pub(crate) reference: Reference,
    measure: Measure,
}

/// What a row's first figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    /// The bare broadcaster.
    Floor,
    /// The broker itself without declarations, with signed requests.
    Plain,
}

/// What the broker's figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// At most so many times the floor's.
    Ratio(f64),
    /// At most this, whatever the floor's is.
    AtMost(f64),
    /// There is none but that nothing is lost.
    Lossless,
}

#[derive(Debug, Clone, Copy)]
enum Measure {
    Publish(Shape),
    Pairs,
    Connect,
    Presence,
    Idle,
    Slow,
    Newcomer,
}

/// How long and how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) seconds: f64,
    pub(crate) connections: u32,
}

/// What one measurement of one server gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The figure to compare, in the scenario's unit.
    pub(crate) figure: f64,
    /// Units of work a second, which also depends on generator and machine.
    pub(crate) per_second: Option<f64>,
    /// Share of its core that the generator used.
    pub(crate) generator_busy: f64,
    pub(crate) faults: Faults,
    /// What the server said instead of 200, the first time.
    pub(crate) refusal: Option<String>,
    /// Further figures by name.
    pub(crate) details: Vec<(&'static str, f64)>,
}

const fn publish(name: &'static str, shape: Shape, ratio: f64) -> Scenario {
    other(name, "µs / delivery", Target::Ratio(ratio), Measure::Publish(shape))
}

const fn other(name: &'static str, unit: &'static str, target: Target, measure: Measure) -> Scenario {
    Scenario { name, unit, target, reference: Reference::Floor, measure }
}

/// The cost of a declaration: token, rule, schema, retained event and history, against a signature.
const DECLARED: Scenario = Scenario {
    reference: Reference::Plain,
    ..other("declared", "µs / request", Target::Ratio(2.0), Measure::Publish(Shape::many(1, 0, 1)))
};

/// What 10,000 kept events cost a newcomer, against a channel that keeps none.
const NEWCOMER: Scenario = Scenario {
    reference: Reference::Plain,
    ..other("newcomer", "ms, subscribed", Target::AtMost(100.0), Measure::Newcomer)
};

/// All scenarios, in the order of the table.
static ALL: [Scenario; 14] = [
    publish("fanout", Shape::fanout(4, 16), 0.7),
    publish("fanout-1", Shape::fanout(1, 1), 1.15),
    publish("fanout-20", Shape::fanout_at(20.0), 1.15),
    publish("many", Shape::many(1000, 1, 1), 2.0),
    publish("many-100x10", Shape::many(100, 10, 1), 1.5),
    publish("many-batch", Shape::many(1000, 1, 10), 1.6),
    other("trigger", "µs / request", Target::Ratio(2.5), Measure::Publish(Shape::many(1, 0, 1))),
    DECLARED,
    NEWCOMER,
    other("client-events", "µs / event", Target::Ratio(1.5), Measure::Pairs),
    other("connect", "µs / connection", Target::Ratio(2.0), Measure::Connect),
    other("presence", "µs / leave + join", Target::AtMost(900.0), Measure::Presence),
    other("idle", "KiB / connection", Target::AtMost(3.0), Measure::Idle),
    other("slow", "ms, p99 delay", Target::Lossless, Measure::Slow),
];

/// The scenarios named in `only`, or all of them.
///
/// # Errors
/// `UnknownScenario` for a name that none has.
pub(crate) fn choose(only: &[String]) -> Result<Vec<&'static Scenario>, Error> {
    if let Some(name) = only.iter().find(|name| ALL.iter().all(|scenario| scenario.name != **name)) {
        let names: Vec<&str> = ALL.iter().map(|scenario| scenario.name).collect();
        return Err(Error::UnknownScenario { name: name.clone(), names: names.join(", ") });
    }
    let wanted = |scenario: &&Scenario| only.is_empty() || only.iter().any(|name| name == scenario.name);
    Ok(ALL.iter().filter(wanted).collect())
}

impl Scenario {
    /// What is measured by turns: what the broker is compared with, and the broker.
    pub(crate) fn subjects(&self, binary: &Path) -> [Subject; 2] {
        match self.reference {
            Reference::Floor => [Subject::Floor(Vec::new()), Subject::Saluran(binary.to_owned())],
            Reference::Plain => [Subject::Saluran(binary.to_owned()), Subject::Declared(binary.to_owned())],
        }
    }

    /// Measures `server`, which must be fresh.
    pub(crate) fn measure(&self, server: &Server, settings: Settings) -> Result<Outcome, Error> {
        match self.measure {
            Measure::Publish(shape) => publish::measure(shape, server, settings),
            Measure::Pairs => pairs::measure(server, settings),
            Measure::Connect => connect::measure(server, settings),
            Measure::Presence => presence::measure(server, settings),
            Measure::Idle => idle::measure(server, settings),
            Measure::Slow => slow::measure(server, settings),
            Measure::Newcomer => newcomer::measure(server, settings),
        }
    }
}

impl Settings {
    /// Seconds of the same work before measuring.
    fn warm_up(self) -> f64 {
        (self.seconds / 4.0).min(2.0)
    }
}

/// Microseconds of the server's processor time for each of `units`.
fn micros_per(server_cpu: f64, units: u64) -> f64 {
    server_cpu * 1e6 / units.max(1) as f64
}
