//! What all connections of a worker share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::time::Instant;

use crate::config::{Limits, Server};
use crate::hub::{ConnectionKey, Hub, Signals};
use crate::rules::{Apps, Current, Node};
use crate::telemetry::SocketMetrics;

use super::guarded::Requests;
use super::wheel::Wheel;

/// Bytes read from a socket at once.
pub(super) const SCRATCH: usize = 64 * 1024;

/// Connections told of a reload at once.
const SLICE: usize = 512;

/// One worker's surroundings of its connections; stays on its thread.
#[derive(Debug)]
pub struct Context {
    /// Who listens, and delivery.
    pub hub: Hub,
    /// The running apps.
    pub apps: Current,
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
    /// Counts reloads.
    generation: Cell<u32>,
    /// Connections that have not taken notice of the last reload yet.
    unaware: Cell<usize>,
}

impl Context {
    /// Makes a worker's surroundings; call on its thread.
    #[must_use]
    pub fn new(hub: Hub, apps: Current, node: Arc<Node>, server: Server, limits: Limits) -> Rc<Self> {
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
            generation: Cell::new(0),
            unaware: Cell::new(0),
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

    /// Puts `apps` in the place of those that run, and returns when every connection goes by them.
    ///
    /// One reload at a time: the caller waits for the last before it begins the next.
    pub async fn reload(&self, apps: Arc<Apps>) {
        self.apps.replace(apps);
        self.generation.update(|generation| generation.wrapping_add(1));
        let connections = self.hub.connections();
        self.unaware.set(connections.len());
        for connections in connections.chunks(SLICE) {
            for connection in connections {
                self.hub.signal(*connection, Signals::RELOADED);
            }
            tokio::task::yield_now().await;
        }
        while self.unaware.get() > 0 {
            tokio::task::yield_now().await;
        }
    }

    pub(super) const fn generation(&self) -> u32 {
        self.generation.get()
    }

    /// A connection goes by the rules of now, or has gone.
    pub(super) fn took_notice(&self, generation: &mut u32) {
        if *generation != self.generation.get() {
            *generation = self.generation.get();
            self.unaware.update(|count| count.saturating_sub(1));
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
