//! What all connections of a worker share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::time::Instant;

use crate::config::{Limits, Server};
use crate::hub::{ConnectionKey, Hub, Signals};
use crate::rules::{Apps, Node};
use crate::telemetry::SocketMetrics;

use super::guarded::Requests;
use super::wheel::Wheel;

/// Bytes read from a socket at once.
pub(super) const SCRATCH: usize = 64 * 1024;

/// One worker's surroundings of its connections; stays on its thread.
#[derive(Debug)]
pub struct Context {
    /// Who listens, and delivery.
    pub hub: Hub,
    /// The running apps.
    pub apps: Arc<Apps>,
    /// The process as a whole.
    pub node: Arc<Node>,
    /// Listeners and times.
    pub server: Server,
    /// Bounds.
    pub limits: Limits,
    pub(super) metrics: SocketMetrics,
    pub(super) wheel: RefCell<Wheel>,
    /// Where reads land before they are parsed.
    pub(super) scratch: RefCell<BytesMut>,
    /// The time of the last tick: exact enough for liveness.
    pub(super) coarse_now: Cell<Instant>,
    /// HTTP requests without an answer.
    pub(super) requests: Requests,
    /// Refused connections that still wait for their peer's Close.
    pub(super) farewells: Cell<usize>,
}

impl Context {
    /// Makes a worker's surroundings; call on its thread.
    #[must_use]
    pub fn new(hub: Hub, apps: Arc<Apps>, node: Arc<Node>, server: Server, limits: Limits) -> Rc<Self> {
        let now = Instant::now();
        Rc::new(Self {
            hub,
            apps,
            node,
            server,
            limits,
            metrics: SocketMetrics::new(),
            wheel: RefCell::new(Wheel::new(now)),
            scratch: RefCell::new(BytesMut::with_capacity(SCRATCH)),
            coarse_now: Cell::new(now),
            requests: Requests::default(),
            farewells: Cell::new(0),
        })
    }

    /// Ticks for ever: wakes connections whose time has come, and lets the hub do what is due.
    ///
    /// Cancel-safe: between ticks it holds nothing.
    pub async fn tick(self: Rc<Self>) {
        let mut interval = tokio::time::interval(super::wheel::TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let now = interval.tick().await;
            self.coarse_now.set(now);
            let due = self.wheel.borrow_mut().advance(now);
            for connection in due {
                self.hub.signal(connection, Signals::TIMER);
            }
            self.hub.tick(now);
        }
    }

    /// Whether no connection is left, accepted or refused, and no request without an answer.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.hub.is_empty() && self.farewells.get() == 0 && self.requests.unanswered() == 0
    }

    pub(super) fn schedule(&self, connection: ConnectionKey, at: Instant) {
        self.wheel.borrow_mut().schedule(connection, at);
    }
}
