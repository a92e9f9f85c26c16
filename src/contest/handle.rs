//! What can be asked of the contest.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::adapter::Role;
use crate::measurement::{
    Category, EndedBy, Frequency, Lane, Page, Point, PointFilter, Reading, Run, RunId, Scope, Serial, Sorting, State,
    Team,
};
use crate::store::{PointStream, Reader, Unreadable};

use super::clock::{Clock, Moment};
use super::command::{Command, Replace, Reply};
use super::health::{Lanes, Path};
use super::refused::{NotDone, NotTaken};
use super::relays::Relays;
use super::told::Relay;

/// Time for the engine to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Time for the database to catch up before somebody exports.
const CATCH_UP: Duration = Duration::from_secs(5);

/// The way to the contest; cheap to clone, for every thread.
///
/// Its queue is bounded: when it is full, whoever asks waits, and is refused after a time.
#[derive(Debug, Clone)]
pub struct Contest {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) relays: Relays,
    pub(super) reader: Reader,
    /// The last entry that is in the journal.
    pub(super) kept: watch::Receiver<u64>,
    pub(super) clock: Clock,
    /// Length of a run.
    pub(super) run: Duration,
    /// Who owns the contest, where several nodes share it.
    pub(super) role: Option<watch::Receiver<Role>>,
}

/// Which node owns the contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its name; `None` while no owner is known here.
    pub name: Option<Box<str>>,
    /// Whether it is this node.
    pub is_here: bool,
}

/// Where a point comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// How it came in.
    pub path: Path,
    /// The gateway's connection, if there is one.
    pub client: Option<u64>,
}

/// Whether a point belongs to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It does.
    Recording,
    /// No run goes on.
    Free,
}

/// A point that is safe: in the journal, on disk as far as a dying process is concerned, or in the database that
/// several nodes share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The point; `None` of a duplicate, whose first copy is safe already.
    pub point: Option<Point>,
    /// Its team.
    pub nama_tim: Box<str>,
    /// Whether it belongs to a run.
    pub mode: Mode,
    /// Whether it had come already; then nothing was done.
    pub is_duplicate: bool,
}

/// What a clear took out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// Its number, for undoing it.
    pub clear_id: i64,
    /// Points.
    pub points: u64,
    /// Statistics, one for each lane and run.
    pub statistics: u64,
    /// Runs that were stopped for it.
    pub sessions_stopped: u64,
    /// Until when it can be undone, unix milliseconds.
    pub until_ms: i64,
}

impl Contest {
    /// Takes a point by the one rule for all of them.
    ///
    /// When this returns, the point is in the journal and on its way to everybody who watches.
    ///
    /// # Errors
    /// Why it was not taken; then nothing was kept or published.
    pub async fn submit(&self, reading: Reading, origin: Origin) -> Result<Accepted, NotTaken> {
        let taken = self.submit_all(vec![reading], origin).await;
        taken.map_err(|(_, reason)| reason)?.pop().ok_or(NotTaken::Busy)
    }

    /// Takes all of these points, in order, or none.
    ///
    /// # Errors
    /// The number of the first that cannot be taken, from 0, and why.
    pub async fn submit_all(&self, readings: Vec<Reading>, origin: Origin) -> Result<Vec<Accepted>, (usize, NotTaken)> {
        self.ask(|reply| Command::Take(readings, origin, reply)).await.ok_or((0, NotTaken::Busy))?
    }

    /// Counts a point that a listener refused before the one rule saw it, for this word.
    pub fn turned_away(&self, lane: Lane, reason: &'static str) {
        // Whoever sends such points may send many: while there is no room they are not counted.
        drop(self.commands.try_send(Command::TurnedAway(lane, reason)));
    }

    /// Lets the contest know that a camera's connection is closed.
    pub async fn gone(&self, client: u64) {
        // Without room there is nothing lost but a number on a page.
        drop(timeout(PATIENCE, self.commands.send(Command::Gone(client))).await);
    }

