//! From a configuration to a running broker, and back.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use crate::config::Config;
use crate::error::Refusal;
use crate::hub::{Bounds, Settings, mailboxes};
use crate::rules::{Apps, Node};
use crate::socket::{Listener, farewell};
use crate::telemetry;

use super::descriptors;
use super::worker::{self, Setup};

/// Why a broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another program using it? Choose another with {setting}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A worker's thread or runtime cannot be had.
    #[error("cannot start worker {worker}: {source}; start fewer with SALURAN_SERVER_WORKERS")]
    Worker {
        /// Which.
        worker: usize,
        /// Why.
        source: io::Error,
    },
}

/// What workers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Running,
    /// Say goodbye to everybody, then end.
    Draining,
    /// End now.
    Stopped,
}

/// A running broker. Dropping it stops it at once; [`shutdown`](Self::shutdown) is kinder.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    node: Arc<Node>,
    stage: watch::Sender<Stage>,
    workers: Vec<JoinHandle<()>>,
}

impl Broker {
    /// Opens the listeners and starts the workers; when this returns, peers are let in.
    ///
    /// # Errors
    /// When an address or a thread cannot be had.
    pub fn start(config: Config) -> Result<Self, Error> {
        let workers = match config.server.workers {
            0 => thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let address = SocketAddr::new(config.server.host, config.server.port);
        let (address, listeners) = Listener::bind(address, workers, config.server.backlog)
            .map_err(|source| Error::Listen { address, setting: "SALURAN_SERVER_PORT", source })?;
        let (admin_address, mut admin) = match config.server.admin {
            Some(address) => Listener::bind(address, 1, config.server.backlog)
                .map(|(address, listeners)| (Some(address), listeners))
                .map_err(|source| Error::Listen { address, setting: "SALURAN_SERVER_ADMIN", source })?,
            None => (None, Vec::new()),
        };
        let capacity = descriptors::capacity();
        let node = Arc::new(Node::new(config.server.max_connections.unwrap_or(capacity)));
        let (recorder, prometheus) = telemetry::recorder();
        let recorder = Arc::new(recorder);
        let settings = settings(&config, workers);
        let page_key = config.apps.first().and_then(|app| app.credentials.first()).map(|pair| pair.key.clone());
        let apps = Arc::new(Apps::new(config.apps));
        let (stage, staged) = watch::channel(Stage::Running);
        let mut broker = Self { address, admin_address, node: node.clone(), stage, workers: Vec::new() };
        for (mailboxes, listener) in mailboxes(workers, config.limits.inbox_commands).into_iter().zip(listeners) {
            let setup = Setup {
                mailboxes,
                settings: settings.clone(),
                listener,
                admin: admin.pop(),
                apps: apps.clone(),
                node: node.clone(),
                server: config.server.clone(),
                limits: config.limits.clone(),
                recorder: recorder.clone(),
                prometheus: prometheus.clone(),
                page_key: page_key.clone(),
                stage: staged.clone(),
            };
            broker.workers.push(worker::spawn(broker.workers.len(), setup)?);
        }
        Ok(broker)
    }

    /// Address of the main listener, with its real port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address of the admin listener, if there is one, with its real port.
    #[must_use]
    pub const fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Stops listening, closes all connections with 4200, spread over the configured time, and ends.
    ///
    /// Takes at most that time and the configured wait for the last peers to answer.
    pub async fn shutdown(mut self) {
        self.node.drain();
        self.stage.send_replace(Stage::Draining);
        let workers = std::mem::take(&mut self.workers);
        let joined = tokio::task::spawn_blocking(move || workers.into_iter().map(JoinHandle::join).collect::<Vec<_>>());
        let panicked = joined.await.map_or(1, |results| results.iter().filter(|result| result.is_err()).count());
        if panicked > 0 {
            tracing::error!(panicked, "workers had ended by a fault of ours");
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stage.send_replace(Stage::Stopped);
    }
}

/// Each worker's share of the node's bounds.
fn settings(config: &Config, workers: usize) -> Settings {
    Settings {
        outbox: Bounds { bytes: config.limits.outbox_bytes, frames: config.limits.outbox_frames },
        cache_bytes: config.limits.cache_bytes / workers,
        busy_wait: config.limits.busy_wait,
        slow: farewell(&Refusal::SlowSubscriber).expect("a slow subscriber's connection ends"),
    }
}
