//! A run: up to a minute of shaking at one frequency; `session` on the wire.

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::frequency::Frequency;

/// A run's number; rises from run to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

/// A moment by a clock that nobody can set: nanoseconds since this machine started, sleep included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Which start of which machine; ticks of another say nothing.
    pub boot: Box<str>,
    /// Nanoseconds since then.
    pub ns: u64,
}

impl Tick {
    /// Milliseconds from `self` to `later`; `None` when the machine has started anew in between.
    #[must_use]
    pub fn until(&self, later: &Self) -> Option<u64> {
        (self.boot == later.boot).then(|| later.ns.saturating_sub(self.ns) / 1_000_000)
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// Whose models shake.
    pub category: Category,
    /// How fast.
    pub frequency: Frequency,
    /// When it began, unix milliseconds.
    pub started_at_ms: i64,
    /// The same by the clock that nobody sets.
    pub started: Tick,
    /// How it ended; `None` while it runs.
    pub stop: Option<Stop>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// When, unix milliseconds.
    pub at_ms: i64,
    /// Milliseconds that it took.
    pub duration_ms: u32,
    /// Why.
    pub by: EndedBy,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// Its time was over.
    Time,
    /// The judge stopped it.
    Judge,
    /// The model collapsed ("roboh").
    Collapse,
    /// Another was started in its place.
    Replaced,
    /// Everything was cleared.
    Clear,
    /// The broker was not there when it should have ended.
    Restart,
}

impl Run {
    /// Whether it goes on.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.stop.is_none()
    }

    /// Whether nobody stopped it: its time was over.
    #[must_use]
    pub fn auto_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.by == EndedBy::Time)
    }

    /// Whether the model collapsed.
    #[must_use]
    pub fn collapsed(&self) -> bool {
        self.stop.is_some_and(|stop| stop.by == EndedBy::Collapse)
    }

    /// Milliseconds since it began, at this moment; by the settable clock only after a restart of the machine.
    #[must_use]
    pub fn elapsed_ms(&self, now: &Tick, now_ms: i64) -> u64 {
        self.started
            .until(now)
            .unwrap_or_else(|| u64::try_from(now_ms.saturating_sub(self.started_at_ms)).unwrap_or_default())
    }
}
