//! One connection's life on its worker.
//!
//! A future written by hand, because ten thousand of them wait at any time: it holds the machine,
//! an incomplete frame if there is one, and nothing else. What it does for its machine stands in
//! `perform`, how it ends in `ending`.

use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll, ready};

use bytes::BytesMut;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::Instant;
use tokio_util::io::poll_read_buf;

use crate::error::Refusal;
use crate::hub::{ConnectionKey, Flushed, Signals, Waiting};
use crate::protocol::Frame;
use crate::rules::{Permit, Seat};

use super::assembler::{Assembler, Incoming};
use super::context::{Context, SCRATCH};
use super::liveness::Liveness;
use super::machine::Machine;
use super::wire::TcpWire;

/// Reads in one poll, so that one busy peer does not starve the others.
const READS: usize = 8;

/// An accepted connection; leaves all that it holds when dropped.
pub(super) struct Connection {
    pub(super) context: Rc<Context>,
    pub(super) key: ConnectionKey,
    pub(super) reader: OwnedReadHalf,
    pub(super) wire: Rc<TcpWire>,
    pub(super) machine: Machine,
    pub(super) assembler: Assembler,
    /// Bytes that are no whole frame yet, or wait until the connection is resumed.
    pub(super) rest: BytesMut,
    pub(super) phase: Phase,
    pub(super) liveness: Liveness,
    /// When an unauthorized connection ends, where the app wants that.
    pub(super) authorize_by: Option<Instant>,
    /// When to look at the clock next; earlier wake-ups of the wheel are in vain.
    pub(super) check_at: Instant,
    pub(super) waiting: Option<Waiting>,
    /// Retained events that waited for its wire when the clock was looked at last.
    pub(super) greeting_left: Option<usize>,
    /// The reload that it has taken notice of.
    pub(super) generation: u32,
    _permit: Permit,
    _seat: Seat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Reads nothing until a home has answered.
    Paused,
    /// Waits for the peer's Close frame.
    Closing {
        until: Instant,
    },
    /// Nothing more to say or to hear once the outbox is empty.
    Ending {
        until: Instant,
    },
}

/// What a connection begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) key: ConnectionKey,
    pub(super) reader: OwnedReadHalf,
    pub(super) wire: Rc<TcpWire>,
    pub(super) machine: Machine,
    pub(super) protocol: u8,
    /// What the peer sent right behind its handshake.
    pub(super) early: BytesMut,
    pub(super) permit: Permit,
    pub(super) seat: Seat,
}

impl Connection {
    pub(super) fn new(context: Rc<Context>, beginning: Beginning) -> Self {
        let Beginning { key, reader, wire, machine, protocol, early, permit, seat } = beginning;
        let now = Instant::now();
        let config = &machine.app().config;
        let authorize_by = config.authorized_connections.then(|| now + config.authorization_timeout);
        let silent_at = now + config.activity_timeout;
        context.metrics.open.increment(1);
        context.metrics.opened.increment(1);
        let mut connection = Self {
            assembler: Assembler::new(context.limits.message_bytes),
            generation: context.generation(),
            context,
            key,
            reader,
            wire,
            machine,
            rest: early,
            phase: Phase::Open,
            liveness: Liveness::new(protocol, now),
            authorize_by,
            check_at: now,
            waiting: None,
            greeting_left: None,
            _permit: permit,
            _seat: seat,
        };
        connection.check_again(authorize_by.map_or(silent_at, |by| by.min(silent_at)));
        connection.process_rest();
        connection
    }

