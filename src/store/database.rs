//! The way to the database: SQLite in the folder, or PostgreSQL by a URL.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, SqlSafeStr as _};

use crate::config;

use super::fault::Fault;

/// Name of the embedded database in the folder.
const EMBEDDED: &str = "saluran.db";

/// Reads that go on at once.
pub(super) const READS: u32 = 4;

/// Time for a connection to come about; also for a read to get one.
const CONNECTING: Duration = Duration::from_secs(5);

/// What an SQLite connection is told. FULL, since the journal forgets what is committed: with NORMAL a loss of
/// power would take back commits whose entries are gone.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA journal_size_limit = 16777216;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;";

/// Nobody's lock is waited for longer than this; the connection is not lost by it.
const POSTGRES_WRITER: &str =
    "SET application_name = 'saluran'; SET lock_timeout = '5s'; SET client_min_messages = warning;";
const POSTGRES_READER: &str = "SET application_name = 'saluran'; SET statement_timeout = '10s'; \
    SET default_transaction_read_only = on;";

/// A node that was stopped in the middle of a transaction holds nobody up for longer than this.
const POSTGRES_BOUND: &str = " SET idle_in_transaction_session_timeout = '3s';";

const SCHEMA: &[(i64, &str, &str)] = &[
    (1, "contest", include_str!("migrations/0001_contest.sql")),
    (2, "shared", include_str!("migrations/0002_shared.sql")),
];

const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// A database, not connected. Knows a password: no `Debug`.
#[derive(Clone)]
pub(super) struct Database {
    options: AnyConnectOptions,
    writer: String,
    reader: &'static str,
}

impl Database {
    /// The database of a configuration; `None` when its URL is none.
    pub(super) fn of(config: &config::Store, folder: &Path) -> Option<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (url, writer, reader) = match &config.database {
            config::Database::Embedded => (sqlite_url(&folder.join(EMBEDDED)), SQLITE_WRITER, SQLITE_READER),
            config::Database::Postgres(url) => (url.expose().to_owned(), POSTGRES_WRITER, POSTGRES_READER),
        };
        let options: AnyConnectOptions = url.parse().ok()?;
        Some(Self { options: options.disable_statement_logging(), writer: writer.to_owned(), reader })
    }

    /// The writer's connection, to tables of this version.
    pub(super) async fn connect(&self) -> Result<AnyConnection, Fault> {
        let connecting = async {
            let mut connection = AnyConnection::connect_with(&self.options).await?;
            sqlx::raw_sql(AssertSqlSafe(&*self.writer)).execute(&mut connection).await?;
            migrator().run(&mut connection).await?;
            Ok(connection)
        };
        let late = |_| Fault::away("it does not answer in time");
        tokio::time::timeout(2 * CONNECTING, connecting).await.map_err(late)?
    }

    /// The same for several nodes, of which none may hold up the others.
    pub(super) fn bounded(mut self) -> Self {
        self.writer.push_str(POSTGRES_BOUND);
        self
    }

    /// The same with one more word to the writer's connection.
    #[cfg(test)]
    pub(super) fn telling(mut self, pragma: &str) -> Self {
        self.writer.push_str(pragma);
        self
    }

    /// Connections for those who read, made when they are needed.
    pub(super) fn readers(&self) -> AnyPool {
        let told = self.reader;
        AnyPoolOptions::new()
            .max_connections(READS)
            .acquire_timeout(CONNECTING)
            .after_connect(move |connection, _| {
                Box::pin(async move { sqlx::raw_sql(told).execute(connection).await.map(drop) })
            })
            .connect_lazy_with(self.options.clone())
    }
}

fn sqlite_url(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("sqlite://{}?mode=rwc", percent_encode(path.as_os_str().as_encoded_bytes(), PATH))
}

fn migrator() -> Migrator {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(SCHEMA.iter().map(migration).collect())
}
