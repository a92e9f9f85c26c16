//! The contest's thread, from opening what was kept to saving what holds.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusRecorder;
use tokio::runtime;
use tokio::sync::{broadcast, mpsc, watch};

use crate::adapter;
use crate::config::{AdapterKind, Config};
use crate::hub::Remote;
use crate::rules::Apps;
use crate::store::{self, Journal, Opened, Started, StoreThread, Unstartable, Unusable};
use crate::telemetry::{self, ContestMetrics};

use super::clock::Clock;
use super::engine::Engine;
use super::handle::Contest;
use super::keeping::Keeping;
use super::lanes::Books;
use super::publisher::Publisher;
use super::recent::Recent;
use super::relays::Relays;
use super::shared;

/// Wishes that wait; whoever finds no room waits, and is refused after a time.
pub(super) const WISHES: usize = 1024;

/// Frames that a slow raw client may be behind; it misses the oldest.
pub(super) const FRAMES: usize = 1024;

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
    /// The nodes that share it cannot be joined.
    #[error(transparent)]
    Nodes(#[from] adapter::Error),
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
    /// How people know this node, where there are several.
    pub name: Box<str>,
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
    /// Opens what was kept, and goes on from there; with several nodes, when this one owns the contest.
    ///
    /// # Errors
    /// When the store's folder cannot be used.
    pub fn open(config: &Config, around: Surroundings) -> Result<(Self, ContestThread), Error> {
        if config.adapter.kind == AdapterKind::Redis {
            return shared::open(config, around);
        }
        let limit = u64::try_from(config.store.journal_bytes).unwrap_or(u64::MAX);
        let Opened { journal, state, points } = Journal::open(&config.store.folder, limit)?;
        let (kept, kept_so_far) = watch::channel(journal.last());
        let Started { reader, thread: store, progress } =
            store::start(&config.store, state.clone(), kept_so_far.clone())?;
        let clock = Clock::new();
        let relays = Relays::new(broadcast::channel(FRAMES).0, None);
        let (commands, wishes) = mpsc::channel(WISHES);
        let contest = Self {
            commands,
            relays: relays.clone(),
            reader,
            kept: kept_so_far,
            clock: clock.clone(),
            run: config.contest.run,
            role: None,
        };
        let recorder = around.recorder.clone();
        let settings = config.contest.clone();
        let make = move || Engine {
            changed: state.applied,
            recent: Recent::new(points, state.last_serial + 1),
            state,
            keeping: Keeping::Journal(journal),
            settings,
            clock,
            publisher: Publisher::new(around.remote, around.apps, None),
            books: Books::default(),
            kept,
            progress,
            relays,
            metrics: ContestMetrics::new(),
            is_full: false,
            reign: None,
            is_lost: false,
            told: None,
        };
        let (stop, stopped) = watch::channel(false);
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("contest".to_owned()).spawn(move || {
            let _recording = metrics::set_default_local_recorder(&*recorder);
            telemetry::describe();
            runtime.block_on(make().serve(wishes, stopped));
        })?;
        Ok((contest, ContestThread::new(stop, thread, store)))
    }
}

impl ContestThread {
    pub(super) const fn new(stop: watch::Sender<bool>, thread: JoinHandle<()>, store: StoreThread) -> Self {
        Self { stop, thread: Some(thread), store: Some(store) }
    }

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
