//! The thread of the database that several nodes share.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config;
use crate::store::Seq;
use crate::store::database::Database;
use crate::store::fault::Fault;
use crate::store::progress::Progress;
use crate::store::reader::Reader;
use crate::store::reading;
use crate::store::thread::{StoreThread, Unstartable};

use super::replica::{Follower, Replica};

/// The shared database, and how it is; cheap to clone.
#[derive(Clone)]
pub struct Shared {
    pub(super) database: Database,
    progress: Arc<watch::Sender<Progress>>,
}

impl std::fmt::Debug for Shared {
    /// Without the database, which knows a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("progress", &self.progress.borrow()).finish_non_exhaustive()
    }
}

/// Starts the thread that reads; never waits for the database.
///
/// # Errors
/// When the configuration or this machine does not allow it.
pub fn start(config: &config::Store) -> Result<(Shared, Reader, Replica, StoreThread), Unstartable> {
    let database = Database::shared(config).ok_or(Unstartable::Url)?;
    let (progress, followed) = watch::channel(Progress::default());
    let shared = Shared { database, progress: Arc::new(progress) };
    let (reader, requests) = Reader::new(followed);
    let (replica, questions) = Replica::new();
    let follower = Follower { shared: shared.clone(), questions };
    let pool_of = shared.database.clone();
    let thread = StoreThread::spawn(move |mut ending| async move {
        let reading = tokio::spawn(reading::serve(pool_of.readers(), requests));
        // Nothing waits to be written here.
        tokio::select! {
            () = follower.run() => {}
            _ = ending.wait_for(Option::is_some) => {}
        }
        reading.abort();
    })?;
    Ok((shared, reader, replica, thread))
}

impl Shared {
    /// How the database is.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// The database is there and has so much.
    pub(super) fn tell(&self, applied: Seq) {
        self.progress.send_if_modified(|progress| {
            let now = Progress { applied: applied.max(progress.applied), away: None, is_ready: true };
            if progress.away.is_some() {
                tracing::info!(applied, "the database is back");
            }
            let is_new = *progress != now;
            *progress = now;
            is_new
        });
    }

    pub(super) fn lose(&self, fault: &Fault) {
        let reason = fault.reason();
        self.progress.send_modify(|progress| {
            if progress.away.as_deref() != Some(&*reason) {
                tracing::warn!(reason, "the database is away; nothing can be kept meanwhile");
            }
            progress.away = Some(reason.into());
        });
    }
}

impl Database {
    /// The database of a configuration, for several nodes; `None` when it has no URL of one.
    fn shared(config: &config::Store) -> Option<Self> {
        match &config.database {
            config::Database::Embedded => None,
            config::Database::Postgres(_) => Some(Self::of(config, Path::new(""))?.bounded()),
        }
    }
}
