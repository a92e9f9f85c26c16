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
    /// Those that nodes must have counted.
    pub(super) to_count: [u32; NODES],
    /// Those without an excuse.
    pub(super) problems: Vec<String>,
}

impl Verdict {
    pub(super) fn new(scene: &Scene, authors: &[Author], span: Span, missed: &[Missed]) -> Self {
        let mut verdict = Self { missed: missed.len(), ..Self::default() };
        for one in missed {
            let (author, channel) = one.stream;
            let (author_node, keeps) = (authors[author].node(), scene.channels[channel].keeps);
            match excuse(span, (author_node, keeps), one) {
                Some(Excuse::UnderWay) => verdict.under_way += 1,
                Some(Excuse::NotHeard | Excuse::Forgotten) => verdict.to_count[one.node] += 1,
                None => {
                    verdict.to_count[one.node] += 1;
                    let at = one.sent.at.saturating_duration_since(span.from).as_secs_f64();
                    let (node, number, name) = (one.node, one.number, &scene.channels[channel].name);
                    verdict.problems.push(format!(
                        "missed at node {node}: number {number} of author {author} at node {author_node} on {name}, \
                         {at:.3} s after it began"
                    ));
                }
            }
        }
        verdict
    }
}

/// Why an event may be missed, by the documentation.
fn excuse(span: Span, (author_node, keeps): (usize, Keeps), missed: &Missed) -> Option<Excuse> {
    let Span { fault, from, to } = span;
    let is_in_time = missed.sent.until >= from && missed.sent.at <= to + CATCHING_UP;
    let is_kept = keeps == Keeps::History;
    match fault {
        Fault::Kill { node, .. } => {
            (node == author_node && missed.sent.until + UNDER_WAY >= from).then_some(Excuse::UnderWay)
        }
        Fault::Empty { .. } | Fault::FailOver if is_kept => is_in_time.then_some(Excuse::Forgotten),
        _ => {
            let hears_not = fault.node().is_none_or(|node| node == missed.node);
            (!is_kept && is_in_time && hears_not).then_some(Excuse::NotHeard)
        }
    }
}

/// Events that each node counted as lost: those it could not send, and those it did not hear.
#[derive(Debug)]
pub(super) struct Counted(Vec<[f64; 2]>);

impl Counted {
    /// What was counted between two looks; a node that was killed began at 0.
    pub(super) fn new(fault: Fault, before: &[[f64; 2]], after: &[[f64; 2]]) -> Self {
        let killed = if let Fault::Kill { node, .. } = fault { Some(node) } else { None };
        let one = |(node, (before, after)): (usize, (&[f64; 2], &[f64; 2]))| {
            if killed == Some(node) { *after } else { [after[0] - before[0], after[1] - before[1]] }
        };
        Self(before.iter().zip(after).enumerate().map(one).collect())
    }

    /// Events that a node's subscribers may not have, by what this node and the others say.
    fn of(&self, node: usize) -> f64 {
        let others = self.0.iter().enumerate().filter(|(other, _)| *other != node);
        others.map(|(_, [unsent, _])| unsent).sum::<f64>() + self.0[node][1]
    }

    pub(super) fn sum(&self) -> f64 {
        self.0.iter().flatten().sum()
    }

    /// Nodes that counted less than their subscribers missed.
    pub(super) fn problems(&self, verdict: &Verdict) -> Vec<String> {
        let nodes = verdict.to_count.iter().enumerate();
        let silent = nodes.filter(|(node, missed)| f64::from(**missed) > self.of(*node));
        silent.map(|(node, missed)| format!("{missed} missed at node {node} and {} counted", self.of(node))).collect()
    }
}
