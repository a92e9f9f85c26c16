//! The thread that waits for the disk, so that nobody else has to.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};

use crate::measurement::State;
use crate::store::Seq;

use super::segment::Segment;
use super::snapshot;

/// Jobs that wait; one that finds no room is asked for again a second later.
const WAITING: usize = 4;

#[derive(Debug)]
enum Job {
    /// Make a file safe against a loss of power.
    Sync(File),
    /// Save a snapshot.
    Save(Arc<State>),
}

/// The thread; ends when dropped, after the jobs that it has.
#[derive(Debug)]
pub(super) struct Janitor {
    jobs: Option<SyncSender<Job>>,
    saved: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Janitor {
    /// `saved` is how far the snapshot goes that is there already.
    pub(super) fn start(folder: PathBuf, saved: Seq) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::sync_channel(WAITING);
        let saved = Arc::new(AtomicU64::new(saved));
        let mark = saved.clone();
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || {
            for job in waiting {
                match job {
                    Job::Sync(file) => complain("synced", file.sync_data()),
                    Job::Save(state) => {
                        let outcome = snapshot::save(&folder, &state);
                        if outcome.is_ok() {
                            mark.store(state.applied, Ordering::Release);
                        }
                        complain("snapshot", outcome);
                    }
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), saved, thread: Some(thread) })
    }

    /// How far the last snapshot goes.
    pub(super) fn saved(&self) -> Seq {
        self.saved.load(Ordering::Acquire)
    }

    pub(super) fn sync(&self, segment: &Segment) {
        match segment.file() {
            Ok(file) => self.ask(Job::Sync(file)),
            Err(error) => tracing::warn!(%error, "the journal could not be synced"),
        }
    }

    pub(super) fn save(&self, state: &Arc<State>) {
        self.ask(Job::Save(state.clone()));
    }

    /// Saves a last snapshot, and waits until everything is done.
    pub(super) fn finish(mut self, state: &Arc<State>) {
        if let Some(jobs) = self.jobs.take() {
            // The thread lives as long as there are jobs to come.
            drop(jobs.send(Job::Save(state.clone())));
        }
        self.join();
    }

    fn ask(&self, job: Job) {
        match self.jobs.as_ref().map(|jobs| jobs.try_send(job)) {
            Some(Ok(()) | Err(TrySendError::Full(_))) | None => {}
            Some(Err(TrySendError::Disconnected(_))) => tracing::error!("the journal's thread has ended"),
        }
    }

    fn join(&mut self) {
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the journal's thread had ended by a fault of ours");
        }
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        drop(self.jobs.take());
        self.join();
    }
}

fn complain(what: &'static str, outcome: io::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, what, "the journal's disk did not do its work");
    }
}