    /// Begins a run.
    ///
    /// # Errors
    /// `Running` while another goes on and is not to be replaced.
    pub async fn start(&self, category: Category, frequency: Frequency, replace: Replace) -> Result<Run, NotDone> {
        self.ask(|reply| Command::Start(category, frequency, replace, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Ends a run: the one that goes on, or the one of this number.
    ///
    /// # Errors
    /// `NotRunning`, `UnknownRun`, or `Over` when there is nothing to end.
    pub async fn stop(&self, run: Option<RunId>, by: EndedBy) -> Result<Run, NotDone> {
        self.ask(|reply| Command::Stop(run, by, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Takes points from now on, or refuses them.
    ///
    /// # Errors
    /// When the change cannot be kept.
    pub async fn realtime(&self, enabled: bool, session: Option<RunId>) -> Result<(), NotDone> {
        self.ask(|reply| Command::Realtime(enabled, session, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Lets all pages stand still, or go on.
    ///
    /// # Errors
    /// When the change cannot be kept.
    pub async fn freeze(&self, frozen: bool) -> Result<(), NotDone> {
        self.ask(|reply| Command::Freeze(frozen, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Chooses what comes next.
    ///
    /// # Errors
    /// `Locked` while a run of another category goes on.
    pub async fn select(&self, category: Category, frequency: Option<Frequency>) -> Result<(), NotDone> {
        self.ask(|reply| Command::Select(category, frequency, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Gives some teams other names.
    ///
    /// # Errors
    /// When the change cannot be kept.
    pub async fn rename(&self, teams: Vec<Team>) -> Result<(), NotDone> {
        self.ask(|reply| Command::Rename(teams, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Puts points out of sight; a run that is meant and goes on is stopped first.
    ///
    /// # Errors
    /// `UnknownRun` when there is none of this number.
    pub async fn clear(&self, scope: Scope) -> Result<Cleared, NotDone> {
        self.ask(|reply| Command::Clear(scope, reply)).await.ok_or(NotDone::Busy)?
    }

    /// Brings the points of a clear back; how many.
    ///
    /// # Errors
    /// `Expired` when it is too late.
    pub async fn undo(&self, clear: i64) -> Result<u64, NotDone> {
        self.ask(|reply| Command::Undo(clear, reply)).await.ok_or(NotDone::Busy)?
    }

    /// What holds now.
    ///
    /// # Errors
    /// `Busy` when the engine does not answer.
    pub async fn state(&self) -> Result<Arc<State>, NotDone> {
        self.ask(Command::State).await.ok_or(NotDone::Busy)
    }

    /// How lanes and store are.
    ///
    /// # Errors
    /// `Busy` when the engine does not answer.
    pub async fn lanes(&self) -> Result<Lanes, NotDone> {
        self.ask(Command::Lanes).await.ok_or(NotDone::Busy)
    }

    /// Points after a serial, those in memory included; by arrival, whatever the filter says.
    ///
    /// # Errors
    /// `Unreadable` when older points are asked for and the database is away.
    pub async fn points(&self, filter: PointFilter, after: Serial, limit: usize) -> Result<Page, Unreadable> {
        let recent = self.ask(|reply| Command::Recent(filter.clone(), after, limit, reply)).await;
        let recent = recent.ok_or(Unreadable::Busy)?;
        if after + 1 >= recent.first {
            return Ok(recent.page);
        }
        // Cleared points must not come back because the database is late.
        self.reader.caught_up(recent.changed, Instant::now() + PATIENCE).await?;
        let filter = PointFilter { sorting: Sorting::Arrival, ..filter };
        let mut page = self.reader.page(filter, after, recent.first, limit).await?;
        if page.next.is_some() {
            return Ok(page);
        }
        let room = limit.saturating_sub(page.points.len());
        page.next = recent.page.next;
        if recent.page.points.len() > room {
            page.next = room.checked_sub(1).and_then(|last| recent.page.points.get(last)).map(|point| point.serial);
            page.next = page.next.or_else(|| page.points.last().map(|point| point.serial));
        }
        page.points.extend(recent.page.points.into_iter().take(room));
        Ok(page)
    }

    /// All points of a filter in its order, in pages, once the database has them all.
    ///
    /// # Errors
    /// `Behind` when it does not catch up in time; `Away` when it is not there.
    pub async fn export(&self, filter: PointFilter) -> Result<PointStream, Unreadable> {
        let kept = *self.kept.borrow();
        self.reader.caught_up(kept, Instant::now() + CATCH_UP).await?;
        self.reader.stream(filter).await
    }

    /// Tells raw clients something.
    pub fn relay(&self, text: Bytes, except: Option<u64>) {
        self.relays.send(text, except);
    }

    /// What raw clients are told from now on. A listener that is too slow misses the oldest.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Relay> {
        self.relays.listen()
    }

    /// Raw clients that listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.relays.listeners()
    }

    /// Publishes something harmless on the session's channel, through everything that a change goes through.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn probe(&self) -> Result<(), NotDone> {
        self.ask(Command::Probe).await.ok_or(NotDone::Busy)?
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn probe_database(&self) -> Result<(), Unreadable> {
        self.reader.probe().await
    }

    /// Which node owns the contest; `None` where this one is the only one.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        let role = self.role.as_ref()?.borrow();
        let is_here = role.until.is_some_and(|until| Instant::now() < until);
        let known = role.holder.as_ref().filter(|_| is_here || role.is_present);
        Some(Owner { name: known.map(|holder| holder.name.clone()), is_here })
    }

    /// This moment, by both clocks.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Length of a run.
    #[must_use]
    pub const fn run_length(&self) -> Duration {
        self.run
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        let (reply, answer) = oneshot::channel();
        timeout_at(deadline, self.commands.send(command(reply))).await.ok()?.ok()?;
        timeout_at(deadline, answer).await.ok()?.ok()
    }
}
