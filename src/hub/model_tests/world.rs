//! Several workers on one thread, whose turns are taken when a test says so.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::Value;

use crate::hub::handle::{Hub, Newcomer};
use crate::hub::homes::HomeBounds;
use crate::hub::key::ConnectionKey;
use crate::hub::links::mailboxes;
use crate::hub::outbox::{Bounds, Flushed};
use crate::hub::slot::Signals;
use crate::hub::worker::{Settings, run};
use crate::protocol::SocketId;

use super::heard::messages;
use super::sample::{FakeWire, Flag, farewell};

/// Rounds after which workers that still wait for each other will do so for ever.
const ROUNDS: usize = 10_000;

/// Rounds without anything to do that tell a rest from a pause.
const QUIET: usize = 4;

/// What may wait for a connection.
pub(super) const BOUNDS: Bounds = Bounds { bytes: 1 << 20, frames: 1 << 12 };

/// A future that is polled only when it was woken, as a runtime would do.
pub(super) struct Task<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    flag: Arc<Flag>,
}

impl<T> Task<T> {
    pub(super) fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self { future: Box::pin(future), flag: Flag::raised() }
    }

    pub(super) fn poll(&mut self) -> Poll<T> {
        if !self.flag.take() {
            return Poll::Pending;
        }
        self.future.as_mut().poll(&mut Context::from_waker(&Waker::from(self.flag.clone())))
    }
}

/// How the workers are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) workers: usize,
    /// Places in each inbox.
    pub(super) capacity: usize,
    pub(super) busy_wait: Duration,
}

pub(super) struct World {
    pub(super) hubs: Vec<Hub>,
    turns: Vec<Task<()>>,
}

impl World {
    /// Call within a runtime whose clock stands still.
    pub(super) fn new(size: Size) -> Self {
        let settings = Settings {
            outbox: BOUNDS,
            homes: HomeBounds {
                cache_bytes: 1 << 20,
                event_ids: 1 << 10,
                retained_bytes: 1 << 24,
                history_bytes: 1 << 24,
            },
            busy_wait: size.busy_wait,
            slow: farewell("slow"),
            terminated: farewell("terminated"),
            revoked: farewell("revoked"),
            adapter: None,
        };
        let hubs: Vec<Hub> =
            mailboxes(size.workers, size.capacity).into_iter().map(|boxes| Hub::new(boxes, &settings)).collect();
        let turns = hubs.iter().map(|hub| Task::new(run(hub.clone()))).collect();
        Self { hubs, turns }
    }

    /// A worker takes its turn, if it was woken for one.
    pub(super) fn turn(&mut self, worker: usize) {
        let count = self.turns.len();
        assert!(self.turns[worker % count].poll().is_pending(), "a worker never ends");
    }

    /// Whether no worker has anything to do.
    pub(super) fn is_quiet(&self) -> bool {
        self.turns.iter().all(|turn| !turn.flag.is_up())
    }

    pub(super) async fn pass(milliseconds: u64) {
        tokio::time::advance(Duration::from_millis(milliseconds)).await;
    }
}

/// What a model adds to the workers: connections and publishers, with things to do of their own.
pub(super) trait Model {
    fn world(&mut self) -> &mut World;

    /// Does what may be done now; whether nobody waits for anything.
    fn attend(&mut self) -> bool;
}

/// Lets everything come to rest.
///
/// # Panics
/// When it never does.
pub(super) async fn settle(model: &mut impl Model) {
    let mut quiet = 0;
    for _ in 0..ROUNDS {
        for worker in 0..model.world().hubs.len() {
            model.world().turn(worker);
        }
        let is_idle = model.attend();
        World::pass(1).await;
        quiet = if is_idle && model.world().is_quiet() { quiet + 1 } else { 0 };
        if quiet == QUIET {
            return;
        }
    }
    panic!("somebody waits for ever");
}

/// Asks a worker something and lets all take their turns until it has answered.
pub(super) async fn ask<T>(world: &mut World, question: impl Future<Output = T> + 'static) -> T {
    let mut task = Task::new(question);
    for _ in 0..ROUNDS {
        if let Poll::Ready(answer) = task.poll() {
            return answer;
        }
        (0..world.hubs.len()).for_each(|worker| world.turn(worker));
        World::pass(1).await;
    }
    panic!("nobody answers");
}

/// A connection, as the hub sees it.
pub(super) struct Peer {
    pub(super) hub: Hub,
    pub(super) key: ConnectionKey,
    pub(super) socket_id: SocketId,
    pub(super) wire: Rc<FakeWire>,
    flag: Arc<Flag>,
    read: usize,
}

impl Peer {
    pub(super) fn connect(hub: &Hub, number: usize) -> Self {
        let wire = Rc::new(FakeWire::new(usize::MAX));
        let socket_id = SocketId::new(number as u64, 0, 0);
        let key = hub.insert(Newcomer { socket_id, is_java: false, wire: wire.clone() });
        Self { hub: hub.clone(), key, socket_id, wire, flag: Flag::raised(), read: 0 }
    }

    /// What happened, if its task was woken.
    pub(super) fn signals(&self) -> Signals {
        if !self.flag.take() {
            return Signals::default();
        }
        self.hub.take_signals(self.key, &Waker::from(self.flag.clone()))
    }

    /// What it heard since it was asked last.
    pub(super) fn listen(&mut self) -> Vec<Value> {
        assert_ne!(self.hub.flush(self.key), Flushed::Blocked);
        let written = self.wire.written.borrow();
        let bytes = &written[self.read..];
        self.read = written.len();
        messages(bytes)
    }
}

/// Runs a test in a runtime of its own, whose clock only a test moves.
pub(super) fn with_clock<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}
