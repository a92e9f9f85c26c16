//! What is said of each thing that happened.

use std::time::Duration;

use super::ledger::Counts;
use super::plan::Fault;
use super::scene::Edges;

/// One thing that happened, and what became of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) fault: Fault,
    /// Events: sent, accepted, refused.
    pub(super) sums: [usize; 3],
    pub(super) counts: Counts,
    /// Events that subscribers of a node did not get, once a node.
    pub(super) missed: usize,
    /// Those of them whose own node was killed with them.
    pub(super) under_way: usize,
    /// What the nodes counted: events lost, breaks, gaps.
    pub(super) counted: [f64; 3],
    pub(super) edges: Edges,
    /// From the end of it until all reached each other, and until all agreed.
    pub(super) recovery: [Duration; 2],
    pub(super) problems: Vec<String>,
}

const HEAD: &str = "    what happened           sent accepted refused    heard wrong missed killed counted breaks gaps |  moves    added  \
                    removed wrong flaps | back s agree s";

const FOOT: &str = "\
missed   events that the subscribers of a node did not get, once for each node
killed   those of them that were under way at a node that was killed
wrong    events that came again or too late; members announced who were there, or said to go who were not
counted  events that the nodes say are lost; breaks: times that they lost the others; gaps: times that they looked
         something up because they had not heard it
flaps    times that a watcher was said to go who stayed: allowed when its node was silent for longer than its lease
back     seconds from its end until all nodes reached each other; agree: until they and all watchers had the same members";

pub(super) fn head() {
    say(&format!("\n{HEAD}\n{}", "-".repeat(HEAD.len())));
}

/// Prints a row, and what was wrong.
pub(super) fn row(number: usize, row: &Row) {
    let [sent, accepted, refused] = row.sums;
    let Counts { heard, twice, late } = row.counts;
    let Row { missed, under_way, .. } = row;
    let [counted, breaks, gaps] = row.counted;
    let Edges { added, removed, wrong, flaps, moves } = row.edges;
    let [back, agree] = row.recovery.map(|time| time.as_secs_f64());
    let (wrong_events, fault) = (twice + late, row.fault.to_string());
    say(&format!(
        "{number:3} {fault:19} {sent:8} {accepted:8} {refused:7} {heard:8} {wrong_events:5} {missed:6} {under_way:6} \
         {counted:7} {breaks:6} {gaps:4} | {moves:6} {added:8} {removed:8} {wrong:5} {flaps:5} | {back:6.1} {agree:7.1}"
    ));
    for problem in &row.problems {
        say(&format!("      ! {problem}"));
    }
}

pub(super) fn foot(rows: usize, problems: usize) {
    say(&format!("{FOOT}\n{rows} faults, {problems} problems"));
}

#[expect(clippy::print_stdout, reason = "it is for people")]
pub(super) fn say(text: &str) {
    println!("{text}");
}
