//! A channel's history: its last events.

use std::collections::VecDeque;
use std::rc::Rc;

use tokio::time::Instant;

use super::event::Event;
use super::room::Share;
use super::value::Page;

#[derive(Debug, Default)]
pub(super) struct Ring {
    /// Oldest first, each with the time of its end.
    events: VecDeque<(Rc<Event>, Instant)>,
    bytes: usize,
}

impl Ring {
    /// Appends an event; at most `limit` stay.
    pub(super) fn push(&mut self, event: Rc<Event>, until: Instant, limit: usize) {
        self.bytes += event.bytes();
        self.events.push_back((event, until));
        while self.events.len() > limit {
            self.drop_oldest();
        }
    }

    pub(super) fn drop_oldest(&mut self) {
        if let Some((event, _)) = self.events.pop_front() {
            self.bytes -= event.bytes();
        }
    }

    /// Drops what is too old, as far as nothing that lives longer stands before it.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.next_expiry().is_some_and(|until| until <= now) {
            self.drop_oldest();
        }
    }

    /// At most `limit` events whose serial is above `after`, oldest first.
    pub(super) fn page(&self, after: Option<u64>, limit: usize, now: Instant) -> Page {
        let start = after.map_or(0, |after| self.events.partition_point(|(event, _)| event.serial <= after));
        let events = self.living(start, now).take(limit).map(Event::kept).collect();
        let first = self.living(0, now).next().map(|event| event.serial);
        let last = self.living(0, now).next_back().map(|event| event.serial);
        Page { events, first, last }
    }

    fn living(&self, start: usize, now: Instant) -> impl DoubleEndedIterator<Item = &Event> {
        let all = self.events.range(start..);
        all.filter(move |(_, until)| *until > now).map(|(event, _)| &**event)
    }

    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.events.front().map(|(_, until)| *until)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn share(&self) -> Share {
        Share { oldest: self.events.front().map(|(event, _)| event.ticket), bytes: self.bytes }
    }
}
