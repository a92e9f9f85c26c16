//! Who sent what, and who heard it.
//!
//! An author numbers its events on each channel. A view is one stay of a watcher at a node; of every channel and author it
//! knows the last number that it heard, and which of those before it did not hear.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

/// An author and a channel, by their numbers.
pub(super) type Stream = (usize, usize);

/// What became of an event, as its author knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No answer came, and none will: it may have gone out or not.
    Unknown,
    Accepted,
    Refused,
}

/// An event that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) until: Instant,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Default)]
struct Written {
    /// Number of the first event in the list.
    first: u32,
    events: Vec<Sent>,
}

/// A view's knowledge of one stream.
#[derive(Debug)]
struct Known {
    /// The last number that was sent before the view began to hear.
    floor: u32,
    last: Option<u32>,
    missing: BTreeSet<u32>,
}

/// One stay of a watcher at a node.
#[derive(Debug)]
struct View {
    node: usize,
    streams: BTreeMap<Stream, Known>,
    has_ended: bool,
}

/// What was heard and should not have been.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) heard: u64,
    /// Events that came again.
    pub(super) twice: u64,
    /// Events that came after later ones.
    pub(super) late: u64,
}

/// An event that subscribers of one node did not get.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missed {
    pub(super) node: usize,
    pub(super) stream: Stream,
    pub(super) number: u32,
    pub(super) sent: Sent,
}

/// All that was sent and heard since it was closed last.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    written: BTreeMap<Stream, Written>,
    views: Vec<View>,
    pub(super) counts: Counts,
    /// The first few of what went wrong, to be read.
    pub(super) notes: Vec<String>,
}

impl Ledger {
    /// The number of a new event.
    pub(super) fn send(&mut self, stream: Stream) -> u32 {
        let written = self.written.entry(stream).or_insert_with(|| Written { first: 1, events: Vec::new() });
        let now = Instant::now();
        written.events.push(Sent { at: now, until: now, outcome: Outcome::Unknown });
        written.last()
    }

    /// What became of it.
    pub(super) fn settle(&mut self, stream: Stream, number: u32, outcome: Outcome) {
        let written = self.written.get_mut(&stream).expect("it was sent");
        let event = written.events.get_mut((number - written.first) as usize).expect("it is not closed");
        event.outcome = outcome;
        event.until = Instant::now();
    }

    pub(super) fn open(&mut self, node: usize) -> usize {
        self.views.push(View { node, streams: BTreeMap::new(), has_ended: false });
        self.views.len() - 1
    }

    /// From now on a view hears all of a channel.
    pub(super) fn listen(&mut self, view: usize, channel: usize, authors: usize) {
        for author in 0..authors {
            let floor = self.written.get(&(author, channel)).map_or(0, Written::last);
            let known = Known { floor, last: None, missing: BTreeSet::new() };
            self.views[view].streams.entry((author, channel)).or_insert(known);
        }
    }

    pub(super) fn end(&mut self, view: usize) {
        self.views[view].has_ended = true;
    }

    pub(super) fn hear(&mut self, view: usize, stream: Stream, number: u32) {
        self.counts.heard += 1;
        let view = &mut self.views[view];
        let Some(known) = view.streams.get_mut(&stream) else {
            self.counts.late += 1;
            return self.notes.push(format!("author and channel {stream:?}, {number}, before any subscription"));
        };
        let wrong = match known.last {
            Some(last) if number <= last => {
                let is_late = known.missing.remove(&number);
                *(if is_late { &mut self.counts.late } else { &mut self.counts.twice }) += 1;
                Some(if is_late { "late" } else { "twice" })
            }
            _ => {
                known.missing.extend(known.last.unwrap_or(0).max(known.floor).saturating_add(1)..number);
                known.last = Some(number);
                None
            }
        };
        if let Some(what) = wrong.filter(|_| self.notes.len() < 20) {
            let (node, last) = (view.node, known.last);
            self.notes.push(format!("{what} at node {node}: author and channel {stream:?}, {number} after {last:?}"));
        }
    }

    /// Whether all views have heard the last of all that they listen to.
    pub(super) fn is_up_to_date(&self) -> bool {
        let is_so = |(stream, known): (&Stream, &Known)| {
            let last = self.written.get(stream).map_or(0, Written::last);
            known.last.unwrap_or(known.floor) >= last
        };
        self.views.iter().filter(|view| !view.has_ended).all(|view| view.streams.iter().all(is_so))
    }

    /// How many were sent, accepted, refused.
    pub(super) fn sums(&self) -> [usize; 3] {
        let all = || self.written.values().flat_map(|written| &written.events);
        let of = |outcome| all().filter(|sent| sent.outcome == outcome).count();
        [all().count(), of(Outcome::Accepted), of(Outcome::Refused)]
    }

    /// What was accepted and missed, once a node and event; begins anew with what is sent from now on.
    pub(super) fn close(&mut self) -> Vec<Missed> {
        let mut missed = BTreeMap::new();
        for view in &mut self.views {
            for (stream, known) in &mut view.streams {
                let Some(written) = self.written.get(stream) else { continue };
                let last = known.last.unwrap_or(0).max(known.floor);
                if !view.has_ended && last < written.last() {
                    known.missing.extend(last + 1..=written.last());
                    known.last = Some(written.last());
                }
                for number in std::mem::take(&mut known.missing) {
                    if let Some(sent) = written.get(number).filter(|sent| sent.outcome == Outcome::Accepted) {
                        let node = view.node;
                        missed.insert((node, *stream, number), Missed { node, stream: *stream, number, sent });
                    }
                }
            }
            if view.has_ended {
                view.streams.clear();
            }
        }
        for written in self.written.values_mut() {
            written.first = written.last() + 1;
            written.events.clear();
        }
        self.counts = Counts::default();
        missed.into_values().collect()
    }
}

impl Written {
    fn last(&self) -> u32 {
        self.first + u32::try_from(self.events.len()).expect("fewer events than that") - 1
    }

    fn get(&self, number: u32) -> Option<Sent> {
        self.events.get(number.checked_sub(self.first)? as usize).copied()
    }
}
