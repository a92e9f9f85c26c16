//! The gateway's listener and thread, from start to stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer, web};
use metrics_exporter_prometheus::PrometheusRecorder;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config;
use crate::contest::Contest;
use crate::socket::listen;
use crate::telemetry::GatewayMetrics;

use super::door;
use super::holder::holder;
use super::message::Kind;
use super::plug;
use super::point::RESULTS;
use super::shared::{Parts, Shared};

/// Connections at once: cameras, pages, spectators, and room for those that are half gone.
const CONNECTIONS: usize = 512;

/// Peers that may wait at the door.
const BACKLOG: u32 = 128;

/// Time for a request's head to arrive.
const HEAD: Duration = Duration::from_secs(5);

/// Time that an idle HTTP connection stays open.
const IDLE: Duration = Duration::from_secs(30);

/// Time for the thread to come up.
const START: Duration = Duration::from_secs(5);

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cameras cannot be listened to on {address}: {source}{}; choose another with SALURAN_GATEWAY_LISTEN", held(.holder))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The process that has its port, if one may know.
        holder: Option<String>,
        /// Why.
        source: io::Error,
    },
    /// The thread cannot be had.
    #[error("cannot start the cameras' thread: {0}")]
    Thread(#[from] io::Error),
}

fn held(holder: &Option<String>) -> String {
    holder.as_ref().map_or_else(String::new, |holder| format!(", {holder} has it"))
}

/// The running gateway. Dropping it ends it at once; [`stop`](Self::stop) is kinder.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    server: ServerHandle,
    leaving: watch::Sender<bool>,
    open: watch::Receiver<usize>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Gateway {
    /// Opens the listener and starts the thread; when this returns, cameras are let in.
    ///
    /// # Errors
    /// When the address or the thread cannot be had.
    pub fn start(
        address: SocketAddr,
        config: &config::Gateway,
        contest: Contest,
        recorder: &PrometheusRecorder,
    ) -> Result<Self, Error> {
        let refused = |source| {
            let holder = holder(address.port()).filter(|_| address.port() > 0);
            Error::Listen { address, holder, source }
        };
        let listener = listen(address, BACKLOG).map_err(refused)?;
        let address = listener.local_addr()?;
        let kinds = Kind::ALL.map(Kind::name);
        let metrics = metrics::with_local_recorder(recorder, || GatewayMetrics::new(&kinds, &RESULTS));
        let (leaving, left) = watch::channel(false);
        let (opened, open) = watch::channel(0);
        let parts = Parts {
            config: config.clone(),
            contest,
            metrics: Arc::new(metrics),
            clients: Arc::new(AtomicU64::new(0)),
            open: Arc::new(opened),
            leaving: left,
        };
        let (server, thread) = spawn(listener, parts)?;
        say_who_may_send(address, config);
        Ok(Self { address, server, leaving, open, thread: Some(thread) })
    }

    /// Its address, with its real port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells all clients to come back later, stops listening, and ends; takes `grace` twice at most.
    pub async fn stop(mut self, grace: Duration) {
        self.leaving.send_replace(true);
        drop(timeout(grace, self.open.wait_for(|open| *open == 0)).await);
        drop(timeout(grace, self.server.stop(false)).await);
        let Some(thread) = self.thread.take() else { return };
        let joined = tokio::task::spawn_blocking(move || thread.join());
        match timeout(grace, joined).await {
            Ok(Ok(Ok(Ok(())))) => {}
            Ok(ended) => tracing::error!(?ended, "the cameras' thread had ended by a fault of ours"),
            Err(_) => tracing::warn!("the cameras' thread did not end in time"),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.leaving.send_replace(true);
        // The command is on its way when this returns; nobody needs to wait for its answer.
        drop(self.server.stop(false));
    }
}

fn spawn(listener: TcpListener, parts: Parts) -> io::Result<(ServerHandle, JoinHandle<io::Result<()>>)> {
    let (ready, started) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("gateway".to_owned()).spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = serve(listener, parts)?;
            // Nobody waits for it when the start took too long; then the gateway ends with its handle.
            drop(ready.send(server.handle()));
            server.await
        })
    })?;
    match started.recv_timeout(START) {
        Ok(server) => Ok((server, thread)),
        Err(_) if thread.is_finished() => Err(ended(thread)),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

fn ended(thread: JoinHandle<io::Result<()>>) -> io::Error {
    match thread.join() {
        Ok(Err(error)) => error,
        Ok(Ok(())) | Err(_) => io::Error::other("it ended at once"),
    }
}

fn serve(listener: TcpListener, parts: Parts) -> io::Result<Server> {
    // One worker: 8 cameras and some tens of listeners are a few thousand small frames a second.
    let app = move || {
        let shared = Rc::new(Shared::new(parts.clone()));
        App::new().app_data(shared).default_service(web::to(door::enter))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .max_connections(CONNECTIONS)
        .keep_alive(IDLE)
        .client_request_timeout(HEAD)
        .on_connect(plug::connected)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

fn say_who_may_send(address: SocketAddr, config: &config::Gateway) {
    tracing::info!(%address, relay = config.relay, control = ?config.control, "WebSocket Server initialized");
    if config.keys.is_empty() {
        tracing::warn!("cameras need no keys: whoever is in the same network may send points");
    }
}
