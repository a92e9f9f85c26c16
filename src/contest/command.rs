//! What the engine is asked.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::measurement::{
    Category, EndedBy, Frequency, Lane, Page, PointFilter, Reading, Run, RunId, Scope, Serial, State, Team,
};

use super::handle::{Accepted, Cleared, Origin};
use super::health::Lanes;
use super::refused::{NotDone, NotTaken};

/// Where an answer goes; whoever asked may have stopped waiting.
pub(super) type Reply<T> = oneshot::Sender<T>;

/// A wish, with where its answer goes.
#[derive(Debug)]
pub(super) enum Command {
    /// Count a point that its listener refused for this reason.
    TurnedAway(Lane, &'static str),
    /// Take all of these points or none; the number says which one was refused.
    Take(Vec<Reading>, Origin, Reply<Result<Vec<Accepted>, (usize, NotTaken)>>),
    /// A camera's connection is closed.
    Gone(u64),
    Start(Category, Frequency, Replace, Reply<Result<Run, NotDone>>),
    Stop(Option<RunId>, EndedBy, Reply<Result<Run, NotDone>>),
    Realtime(bool, Option<RunId>, Reply<Result<(), NotDone>>),
    Freeze(bool, Reply<Result<(), NotDone>>),
    Select(Category, Option<Frequency>, Reply<Result<(), NotDone>>),
    Rename(Vec<Team>, Reply<Result<(), NotDone>>),
    Clear(Scope, Reply<Result<Cleared, NotDone>>),
    Undo(i64, Reply<Result<u64, NotDone>>),
    State(Reply<Arc<State>>),
    Lanes(Reply<Lanes>),
    /// Points after a serial that are in memory.
    Recent(PointFilter, Serial, usize, Reply<Recent>),
    /// Publish something harmless on the session's channel.
    Probe(Reply<Result<(), NotDone>>),
}

/// Whether a run that goes on makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It does.
    Yes,
    /// It does not: the new one is refused.
    No,
}

/// Points in memory.
#[derive(Debug)]
pub(super) struct Recent {
    /// The first serial that is in memory; earlier ones are in the database only.
    pub(super) first: Serial,
    /// The entry that the database must have for its points to be shown right.
    pub(super) changed: u64,
    pub(super) page: Page,
}
