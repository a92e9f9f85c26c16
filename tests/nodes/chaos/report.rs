//! What is said of each thing that happened.

use std::time::Duration;

use super::plan::Fault;
use super::scene::Edges;

/// One thing that happened, and what became of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) fault: Fault,
    pub(super) sent: usize,
    pub(super) accepted: usize,
    pub(super) refused: usize,
    pub(super) heard: u64,
    /// Events that came again, or too late.
    pub(super) wrong: u64,
    /// Events that subscribers of a node did not get, once a node.
    pub(super) missed: usize,
    /// Those of them whose own node was killed with them.
    pub(super) under_way: usize,
    /// What the nodes counted.
    pub(super) counted: f64,
    pub(super) edges: Edges,
    /// From the end of it until all reached each other, and until all agreed.
    pub(super) recovery: [Duration; 2],
    pub(super) problems: Vec<String>,
}

const HEAD: &str = "fault                      sent accepted refused    heard wrong missed  lost* counted |  moves    added  removed wrong flaps | back s agree s";

pub(super) fn head() {
    say("");
    say(HEAD);
    say(&"-".repeat(HEAD.len()));
}

/// Prints a row, and what was wrong.
pub(super) fn row(number: usize, row: &Row) {
    let Row { sent, accepted, refused, heard, wrong, missed, under_way, counted, .. } = row;
    let Edges { added, removed, wrong: twice, flaps, moves } = row.edges;
    let [back, agree] = row.recovery.map(|time| time.as_secs_f64());
    say(&format!(
        "{number:3} {:20} {sent:7} {accepted:8} {refused:7} {heard:8} {wrong:5} {missed:6} {under_way:6} {counted:7} | \
         {moves:6} {added:8} {removed:8} {twice:5} {flaps:5} | {back:6.1} {agree:7.1}",
        row.fault.to_string(),
    ));
    for problem in &row.problems {
        say(&format!("      {problem}"));
    }
}

pub(super) fn foot(rows: usize, problems: usize) {
    say("* whose own node was killed with them; missed: once for each node whose subscribers did not get the event");
    say(&format!("{rows} faults, {problems} problems"));
}

#[expect(clippy::print_stdout, reason = "it is for people")]
pub(super) fn say(text: &str) {
    println!("{text}");
}
