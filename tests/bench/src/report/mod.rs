//! What was measured, for people ([`table`]) and for programs ([`json`]).

mod json;
mod table;

pub(crate) use json::json;

use crate::error::Error;
use crate::load::faults::Faults;
use crate::process::cores::Cores;
use crate::scenario::{Outcome, Reference, Scenario, Target};

/// All rows, and where it was measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) cores: Cores,
}

/// Which of a row's two servers was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Reference,
    Broker,
}

/// One scenario's measurements, one of each server a round.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) scenario: &'static Scenario,
    /// Of what the broker is compared with, mostly the floor.
    pub(crate) floor: Vec<Outcome>,
    pub(crate) saluran: Vec<Outcome>,
    /// Measurements that could not be made, with the reason.
    pub(crate) failures: Vec<String>,
}

impl Report {
    /// Whether everything was measured and nothing went wrong with deliveries.
    pub(crate) fn is_sound(&self) -> bool {
        self.rows.iter().all(|row| row.failures.is_empty() && row.faulty().next().is_none())
    }
}

impl Row {
    pub(crate) fn new(scenario: &'static Scenario) -> Self {
        Self { scenario, floor: Vec::new(), saluran: Vec::new(), failures: Vec::new() }
    }

    /// What the two servers are called.
    fn names(&self) -> [&'static str; 2] {
        match self.scenario.reference {
            Reference::Floor => ["floor", "saluran"],
            Reference::Plain => ["plain", "declared"],
        }
    }

    /// Keeps the result of measuring a server.
    pub(crate) fn take(&mut self, role: Role, result: Result<Outcome, Error>) {
        let [reference, broker] = self.names();
        let (name, outcomes) = match role {
            Role::Reference => (reference, &mut self.floor),
            Role::Broker => (broker, &mut self.saluran),
        };
        match result {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => self.failures.push(format!("{name}: {}", crate::explain(&error))),
        }
    }

    /// The floor's figure.
    fn floor_figure(&self) -> Option<f64> {
        median(&self.floor, |outcome| Some(outcome.figure))
    }

    /// The broker's figure.
    fn saluran_figure(&self) -> Option<f64> {
        median(&self.saluran, |outcome| Some(outcome.figure))
    }

    /// How many times the floor's figure the broker's is.
    fn ratio(&self) -> Option<f64> {
        Some(self.saluran_figure()? / self.floor_figure().filter(|floor| *floor > 0.0)?)
    }

    /// Whether the broker is where it should be; none if that is not known, or not set.
    fn meets_target(&self) -> Option<bool> {
        match self.scenario.target {
            Target::Ratio(limit) => Some(self.ratio()? <= limit),
            Target::AtMost(limit) => Some(self.saluran_figure()? <= limit),
            Target::Lossless => None,
        }
    }

    /// Each measurement in which deliveries went wrong, with the server's name.
    fn faulty(&self) -> impl Iterator<Item = (&'static str, Faults)> {
        let [first, second] = self.names();
        let floor = self.floor.iter().map(move |outcome| (first, outcome.faults));
        let saluran = self.saluran.iter().map(move |outcome| (second, outcome.faults));
        floor.chain(saluran).filter(|(_, faults)| !faults.is_none())
    }
}

/// The median of what `figure` takes from the outcomes; of an even number, the lower middle.
fn median(outcomes: &[Outcome], figure: impl Fn(&Outcome) -> Option<f64>) -> Option<f64> {
    let mut figures: Vec<f64> = outcomes.iter().filter_map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len().saturating_sub(1) / 2).copied()
}

/// The median of a detail.
fn detail(outcomes: &[Outcome], name: &str) -> Option<f64> {
    median(outcomes, |outcome| outcome.details.iter().find(|(found, _)| *found == name).map(|(_, value)| *value))
}
