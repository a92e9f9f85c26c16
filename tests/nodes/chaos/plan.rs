//! What happens, in which order, and for how long: all of it drawn from the seed.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::options::Options;

/// Nodes there are.
pub(super) const NODES: usize = 3;

/// Lease of a node; the least that may be configured.
pub(super) const LEASE: Duration = Duration::from_secs(3);

/// From the end of a lease until members are gone for sure: its grace, and the pace at which the others look.
const REAPED: Duration = Duration::from_millis(5000);

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A node is killed by SIGKILL and starts again later.
    Kill { node: usize, away: Duration },
    /// A node stands still for longer than its lease.
    Stop { node: usize, time: Duration },
    /// Redis is killed and starts again with nothing.
    Empty { away: Duration },
    /// Redis is killed and starts again with all that it had.
    Restart { away: Duration },
    /// Another Redis takes over.
    FailOver,
    /// A node does not reach Redis.
    Cut { node: usize, time: Duration },
    /// All that goes to Redis and comes from there is late.
    Slow { latency: Duration, time: Duration },
    /// Redis answers nobody.
    Pause { time: Duration },
}

impl Fault {
    /// Whether the others count a node as gone by it although it is not.
    pub(super) fn outlasts_a_lease(self) -> bool {
        matches!(self, Self::Stop { time, .. } | Self::Cut { time, .. } if time > LEASE)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = Duration::as_secs_f64;
        match self {
            Self::Kill { node, away } => write!(f, "kill node {node}, {:.1} s", s(away)),
            Self::Stop { node, time } => write!(f, "stop node {node}, {:.1} s", s(time)),
            Self::Empty { away } => write!(f, "Redis empty, {:.1} s", s(away)),
            Self::Restart { away } => write!(f, "Redis again, {:.1} s", s(away)),
            Self::FailOver => write!(f, "fail over"),
            Self::Cut { node, time } => write!(f, "cut node {node}, {:.1} s", s(time)),
            Self::Slow { latency, time } => write!(f, "late {} ms, {:.1} s", latency.as_millis(), s(time)),
            Self::Pause { time } => write!(f, "pause {:.1} s", s(time)),
        }
    }
}

/// Draws rounds.
#[derive(Debug)]
pub(super) struct Plan {
    random: StdRng,
    only: Vec<String>,
}

impl Plan {
    pub(super) fn new(options: &Options) -> Self {
        Self { random: StdRng::seed_from_u64(options.seed), only: options.only.clone() }
    }

    /// Everything once, in some order, or what was chosen of it.
    pub(super) fn round(&mut self) -> Vec<Fault> {
        let mut faults = vec![
            Fault::Kill { node: self.node(), away: self.time(1000..4000) },
            Fault::Stop { node: self.node(), time: LEASE + REAPED + self.time(0..1000) },
            Fault::Empty { away: self.time(50..800) },
            Fault::Restart { away: self.time(50..800) },
            Fault::FailOver,
            Fault::Cut { node: self.node(), time: self.time(500..2000) },
            Fault::Cut { node: self.node(), time: LEASE + REAPED + self.time(0..1000) },
            Fault::Slow { latency: self.time(50..300), time: self.time(3000..5000) },
            Fault::Pause { time: self.time(500..2500) },
        ];
        faults.shuffle(&mut self.random);
        let is_chosen = |fault: &Fault| self.only.iter().any(|only| fault.to_string().starts_with(only));
        faults.retain(|fault| self.only.is_empty() || is_chosen(fault));
        assert!(!faults.is_empty(), "nothing begins with any of {:?}", self.only);
        faults
    }

    /// How long it is quiet before something happens.
    pub(super) fn calm(&mut self) -> Duration {
        self.time(500..1500)
    }

    fn node(&mut self) -> usize {
        self.random.random_range(0..NODES)
    }

    fn time(&mut self, ms: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.random.random_range(ms))
    }
}
