//! The one who writes: follows the journal into the database, for ever.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::measurement::{Entry, State};

use super::apply::{apply, pass_over};
use super::database::Database;
use super::fault::Fault;
use super::progress::Progress;
use super::reconcile::{Source, reconcile, unreadable};
use super::{Follower, Seq};

/// Entries of one transaction.
const BATCH: usize = 1000;

/// Time in which entries gather, so that a disk is not synced for each of them.
const GATHERING: Duration = Duration::from_millis(20);

/// Time for a transaction; more where rows that were written long ago are to change.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_FOR_CLEARS: Duration = Duration::from_secs(600);

/// Waits between attempts: doubled each time, from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Time to take leave of the database.
const GOODBYE: Duration = Duration::from_secs(1);

/// Follows the journal. Its queue is the journal itself, which has a bound of its own.
pub(super) struct Writer {
    pub(super) database: Database,
    pub(super) folder: PathBuf,
    /// Which journal is followed.
    pub(super) journal: String,
    /// What held when the journal was opened.
    pub(super) state: Arc<State>,
    /// The last entry that is in the journal.
    pub(super) kept: watch::Receiver<Seq>,
    pub(super) progress: watch::Sender<Progress>,
    /// Until when to go on; `None` for ever.
    pub(super) ending: watch::Receiver<Option<Instant>>,
}

/// A connection, and where it stands.
struct Line {
    connection: AnyConnection,
    follower: Follower,
    applied: Seq,
}

impl Writer {
    /// Goes on until it is told to end, and has written what was kept by then or has no more time.
    pub(super) async fn run(mut self) {
        let mut ending = self.ending.clone();
        tokio::select! {
            () = self.follow() => {}
            () = out_of_time(&mut ending) => {}
        }
    }

    async fn follow(&mut self) {
        let mut is_first = true;
        let mut pause = PAUSES.0;
        loop {
            let before = self.progress.borrow().applied;
            let Err(fault) = self.write(&mut is_first).await else { return };
            self.lose(&fault);
            if self.progress.borrow().applied > before {
                pause = PAUSES.0;
            }
            if self.ending.borrow_and_update().is_some() {
                return;
            }
            let wait = pause.mul_f64(rand::rng().random_range(0.5..1.0));
            // Told to end, it tries once more.
            drop(timeout(wait, self.ending.changed()).await);
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Connects and writes; returns when it was told to end and everything is written.
    async fn write(&mut self, is_first: &mut bool) -> Result<(), Fault> {
        let mut connection = self.database.connect().await?;
        let source = Source { folder: &self.folder, id: &self.journal, state: &self.state, is_first: *is_first };
        let reconciling = reconcile(&mut connection, &source);
        let (applied, follower) = timeout(PATIENCE_FOR_CLEARS, reconciling).await.map_err(|_| late())??;
        *is_first = false;
        let mut line = Line { connection, follower, applied };
        self.tell(applied);
        while self.wait(line.applied).await {
            let room = usize::try_from(*self.kept.borrow() - line.applied).unwrap_or(BATCH).min(BATCH);
            let entries = line.follower.next(room).map_err(|error| unreadable(&error))?;
            line.write(&entries).await?;
            self.tell(line.applied);
        }
        // What is committed is committed; this is for the database's sake.
        drop(timeout(GOODBYE, line.connection.close()).await);
        Ok(())
    }

    /// Waits for entries to write; false when there are none and none shall be waited for.
    async fn wait(&mut self, applied: Seq) -> bool {
        loop {
            let behind = self.kept.borrow_and_update().saturating_sub(applied);
            let is_ending = self.ending.borrow_and_update().is_some();
            if behind >= BATCH as u64 || (behind > 0 && is_ending) {
                return true;
            }
            if behind > 0 {
                sleep(GATHERING).await;
                return true;
            }
            if is_ending {
                return false;
            }
            // Both may be asked again at any time; whoever told us either is gone when it fails.
            tokio::select! {
                kept = self.kept.changed() => if kept.is_err() { return false },
                ending = self.ending.changed() => if ending.is_err() { return false },
            }
        }
    }

    fn tell(&self, applied: Seq) {
        self.progress.send_modify(|progress| {
            if progress.away.is_some() {
                tracing::info!(applied, "the database is back");
            }
            *progress = Progress { applied, away: None, is_ready: true };
        });
    }

    fn lose(&self, fault: &Fault) {
        let reason = fault.reason();
        self.progress.send_modify(|progress| {
            if progress.away.as_deref() != Some(&*reason) {
                tracing::warn!(reason, "the database is away; changes wait in the journal");
            }
            progress.away = Some(reason.into());
        });
    }
}

impl Line {
    async fn write(&mut self, entries: &[(Seq, Entry)]) -> Result<(), Fault> {
        let Some((last, _)) = entries.last() else {
            return Err(Fault::away("the journal lacks entries that were kept"));
        };
        let is_about_old_rows = |(_, entry): &(Seq, Entry)| {
            matches!(entry, Entry::Cleared { .. } | Entry::Undone { .. } | Entry::Purged { .. })
        };
        let patience = if entries.iter().any(is_about_old_rows) { PATIENCE_FOR_CLEARS } else { PATIENCE };
        let writing = apply(&mut self.connection, self.applied, entries);
        match timeout(patience, writing).await.map_err(|_| late())? {
            Err(Fault::Content { .. }) => self.write_singly(entries, patience).await,
            Ok(()) => {
                self.applied = *last;
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    /// One by one, so that a refused entry costs itself and no other.
    async fn write_singly(&mut self, entries: &[(Seq, Entry)], patience: Duration) -> Result<(), Fault> {
        for entry in entries {
            let writing = apply(&mut self.connection, self.applied, std::slice::from_ref(entry));
            match timeout(patience, writing).await.map_err(|_| late())? {
                Err(Fault::Content { code }) => {
                    tracing::error!(seq = entry.0, code, "the database refused a change; it stands in passed_over");
                    let writing = pass_over(&mut self.connection, self.applied, entry, &code);
                    timeout(patience, writing).await.map_err(|_| late())??;
                }
                outcome => outcome?,
            }
            self.applied = entry.0;
        }
        Ok(())
    }
}

fn late() -> Fault {
    Fault::away("it does not answer in time")
}

/// Waits until the time is over in which to go on.
async fn out_of_time(ending: &mut watch::Receiver<Option<Instant>>) {
    let deadline = match ending.wait_for(Option::is_some).await {
        Ok(deadline) => *deadline,
        // Whoever could tell is gone.
        Err(_) => None,
    };
    tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)).await;
}
