//! The contest's thread, from opening what was kept to saving what holds.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusRecorder;
use tokio::runtime;
use tokio::sync::{broadcast, mpsc, watch};

use crate::config::Config;
use crate::hub::Remote;
use crate::rules::Apps;
use crate::store::{self, Journal, Opened, Started, StoreThread, Unstartable, Unusable};
use crate::telemetry::{self, ContestMetrics};

use super::clock::Clock;
use super::engine::Engine;
use super::handle::Contest;
use super::lanes::Books;
use super::publisher::Publisher;
use super::recent::Recent;

/// Wishes that wait; whoever finds no room waits, and is refused after a time.
const WISHES: usize = 1024;

/// Frames that a slow raw client may be behind; it misses the oldest.
const FRAMES: usize = 1024;

/// Time for the database to take in the rest; what it does not, it does after the next start.
const GRACE: Duration = Duration::from_secs(5);

/// Why the contest does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was kept cannot be read, or nothing can be kept.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The database cannot be had.
    #[error(transparent)]
    Store(#[from] Unstartable),
    /// No thread can be had.
    #[error("cannot start the contest's thread: {0}")]
    Thread(#[from] io::Error),
}

/// What the contest needs of the rest of the broker.
#[derive(Debug)]
pub struct Surroundings {
    /// The way to all workers.
    pub remote: Remote,
    /// The apps of this moment; the first one's channels are the contest's.
    pub apps: watch::Receiver<Arc<Apps>>,
    /// Where numbers go.
    pub recorder: Arc<PrometheusRecorder>,
}

/// The contest's threads; dropping this stops them, after what is kept is saved.
#[derive(Debug)]
pub struct ContestThread {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    /// Ends after the engine, so that it can take in what that has kept.
    store: Option<StoreThread>,
}

impl Contest {
    /// Opens what was kept, and goes on from there.
    ///
    /// # Errors
    /// When the store's folder cannot be used.
    pub fn open(config: &Config, around: Surroundings) -> Result<(Self, ContestThread), Error> {
        let limit = u64::try_from(config.store.journal_bytes).unwrap_or(u64::MAX);
        let Opened { journal, state, points } = Journal::open(&config.store.folder, limit)?;
        let (kept, kept_so_far) = watch::channel(journal.last());
        let Started { reader, thread: store, progress } =
            store::start(&config.store, state.clone(), kept_so_far.clone())?;
        let clock = Clock::new();
        let (relays, _) = broadcast::channel(FRAMES);
        let (commands, wishes) = mpsc::channel(WISHES);
        let contest = Self {
            commands,
            relays: relays.clone(),
            reader,
            kept: kept_so_far,
            clock: clock.clone(),
            run: config.contest.run,
        };
        let recorder = around.recorder.clone();
        let settings = config.contest.clone();
        let make = move || Engine {
            changed: state.applied,
            recent: Recent::new(points, state.last_serial + 1),
            state,
            journal,
            settings,
            clock,
            publisher: Publisher::new(around.remote, around.apps),
            books: Books::default(),
            kept,
            progress,
            relays,
            metrics: ContestMetrics::new(),
            is_full: false,
            told: None,
        };
        let (stop, stopped) = watch::channel(false);
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("contest".to_owned()).spawn(move || {
            let _recording = metrics::set_default_local_recorder(&*recorder);
            telemetry::describe();
            runtime.block_on(make().serve(wishes, stopped));
        })?;
        Ok((contest, ContestThread { stop, thread: Some(thread), store: Some(store) }))
    }
}

impl ContestThread {
    /// Ends the contest, and lets the database take in what was kept, as far as there is time.
    ///
    /// Waits for both, not much longer than the database's grace.
    pub fn stop(mut self) {
        self.end();
        if let Some(store) = self.store.take() {
            store.stop(GRACE);
        }
    }

    fn end(&mut self) {
        self.stop.send_replace(true);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the contest's thread had ended by a fault of ours");
        }
    }
}

impl Drop for ContestThread {
    fn drop(&mut self) {
        self.end();
    }
}
