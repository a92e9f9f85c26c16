//! Which events were missed, whether they may be, and whether that was counted.

use std::time::Duration;

use tokio::time::Instant;

use super::ledger::Missed;
use super::load::Author;
use super::plan::{Fault, NODES};
use super::scene::{Keeps, Scene};

/// An event may be under way for so long when its node is killed.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// A node that reaches the others again may need so long until it hears everything.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// Events that are told one by one.
const LISTED: usize = 6;

/// Something that happened: when it began, and when all nodes reached each other again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) fault: Fault,
    pub(super) from: Instant,
    pub(super) to: Instant,
}

/// Why an event may be missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excuse {
    /// Its own node was killed with it. Nobody is left to count it.
    UnderWay,
    /// The node did not hear when it was published, and nobody keeps it.
    NotHeard,
    /// Redis had kept it and was emptied, or another took over that did not have it yet.
    Forgotten,
}

/// Events that were missed, once for each node whose subscribers did not get them.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) missed: usize,
    pub(super) under_way: usize,
    /// Those without an excuse, and nodes that counted less than their subscribers missed.
    pub(super) problems: Vec<String>,
}

impl Verdict {
    pub(super) fn new(scene: &Scene, authors: &[Author], (span, counted): (Span, &Counted), missed: &[Missed]) -> Self {
        let mut verdict = Self { missed: missed.len(), ..Self::default() };
        let mut to_count: [Vec<String>; NODES] = Default::default();
        for one in missed {
            let (author, channel) = one.stream;
            let (author_node, keeps) = (authors[author].node(), scene.channels[channel].keeps);
            let excuse = excuse((span, counted), (author_node, keeps), one);
            if excuse == Some(Excuse::UnderWay) {
                verdict.under_way += 1;
                continue;
            }
            let at = one.sent.at.saturating_duration_since(span.from).as_secs_f64();
            let (number, name) = (one.number, &scene.channels[channel].name);
            let what = format!("{number} of author {author} at node {author_node} on {name}, {at:.3} s after it began");
            if excuse.is_none() {
                verdict.problems.push(format!("missed at node {}: {what}", one.node));
            }
            to_count[one.node].push(what);
        }
        for (node, missed) in to_count.iter().enumerate() {
            let (counted, listed) = (counted.lost(node), missed.len().min(LISTED));
            if missed.len() as f64 > counted {
                let (missed, list) = (missed.len(), missed[..listed].join("; "));
                verdict.problems.push(format!("{missed} missed at node {node} and {counted} counted: {list}"));
            }
        }
        verdict
    }
}

/// Why an event may be missed, by the documentation.
fn excuse((span, counted): (Span, &Counted), (author_node, keeps): (usize, Keeps), missed: &Missed) -> Option<Excuse> {
    let Span { fault, from, to } = span;
    let is_in_time = missed.sent.until + UNDER_WAY >= from && missed.sent.at <= to + CATCHING_UP;
    let is_kept = keeps == Keeps::History;
    if let Fault::Kill { node, .. } = fault {
        return (node == author_node && missed.sent.until + UNDER_WAY >= from).then_some(Excuse::UnderWay);
    }
    if is_kept {
        let forgets = matches!(fault, Fault::Empty { .. } | Fault::FailOver);
        return (forgets && is_in_time).then_some(Excuse::Forgotten);
    }
    (is_in_time && counted.was_away(missed.node)).then_some(Excuse::NotHeard)
}

/// What a node counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Events that others do not get.
    pub(super) unsent: f64,
    /// Events of others that did not arrive.
    pub(super) unheard: f64,
    /// Times that it lost the others.
    pub(super) breaks: f64,
    /// Times that it looked something up because it had not heard it.
    pub(super) gaps: f64,
}

/// What all nodes counted meanwhile.
#[derive(Debug)]
pub(super) struct Counted(Vec<Tally>);

impl Counted {
    /// What was counted between two looks; a node that was killed began at 0.
    pub(super) fn new(fault: Fault, before: &[Tally], after: &[Tally]) -> Self {
        let killed = if let Fault::Kill { node, .. } = fault { Some(node) } else { None };
        let one = |(node, (before, after)): (usize, (&Tally, &Tally))| {
            let before = if killed == Some(node) { Tally::default() } else { *before };
            Tally {
                unsent: after.unsent - before.unsent,
                unheard: after.unheard - before.unheard,
                breaks: after.breaks - before.breaks,
                gaps: after.gaps - before.gaps,
            }
        };
        Self(before.iter().zip(after).enumerate().map(one).collect())
    }

    /// Events that a node's subscribers may not have, by what this node and the others say.
    fn lost(&self, node: usize) -> f64 {
        let others = self.0.iter().enumerate().filter(|(other, _)| *other != node);
        others.map(|(_, tally)| tally.unsent).sum::<f64>() + self.0[node].unheard
    }

    /// Whether a node did not hear for a time.
    fn was_away(&self, node: usize) -> bool {
        self.0[node].breaks > 0.0
    }

    /// Events lost, breaks, and gaps, on all nodes.
    pub(super) fn sums(&self) -> [f64; 3] {
        let sum = |of: fn(&Tally) -> f64| self.0.iter().map(of).sum();
        [sum(|tally| tally.unsent + tally.unheard), sum(|tally| tally.breaks), sum(|tally| tally.gaps)]
    }

    /// Whether all that was missed is counted.
    pub(super) fn is_enough(&self, missed: &[Missed]) -> bool {
        (0..NODES).all(|node| missed.iter().filter(|one| one.node == node).count() as f64 <= self.lost(node))
    }
}
