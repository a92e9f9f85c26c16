//! What the adapter is told: how this node meets the other ones.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::model::Secret;

/// How this node meets the other ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// What is between the nodes.
    pub kind: AdapterKind,
    /// Servers to ask first; with Sentinel, the sentinels. At least one for [`AdapterKind::Redis`].
    pub servers: Vec<RedisServer>,
    /// How Redis is set up.
    pub mode: RedisMode,
    /// Whether every connection is encrypted, those to sentinels too.
    pub tls: bool,
    /// Certificates (PEM) that the servers' are checked with; `None` for those of the system.
    pub tls_ca: Option<PathBuf>,
    /// The ACL user; `None` for Redis' own default one.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<Secret>,
    /// The sentinels' own ACL user.
    pub sentinel_username: Option<String>,
    /// The password that the sentinels themselves ask for.
    pub sentinel_password: Option<Secret>,
    /// Number of the database; 0 in a Cluster.
    pub database: i64,
    /// What keys and topics begin with; it has no braces.
    pub prefix: String,
    /// Time for a connection to be made.
    pub connect_timeout: Duration,
    /// Time for Redis to answer; then the connection is given up.
    pub command_timeout: Duration,
    /// Silence after which the others count this node as gone; at least three times `command_timeout`.
    pub lease: Duration,
    /// Bytes that wait while Redis is away.
    pub queue_bytes: usize,
    /// Events that wait while Redis is away.
    pub queue_events: usize,
}

impl Default for Adapter {
    fn default() -> Self {
        Self {
            kind: AdapterKind::Local,
            servers: Vec::new(),
            mode: RedisMode::Standalone,
            tls: false,
            tls_ca: None,
            username: None,
            password: None,
            sentinel_username: None,
            sentinel_password: None,
            database: 0,
            prefix: "saluran".to_owned(),
            connect_timeout: Duration::from_secs(2),
            command_timeout: Duration::from_secs(2),
            lease: Duration::from_secs(10),
            queue_bytes: 64 * 1024 * 1024,
            queue_events: 100_000,
        }
    }
}

/// What is between the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterKind {
    /// Nothing: this node is the only one.
    Local,
    /// Redis.
    Redis,
}

/// How Redis is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisMode {
    /// One server.
    Standalone,
    /// Sentinels that know which server is the master.
    Sentinel {
        /// The name that they have for it.
        master: String,
    },
    /// A Cluster, with sharded pub/sub.
    Cluster,
}

impl fmt::Display for RedisMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standalone => f.write_str("standalone"),
            Self::Sentinel { master } => write!(f, "sentinel for {master}"),
            Self::Cluster => f.write_str("cluster"),
        }
    }
}

/// A server's address, displayed as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisServer {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}
