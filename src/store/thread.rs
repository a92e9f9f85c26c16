//! The thread of the database, so that nobody else waits for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config;
use crate::measurement::State;

use super::Seq;
use super::database::Database;
use super::progress::Progress;
use super::reader::Reader;
use super::reading;
use super::writer::Writer;

/// Time that is left to a store that is dropped without a word.
const ABANDONED: Duration = Duration::from_secs(1);

/// Time for the thread to end after it should have, before it is left to itself.
const JOINING: Duration = Duration::from_secs(3);

/// Why the database's thread cannot start; a database that is away is no reason.
#[derive(Debug, thiserror::Error)]
pub enum Unstartable {
    /// The URL is none.
    #[error("store.database is no URL of a PostgreSQL database, as postgres://user:password@host/name is")]
    Url,
    /// The journal has no mark by which the database knows it, and it cannot be made.
    #[error("{} cannot be written: {source}", .path.display())]
    Mark {
        /// The mark's file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no thread to be had.
    #[error("no thread for the database: {0}")]
    Thread(#[source] io::Error),
}

/// The store's database, started.
#[derive(Debug)]
pub struct Started {
    /// The way to it.
    pub reader: Reader,
    /// Its thread.
    pub thread: StoreThread,
    /// How far it follows.
    pub progress: watch::Receiver<Progress>,
}

/// The thread; ends when it is stopped or dropped.
#[derive(Debug)]
pub struct StoreThread {
    ending: watch::Sender<Option<Instant>>,
    /// Closed when the thread has done all it does.
    done: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the database's thread on a journal that is open; never waits for the database.
///
/// `state` is what held when the journal was opened, `kept` the last entry that is in it.
///
/// # Errors
/// When the configuration or this machine does not allow it.
pub fn start(config: &config::Store, state: Arc<State>, kept: watch::Receiver<Seq>) -> Result<Started, Unstartable> {
    let folder = config.folder.clone();
    let database = Database::of(config, &folder).ok_or(Unstartable::Url)?;
    let journal = mark(&folder)?;
    let (progress, followed) = watch::channel(Progress::default());
    let (reader, requests) = Reader::new(followed.clone());
    let pool_of = database.clone();
    let thread = StoreThread::spawn(move |until| async move {
        let writer = Writer { database, folder, journal, state, kept, progress, ending: until };
        let reading = tokio::spawn(reading::serve(pool_of.readers(), requests));
        writer.run().await;
        reading.abort();
    })?;
    Ok(Started { reader, thread, progress: followed })
}

impl StoreThread {
    /// A thread that does this; it hears until when to go on.
    pub(super) fn spawn<F: Future<Output = ()>>(
        work: impl FnOnce(watch::Receiver<Option<Instant>>) -> F + Send + 'static,
    ) -> Result<Self, Unstartable> {
        let (ending, until) = watch::channel(None);
        let (finished, done) = mpsc::channel();
        let run = move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(%error, "the database's thread could not start"),
            };
            runtime.block_on(work(until));
            runtime.shutdown_timeout(ABANDONED);
            drop(finished);
        };
        let thread = thread::Builder::new().name("store".to_owned()).spawn(run).map_err(Unstartable::Thread)?;
        Ok(Self { ending, done, thread: Some(thread) })
    }

    /// Writes what is kept, as far as there is time, and ends. Waits for it, not much longer than `grace`.
    pub fn stop(mut self, grace: Duration) {
        self.end(grace);
    }

    fn end(&mut self, grace: Duration) {
        let Some(thread) = self.thread.take() else { return };
        self.ending.send_replace(Some(Instant::now() + grace));
        match self.done.recv_timeout(grace + JOINING) {
            Err(RecvTimeoutError::Timeout) => tracing::warn!("the database's thread did not end in time"),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                if thread.join().is_err() {
                    tracing::error!("the database's thread had ended by a fault of ours");
                }
            }
        }
    }
}

impl Drop for StoreThread {
    fn drop(&mut self) {
        self.end(ABANDONED);
    }
}

/// The mark by which a database knows its journal again; made with the journal, and gone with it.
fn mark(folder: &Path) -> Result<String, Unstartable> {
    let path = folder.join("journal").join("id");
    let failed = |source| Unstartable::Mark { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(id) if !id.trim().is_empty() => Ok(id.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
        Ok(_) | Err(_) => {
            let id = format!("{:032x}", rand::random::<u128>());
            fs::write(&path, &id).map_err(failed)?;
            Ok(id)
        }
    }
}
