//! Calls: what goes out, and who waits for which answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use dashmap::DashMap;
use tokio::sync::{mpsc, oneshot, watch};

use crate::hub::far::Origin;

use super::message::Message;
use super::role::{Holding, Role};

/// Bytes of one message; more is refused.
const MESSAGE: usize = 4 << 20;

/// Bytes that wait to be sent.
const WAITING: usize = 32 << 20;

/// Calls that wait for their answers.
const CALLS: usize = 2048;

/// The way to the other nodes that may have the role; cheap to clone.
#[derive(Debug, Clone)]
pub struct Peers {
    pub(super) life: Origin,
    pub(super) messages: mpsc::Sender<Outgoing>,
    pub(super) role: watch::Receiver<Role>,
    pub(super) calls: Arc<Calls>,
    pub(super) gauge: Arc<Gauge>,
}

/// What comes from other nodes.
#[derive(Debug)]
pub enum Heard {
    /// One calls.
    Called(Called),
    /// One says something to all.
    Said(Bytes),
}

/// A call of another node.
#[derive(Debug)]
pub struct Called {
    /// Who calls.
    pub from: Origin,
    /// Its number for the answer; 0 when it waits for none.
    number: u64,
    /// What for.
    pub body: Bytes,
}

/// A message on its way out; nowhere in particular is to all.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) to: Option<Origin>,
    pub(super) bytes: Vec<u8>,
}

/// Bytes that wait.
#[derive(Debug, Default)]
pub(super) struct Gauge(AtomicUsize);

/// Who waits for which answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    last: AtomicU64,
    answers: DashMap<u64, oneshot::Sender<Bytes>, foldhash::fast::RandomState>,
}

impl Peers {
    /// This node, as the others call it.
    #[must_use]
    pub const fn life(&self) -> Origin {
        self.life
    }

    /// Who has the role, now and from now on.
    #[must_use]
    pub fn role(&self) -> watch::Receiver<Role> {
        self.role.clone()
    }

    /// Whether this node may act in it.
    #[must_use]
    pub fn holding(&self) -> Holding {
        Holding(self.role.clone())
    }

    /// Calls a node. The answer never comes when the call was refused or the way to it is lost: then whoever waits is
    /// told at once, and does not know whether the call was carried out.
    ///
    /// Calls to one node are carried out in their order. `None` when there is no way or no room.
    #[must_use]
    pub fn call(&self, to: Origin, body: &[u8]) -> Option<oneshot::Receiver<Bytes>> {
        let (number, answer) = self.calls.ask()?;
        let call = Message::Call { number, from: self.life, body: Bytes::copy_from_slice(body) };
        let is_sent = self.role.borrow().is_present && self.put(Some(to), &call);
        if !is_sent {
            self.calls.forget(number);
        }
        is_sent.then_some(answer)
    }

    /// Calls a node without waiting for an answer; whether there was room.
    pub fn notify(&self, to: Origin, body: &[u8]) -> bool {
        self.put(Some(to), &Message::Call { number: 0, from: self.life, body: Bytes::copy_from_slice(body) })
    }

    /// Says something to all others, in order; whether there was room.
    pub fn say(&self, body: &[u8]) -> bool {
        self.put(None, &Message::Said { from: self.life, body: Bytes::copy_from_slice(body) })
    }

    /// Answers a call; with nothing, says that no answer will come.
    pub fn answer(&self, called: &Called, body: Option<&[u8]>) {
        let number = called.number;
        if number == 0 {
            return;
        }
        let whole = body.filter(|body| body.len() < MESSAGE);
        let message = whole
            .map_or(Message::Refused { number }, |body| Message::Answer { number, body: Bytes::copy_from_slice(body) });
        // Without room whoever waits gives up by itself.
        self.put(Some(called.from), &message);
    }

    fn put(&self, to: Option<Origin>, message: &Message) -> bool {
        let bytes = message.write();
        let size = bytes.len();
        if size > MESSAGE + 64 || !self.gauge.admit(size) {
            return false;
        }
        let is_sent = self.messages.try_send(Outgoing { to, bytes }).is_ok();
        if !is_sent {
            self.gauge.release(size);
        }
        is_sent
    }
}

impl Called {
    pub(super) const fn new(from: Origin, number: u64, body: Bytes) -> Self {
        Self { from, number, body }
    }

    /// Whether it waits for an answer.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.number != 0
    }
}

impl Gauge {
    fn admit(&self, bytes: usize) -> bool {
        let all = self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if all > WAITING {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
        all <= WAITING
    }

    pub(super) fn release(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Calls {
    fn ask(&self) -> Option<(u64, oneshot::Receiver<Bytes>)> {
        if self.answers.len() >= CALLS {
            // Whoever has given up waits no more.
            self.answers.retain(|_, answer| !answer.is_closed());
            if self.answers.len() >= CALLS {
                return None;
            }
        }
        let (answer, answered) = oneshot::channel();
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.answers.insert(number, answer);
        Some((number, answered))
    }

    pub(super) fn answered(&self, number: u64, body: Bytes) {
        if let Some((_, answer)) = self.answers.remove(&number) {
            // Whoever called may have given up meanwhile.
            let _nobody_waits = answer.send(body);
        }
    }

    /// Whoever waits is told that no answer will come.
    pub(super) fn forget(&self, number: u64) {
        self.answers.remove(&number);
    }

    pub(super) fn forget_all(&self) {
        self.answers.clear();
    }
}
