//! One connection's life on its worker.
//!
//! A future written by hand, because ten thousand of them wait at any time: it holds the machine,
//! an incomplete frame if there is one, and nothing else.

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

use crate::error::{Answer, Refusal};
use crate::hub::{Busy, ConnectionKey, Joining, Publication, Signals, Waiting};
use crate::protocol::{Frame, outbound};
use crate::rules::{Permit, Seat};
use crate::telemetry;

use super::assembler::{Assembler, Incoming};
use super::context::{Context, SCRATCH};
use super::farewell::farewell;
use super::liveness::{Liveness, Patience, Verdict};
use super::machine::{Effect, Machine, SignedIn};
use super::wire::TcpWire;

/// Reads in one poll, so that one busy peer does not starve the others.
const READS: usize = 8;

/// An accepted connection; leaves all that it holds when dropped.
pub(super) struct Connection {
    context: Rc<Context>,
    key: ConnectionKey,
    reader: OwnedReadHalf,
    wire: Rc<TcpWire>,
    machine: Machine,
    assembler: Assembler,
    /// Bytes that are no whole frame yet, or wait until the connection is resumed.
    rest: BytesMut,
    phase: Phase,
    liveness: Liveness,
    /// When an unauthorized connection ends, where the app wants that.
    authorize_by: Option<Instant>,
    /// When to look at the clock next; earlier wake-ups of the wheel are in vain.
    check_at: Instant,
    waiting: Option<Waiting>,
    _permit: Permit,
    _seat: Seat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Reads nothing until a home has answered.
    Paused,
    /// Waits for the peer's Close frame.
    Closing { until: Instant },
    /// Nothing more to say or to hear once the outbox is empty.
    Ending { until: Instant },
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
        context.metrics.open.increment(1);
        context.metrics.opened.increment(1);
        let mut connection = Self {
            assembler: Assembler::new(context.limits.message_bytes),
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
            _permit: permit,
            _seat: seat,
        };
        connection.check_again(now);
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
        if signals.has(Signals::TIMER) && self.has_run_out(Instant::now()) {
            return Poll::Ready(());
        }
        if signals.has(Signals::RESUMED) || self.waiting.is_some() {
            self.poll_answers(task);
        }
        self.poll_flush(task);
        if self.has_ended() || self.poll_reads(task).is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Writes what waits, and registers for room in the socket where it does not fit.
    fn poll_flush(&self, task: &mut Task<'_>) {
        while !self.context.hub.flush(self.key) {
            if self.wire.stream().poll_write_ready(task).is_pending() {
                return;
            }
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ending { .. }) && self.context.hub.flush(self.key)
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
            self.poll_flush(task);
            if self.has_ended() {
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

    fn process_rest(&mut self) {
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

    fn receive(&mut self, text: &str) {
        self.context.metrics.messages.increment(1);
        match self.machine.receive(text, Instant::now()) {
            Effect::Nothing => {}
            Effect::Reply(frame) => self.context.hub.push(self.key, &frame),
            Effect::Join(joining) => self.join(joining),
            Effect::Leave(left) => self.context.hub.leave(self.key, left.channel, left.member, left.counts),
            Effect::SignIn(signed_in) => self.sign_in(signed_in),
            Effect::Publish(publication) => self.publish(publication),
            Effect::Refuse(refusal, channel) => self.refuse(&refusal, channel.as_deref()),
        }
    }

    fn join(&mut self, joining: Joining) {
        self.context.hub.join(self.key, joining);
        self.phase = Phase::Paused;
        if self.take_outcome() {
            self.phase = Phase::Open;
        }
    }

    /// Takes the home's answer to a subscription; whether it was there.
    fn take_outcome(&mut self) -> bool {
        let Some(outcome) = self.context.hub.take_outcome(self.key) else {
            return false;
        };
        if let Err((refusal, channel)) = self.machine.joined(outcome) {
            self.refuse(&refusal, Some(&channel));
        }
        true
    }

    fn sign_in(&mut self, signed_in: SignedIn) {
        let hub = &self.context.hub;
        if let Some(reply) = &signed_in.reply {
            hub.push(self.key, reply);
        }
        if let Some(refusal) = &signed_in.refusal {
            self.refuse(refusal, None);
        }
        let hub = &self.context.hub;
        if let Some(user) = signed_in.user {
            hub.sign_in(self.key, user);
        }
        hub.unwatch(self.key, signed_in.unwatch);
        if !signed_in.watch.is_empty() && hub.watch(self.key, signed_in.watch) {
            self.phase = Phase::Paused;
        }
    }

    fn publish(&mut self, publication: Publication) {
        self.context.metrics.client_events.increment(1);
        self.waiting = self.context.hub.publish_one(publication);
        if self.waiting.is_some() {
            self.phase = Phase::Paused;
        }
    }

    /// Takes the answer that a paused connection waits for, and goes on.
    fn poll_answers(&mut self, task: &mut Task<'_>) {
        if self.phase != Phase::Paused {
            return;
        }
        let is_answered = if let Some(waiting) = &mut self.waiting {
            let sent = waiting.as_mut().poll(task);
            if sent == Poll::Ready(Err(Busy)) {
                self.refuse(&Refusal::Overloaded, None);
            }
            sent.is_ready()
        } else if self.machine.is_joining() {
            self.take_outcome()
        } else {
            !self.context.hub.is_awaiting_states(self.key)
        };
        if is_answered {
            self.waiting = None;
            self.phase = Phase::Open;
            self.process_rest();
        }
    }

    /// Tells the peer no, and begins to close where the refusal says so.
    fn refuse(&mut self, refusal: &Refusal, failed_channel: Option<&str>) {
        let hub = &self.context.hub;
        match refusal.answer() {
            Answer::Error(code) => {
                telemetry::refused(code.unwrap_or_default());
                hub.push(self.key, &outbound::error(code, &refusal.to_string()));
                if let Some(channel) = failed_channel.filter(|channel| self.tells_failure(channel)) {
                    let (kind, status) = refusal.subscription_failure();
                    hub.push(self.key, &outbound::subscription_error(channel, kind, &refusal.to_string(), status));
                }
            }
            Answer::Close(code) => {
                telemetry::refused(code);
                if let Some(frames) = farewell(refusal) {
                    hub.close(self.key, &frames[..]);
                }
                self.begin_closing();
            }
            Answer::CloseSilently(code) => {
                telemetry::refused(code);
                hub.close(self.key, &[Frame::close(code, &refusal.to_string())]);
                self.begin_closing();
            }
            Answer::Status(_) => {}
        }
    }

    /// Java cannot digest the extra event on encrypted channels.
    fn tells_failure(&self, channel: &str) -> bool {
        self.machine.app().config.subscription_error && !channel.starts_with("private-encrypted-")
    }

    fn begin_closing(&mut self) {
        if matches!(self.phase, Phase::Open | Phase::Paused) {
            let until = Instant::now() + self.context.server.close_timeout;
            self.phase = Phase::Closing { until };
            self.check_at = until;
            self.context.schedule(self.key, until);
        }
    }

    /// The peer said Close: answer in kind, unless ours went first, and end when that is out.
    fn answer_close(&mut self, code: Option<u16>) {
        let answer = code.map_or_else(Frame::close_empty, |code| Frame::close(code, ""));
        self.context.hub.close(self.key, &[answer]);
        self.begin_closing();
        if let Phase::Closing { until } = self.phase {
            self.phase = Phase::Ending { until };
        }
    }

    /// Does what the clock says; whether the connection's time is over.
    fn has_run_out(&mut self, now: Instant) -> bool {
        if now < self.check_at {
            return false;
        }
        if let Phase::Closing { until } | Phase::Ending { until } = self.phase {
            if now >= until {
                return true;
            }
            self.check_again(until);
            return false;
        }
        if self.machine.is_authorized() {
            self.authorize_by = None;
        }
        if self.authorize_by.is_some_and(|by| now >= by) {
            self.refuse(&Refusal::NotAuthorizedInTime, None);
            return false;
        }
        let config = &self.machine.app().config;
        let patience = Patience { activity: config.activity_timeout, pong: config.pong_timeout };
        let next = match self.liveness.check(patience, now) {
            Verdict::Wait(at) => at,
            Verdict::Probe(at) => {
                self.context.hub.push(self.key, &Frame::ping());
                at
            }
            Verdict::Dead => {
                self.refuse(&Refusal::NoPong, None);
                return false;
            }
            Verdict::Inactive => {
                self.refuse(&Refusal::Inactive, None);
                return false;
            }
        };
        self.check_again(self.authorize_by.map_or(next, |by| by.min(next)));
        false
    }

    fn check_again(&mut self, at: Instant) {
        self.check_at = at;
        self.context.schedule(self.key, at);
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
        let hub = &self.context.hub;
        // A subscription may have been granted while the connection was closing.
        if let Some(Ok(())) = hub.take_outcome(self.key) {
            drop(self.machine.joined(Ok(())));
        }
        let (left, signed_in) = self.machine.take_all();
        for left in left {
            hub.leave(self.key, left.channel, left.member, left.counts);
        }
        if let Some(signed_in) = signed_in {
            hub.unwatch(self.key, signed_in.unwatch);
            if let Some(user) = signed_in.user {
                hub.sign_out(self.key, user);
            }
        }
        hub.remove(self.key);
        self.context.metrics.open.decrement(1);
    }
}
