//! What the contest, its store and its gateway are told.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::model::Secret;

/// The vibration contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Whether it runs here, in the first app's channels.
    pub enabled: bool,
    /// Whether points are taken before a judge has said so for the first time.
    pub realtime: bool,
    /// Length of a run.
    pub run: Duration,
    /// Time in which a clear can be undone.
    pub undo: Duration,
}

impl Default for Contest {
    fn default() -> Self {
        Self { enabled: false, realtime: false, run: Duration::from_secs(60), undo: Duration::from_secs(600) }
    }
}

/// Where the contest is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The folder of journal, snapshot and embedded database.
    pub folder: PathBuf,
    /// The database that follows the journal.
    pub database: Database,
    /// Bytes of the journal; with more to write, points are refused.
    pub journal_bytes: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self { folder: "data".into(), database: Database::Embedded, journal_bytes: 256 * 1024 * 1024 }
    }
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in the store's folder.
    Embedded,
    /// PostgreSQL, by a URL that may hold a password.
    Postgres(Secret),
}

/// The cameras' own listener; it runs where the contest does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Its address; `None` for no listener.
    pub listen: Option<SocketAddr>,
    /// A key for each lane, 1 to 8; empty for none.
    pub keys: Vec<Secret>,
    /// Who may start, stop and clear by the old paths.
    pub control: Control,
    /// Whether a simulator's own `new_data` and `session_*` count and are passed on.
    pub relay: bool,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8080)),
            keys: Vec::new(),
            control: Control::Loopback,
            relay: false,
        }
    }
}

/// Who may start, stop and clear by the old paths, which know no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Nobody.
    Off,
    /// Programs on this machine.
    Loopback,
    /// Whoever may send points.
    Anyone,
}
