//! What everybody at the gateway shares.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::HttpRequest;
use tokio::sync::{Semaphore, watch};

use crate::config;
use crate::contest::Contest;
use crate::telemetry::GatewayMetrics;

use super::initial::Initial;
use super::logbook::Logbook;

/// Large answers, of about 10 MB at most, that clients have not read yet.
const LARGE: usize = 8;

/// What crosses to the gateway's thread.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) config: config::Gateway,
    pub(super) contest: Contest,
    pub(super) metrics: Arc<GatewayMetrics>,
    /// The last connection's number.
    pub(super) clients: Arc<AtomicU64>,
    /// Open WebSockets.
    pub(super) open: Arc<watch::Sender<usize>>,
    /// Whether everybody is to leave.
    pub(super) leaving: watch::Receiver<bool>,
}

/// What all connections of the gateway's thread share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) parts: Parts,
    pub(super) logbook: RefCell<Logbook>,
    pub(super) initial: Initial,
    /// Who may have a large answer.
    pub(super) large: Arc<Semaphore>,
}

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts, logbook: RefCell::default(), initial: Initial::default(), large: Arc::new(Semaphore::new(LARGE)) }
    }

    pub(super) fn next_client(&self) -> u64 {
        self.parts.clients.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The state that the server gave this request.
pub(super) fn shared(request: &HttpRequest) -> Rc<Shared> {
    request.app_data::<Rc<Shared>>().cloned().expect("the server gives every request its state")
}

/// Counts a WebSocket for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted(Parts);

impl Counted {
    pub(super) fn new(parts: Parts) -> Self {
        parts.metrics.opened.increment(1);
        parts.metrics.open.increment(1.0);
        parts.open.send_modify(|open| *open += 1);
        Self(parts)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.open.decrement(1.0);
        self.0.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}