    /// Looks after everything that happened; ready when the connection has ended.
    fn advance(&mut self, task: &mut Task<'_>) -> Poll<()> {
        let signals = self.context.hub.take_signals(self.key, task.waker());
        if signals.has(Signals::BROKEN) {
            return Poll::Ready(());
        }
        if signals.has(Signals::CLOSED) {
            self.begin_closing();
        }
        if signals.has(Signals::RELOADED) {
            self.reload();
        }
        if signals.has(Signals::LETTER) {
            self.take_letters();
        }
        if signals.has(Signals::TIMER) && self.has_run_out(Instant::now()) {
            return Poll::Ready(());
        }
        if signals.has(Signals::RESUMED) || self.waiting.is_some() {
            self.poll_answers(task);
        }
        if self.poll_flush(task).is_ready() || self.poll_reads(task).is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Writes what waits, and registers for room in the socket where it does not fit; ready when
    /// the connection has ended: its wire is gone, or the last word is out.
    fn poll_flush(&self, task: &mut Task<'_>) -> Poll<()> {
        loop {
            match self.context.hub.flush(self.key) {
                Flushed::All if matches!(self.phase, Phase::Ending { .. }) => return Poll::Ready(()),
                Flushed::All => return Poll::Pending,
                Flushed::Partly => {
                    // Others come in between.
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                // An error shows up in the next write.
                Flushed::Blocked => drop(ready!(self.wire.stream().poll_write_ready(task))),
                Flushed::Broken => return Poll::Ready(()),
            }
        }
    }

    /// Reads as long as there is something; ready when the peer has gone.
    fn poll_reads(&mut self, task: &mut Task<'_>) -> Poll<()> {
        for _ in 0..READS {
            if self.phase == Phase::Paused {
                return Poll::Pending;
            }
            match ready!(self.poll_read(task)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => self.liveness.heard(self.context.coarse_now.get()),
            }
            if self.poll_flush(task).is_ready() {
                return Poll::Ready(());
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads once and handles what came; bytes read.
    fn poll_read(&mut self, task: &mut Task<'_>) -> Poll<io::Result<usize>> {
        // A connection in the middle of a frame reads on behind it, all others share one buffer.
        if !self.rest.is_empty() {
            let mut buffer = mem::take(&mut self.rest);
            buffer.reserve(SCRATCH);
            let read = poll_read_buf(Pin::new(&mut self.reader), task, &mut buffer);
            self.process(&mut buffer);
            self.rest = buffer;
            self.shrink();
            return read;
        }
        let mut scratch = mem::take(&mut *self.context.scratch.borrow_mut());
        scratch.reserve(SCRATCH);
        let read = poll_read_buf(Pin::new(&mut self.reader), task, &mut scratch);
        self.process(&mut scratch);
        if !scratch.is_empty() {
            self.rest = BytesMut::from(&scratch[..]);
            scratch.clear();
        }
        *self.context.scratch.borrow_mut() = scratch;
        read
    }

    pub(super) fn process_rest(&mut self) {
        let mut buffer = mem::take(&mut self.rest);
        self.process(&mut buffer);
        self.rest = buffer;
        self.shrink();
    }

    /// Gives back a buffer that holds little or nothing.
    fn shrink(&mut self) {
        if self.rest.is_empty() {
            self.rest = BytesMut::new();
        } else if self.rest.capacity() > SCRATCH && self.rest.len() < SCRATCH / 2 {
            self.rest = BytesMut::from(&self.rest[..]);
        }
    }

    /// Handles the whole messages in `buffer`, until there is none or the connection pauses.
    fn process(&mut self, buffer: &mut BytesMut) {
        if !buffer.is_empty() {
            self.context.hub.listen();
            // Whoever was told of a grant may rely on it in the next message.
            self.take_letters();
        }
        while matches!(self.phase, Phase::Open | Phase::Closing { .. }) && !buffer.is_empty() {
            match self.assembler.next(buffer) {
                Ok(None) => return,
                Ok(Some(Incoming::Close(code))) => self.answer_close(code),
                // We have said our last word and wait for the peer's.
                Ok(Some(_)) if self.phase != Phase::Open => {}
                Ok(Some(Incoming::Text(text))) => match std::str::from_utf8(&text) {
                    Ok(text) => self.receive(text),
                    Err(_) => self.refuse(&Refusal::NotText, None),
                },
                Ok(Some(Incoming::Ping(payload))) => self.context.hub.push(self.key, &Frame::pong(&payload)),
                Ok(Some(Incoming::Pong)) => {}
                Err(refusal) if self.phase == Phase::Open => {
                    self.refuse(&refusal, None);
                    // Nothing that follows can be read: what is not a frame has no Close frame either.
                    buffer.clear();
                }
                Err(_) => buffer.clear(),
            }
        }
        if matches!(self.phase, Phase::Ending { .. }) {
            buffer.clear();
        }
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        self.get_mut().advance(task)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        tracing::debug!(connection = ?self.key, "connection ended");
        // First the slot: a subscription granted after this comes back to the hub, which gives it up.
        self.take_granted();
        self.context.hub.remove(self.key);
        self.release();
        self.context.took_notice(&mut self.generation);
        self.context.metrics.open.decrement(1);
    }
}
