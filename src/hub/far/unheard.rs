//! Events that a home looked up because it could not hear them.
//!
//! What it hears meanwhile may be younger or older than those, so each is delivered just before the first thing that
//! is known to come after it, or when nothing came for a while.

use std::collections::BTreeMap;
use std::mem;

use super::words::{Number, Origin, Past, Position};

/// Events that were looked up and that nobody here has heard of, by their positions.
#[derive(Debug, Default)]
pub(super) struct Unheard(BTreeMap<Position, Past>);

impl Unheard {
    pub(super) fn add(&mut self, events: impl IntoIterator<Item = Past>) {
        self.0.extend(events.into_iter().map(|past| (past.position, past)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those up to a position.
    pub(super) fn take_until(&mut self, position: Position) -> Vec<Past> {
        let later = self.0.split_off(&Position(position.0 + 1));
        mem::replace(&mut self.0, later).into_values().collect()
    }

    /// Those that come before an event of this sender.
    pub(super) fn take_before(&mut self, origin: Origin, number: Number) -> Vec<Past> {
        let is_before = |past: &Past| past.source.0 == origin && past.stay.event.number.value < number.value;
        let last = self.0.values().rev().find(|past| is_before(past)).map(|past| past.position);
        last.map_or_else(Vec::new, |last| self.take_until(last))
    }

    pub(super) fn take_all(&mut self) -> Vec<Past> {
        mem::take(&mut self.0).into_values().collect()
    }
}
