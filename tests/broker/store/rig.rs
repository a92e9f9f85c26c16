//! A journal with a database behind it, without anything before it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use saluran::config::{Database, Secret, Store};
use saluran::measurement::{Entry, Point, PointFilter};
use saluran::store::{Journal, Opened, Reader, Seq, Started, Unreadable, Unusable};
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::support::Postgres;

/// Time for the database to have everything.
const PATIENCE: Duration = Duration::from_secs(30);

const ROOM: u64 = 64 * 1024 * 1024;

/// Both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Embedded,
    Postgres,
}

/// Where databases come from.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) postgres: Option<Postgres>,
}

impl Place {
    pub(crate) async fn new(kind: Kind) -> Self {
        let postgres = match kind {
            Kind::Embedded => None,
            Kind::Postgres => Some(Postgres::start().await),
        };
        Self { postgres }
    }

    /// A store of its own, started.
    pub(crate) async fn rig(&self) -> Rig {
        let database = match &self.postgres {
            None => Database::Embedded,
            Some(postgres) => Database::Postgres(Secret::new(postgres.database().await)),
        };
        Rig::start(database)
    }
}

/// A journal and the database that follows it; the folder goes with it.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) config: Store,
    pub(crate) opened: Option<Opened>,
    kept: watch::Sender<Seq>,
    pub(crate) started: Option<Started>,
}

impl Rig {
    pub(crate) fn start(database: Database) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("saluran-store-{}-{number}", std::process::id()));
        let config = Store { folder, database, ..Store::default() };
        let (kept, _) = watch::channel(0);
        let mut rig = Self { config, opened: None, kept, started: None };
        rig.open();
        rig
    }

    /// Starts again what was ended.
    pub(crate) fn open(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let opened = loop {
            match Journal::open(&self.config.folder, ROOM) {
                // A program that another test starts holds all of this process's locks for a moment.
                Err(Unusable::Taken { .. }) if Instant::now() < deadline => std::thread::yield_now(),
                opened => break opened.expect("a usable folder"),
            }
        };
        let (kept, follows) = watch::channel(opened.journal.last());
        self.kept = kept;
        let started = saluran::store::start(&self.config, opened.state.clone(), follows).expect("a thread");
        self.opened = Some(opened);
        self.started = Some(started);
    }

    /// Ends in the midst of whatever goes on.
    pub(crate) fn kill(&mut self) {
        if let Some(started) = self.started.take() {
            started.thread.stop(Duration::ZERO);
        }
        self.opened = None;
    }

    pub(crate) fn keep(&mut self, entries: &[Entry]) {
        let opened = self.opened.as_mut().expect("an open journal");
        opened.journal.append(entries).expect("there is room");
        let state = Arc::make_mut(&mut opened.state);
        entries.iter().for_each(|entry| state.apply(entry));
        self.kept.send_replace(opened.journal.last());
    }

    pub(crate) fn last(&self) -> Seq {
        self.opened.as_ref().expect("an open journal").journal.last()
    }

    pub(crate) fn started(&self) -> &Started {
        self.started.as_ref().expect("a started store")
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.started().reader
    }

    /// Waits until the database has everything.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.reader().caught_up(self.last(), deadline).await {
                Ok(()) => return,
                Err(reason) => assert!(Instant::now() < deadline, "the database does not catch up: {reason}"),
            }
        }
    }

    /// Waits until the database is away; what it says.
    pub(crate) async fn away(&self) -> String {
        let mut progress = self.started().progress.clone();
        let away = progress.wait_for(|progress| progress.away.is_some());
        let progress = tokio::time::timeout(PATIENCE, away).await.expect("the database is away").expect("a writer");
        progress.away.as_deref().unwrap_or_default().to_owned()
    }

    /// All points of a filter.
    pub(crate) async fn read(&self, filter: PointFilter) -> Result<Vec<Point>, Unreadable> {
        let mut stream = self.reader().stream(filter).await?;
        let mut points = Vec::new();
        while let Some(page) = stream.next().await? {
            points.extend(page);
        }
        Ok(points)
    }

    /// A connection of somebody else's to the same database.
    pub(crate) async fn other(&self) -> AnyConnection {
        let url = match &self.config.database {
            Database::Embedded => format!("sqlite://{}", self.file().display()),
            Database::Postgres(url) => url.expose().to_owned(),
        };
        AnyConnection::connect(&url).await.expect("another connection")
    }

    /// Takes the embedded database away; a connection that still closes goes on with what is gone.
    pub(crate) fn remove_database(&self) {
        for file in ["saluran.db", "saluran.db-wal", "saluran.db-shm"] {
            drop(fs::remove_file(self.config.folder.join(file)));
        }
    }

    /// The embedded database.
    pub(crate) fn file(&self) -> PathBuf {
        self.config.folder.join("saluran.db")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.config.folder));
    }
}
