//! How many events wait for the other nodes, and how many may.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config;
use crate::hub::far::Request;

/// Words to all nodes that may wait.
const CONTROLS: usize = 1000;

/// Bytes that an event takes besides its frame, roughly.
const AROUND: usize = 256;

/// Counts events that wait or are under way, from their coming until Redis has them; for all threads.
///
/// From seven eighths of either bound on [`Gauge::has_room`] says no, so that publishers are told to come later. The rest
/// is for events of those whom nobody can tell; above the bound events are lost, and counted.
#[derive(Debug)]
pub(super) struct Gauge {
    events: AtomicUsize,
    bytes: AtomicUsize,
    most_events: usize,
    most_bytes: usize,
    controls: AtomicUsize,
}

/// As much waits for the other nodes as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{CONTROLS} words to all nodes wait already")]
pub struct Full;

impl Gauge {
    pub(super) const fn new(config: &config::Adapter) -> Self {
        let (most_events, most_bytes) = (config.queue_events, config.queue_bytes);
        Self {
            events: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            most_events,
            most_bytes,
            controls: AtomicUsize::new(0),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        let (events, bytes) = self.waiting();
        events < self.most_events - self.most_events / 8 && bytes < self.most_bytes - self.most_bytes / 8
    }

    /// Events and bytes that wait.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.events.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Takes an event in, unless that exceeds a bound.
    pub(super) fn admit(&self, bytes: usize) -> bool {
        let events = self.events.fetch_add(1, Ordering::Relaxed) + 1;
        let all = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let fits = events <= self.most_events && all <= self.most_bytes;
        if !fits {
            self.release(bytes);
        }
        fits
    }

    /// Takes in something that is said to all nodes, unless that exceeds the bound.
    pub(super) fn admit_control(&self) -> bool {
        let fits = self.controls.fetch_add(1, Ordering::Relaxed) < CONTROLS;
        if !fits {
            self.release_control();
        }
        fits
    }

    /// It is said, or never will be.
    pub(super) fn release_control(&self) {
        self.controls.fetch_sub(1, Ordering::Relaxed);
    }

    /// An event waits no more.
    pub(super) fn release(&self, bytes: usize) {
        self.events.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What an event counts for; nothing for what does not wait.
pub(super) fn weight(request: &Request) -> Option<usize> {
    match request {
        Request::Relay(_, event, _) => Some(event.frame.len() + AROUND),
        Request::Stay(_, stay, _) => Some(stay.event.frame.len() + stay.record.name.len() + AROUND),
        Request::Listen(..) | Request::Unlisten(_) | Request::Sync(..) | Request::Look(..) | Request::Ask(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_a_bound_nothing_is_admitted_and_near_it_there_is_no_room() {
        let config = config::Adapter { queue_events: 8, queue_bytes: 100, ..config::Adapter::default() };
        let gauge = Gauge::new(&config);
        (0..7).for_each(|_| assert!(gauge.has_room() && gauge.admit(1)));
        assert!(!gauge.has_room());
        assert!(gauge.admit(1));
        assert!(!gauge.admit(1));
        assert_eq!(gauge.waiting(), (8, 8));
        gauge.release(1);
        assert!(!gauge.admit(94), "seven bytes and these are more than a hundred");
        assert!(gauge.admit(93));
    }
}
