//! One subscriber's WebSocket: from connecting to subscribed, and what it hears from then on.

use std::io::{ErrorKind, Read, Write};
use std::mem;

use mio::event::Event;
use mio::net::TcpStream;

use super::seat::Seat;
use crate::clock::{self, Nanos};
use crate::wire::account::{self, Account};
use crate::wire::frame::{self, CLIENT_MASK, Frame};
use crate::wire::{http, scan};

/// Takes what subscribed connections hear. `link` may answer.
pub(crate) trait Ears {
    /// A text frame came, read from the socket at `now`.
    fn hear(&mut self, link: &mut Link, text: &[u8], now: Nanos);
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Waits for TCP.
    Opening,
    /// Has asked for a WebSocket.
    Upgrading,
    /// Waits for `pusher:connection_established`.
    Greeting,
    /// Has asked to subscribe.
    Joining,
    Joined,
    /// Has unsubscribed.
    Away,
    Closed,
}

/// A connection, edge-triggered: a readable socket is read until it has no more.
#[derive(Debug)]
pub(crate) struct Link {
    /// Its place among the connections.
    pub(crate) index: usize,
    pub(crate) seat: Seat,
    pub(crate) phase: Phase,
    /// Leaves what comes in the kernel.
    pub(crate) deaf: bool,
    /// Code of the server's close frame.
    pub(crate) close_code: Option<u16>,
    /// What the server said when it refused.
    pub(crate) refusal: Option<String>,
    stream: TcpStream,
    socket_id: Vec<u8>,
    /// An incomplete frame or head.
    input: Vec<u8>,
    /// What the kernel did not take yet.
    output: Vec<u8>,
}

/// What reading needs besides the connection.
pub(super) struct Context<'a, E> {
    pub(super) buffer: &'a mut [u8],
    pub(super) account: &'a Account,
    pub(super) ears: &'a mut E,
}

impl Link {
    /// A connection that `stream` has begun to open.
    pub(super) fn new(index: usize, seat: Seat, stream: TcpStream) -> Self {
        Self {
            index,
            seat,
            phase: Phase::Opening,
            deaf: false,
            close_code: None,
            refusal: None,
            stream,
            socket_id: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
        }
    }

    /// Whether the connection has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether the connection has asked to subscribe and has no answer yet.
    pub(crate) fn is_joining(&self) -> bool {
        self.phase == Phase::Joining
    }

    /// Sends a text frame.
    pub(crate) fn send(&mut self, text: &str) {
        self.send_frame(frame::TEXT, text.as_bytes());
    }

    /// Unsubscribes.
    pub(crate) fn leave(&mut self) {
        self.phase = Phase::Away;
        self.send(&self.seat.unsubscribe());
    }

    /// Subscribes, at first or again.
    pub(crate) fn join(&mut self, account: &Account) {
        self.phase = Phase::Joining;
        let text = self.seat.subscribe(&self.socket_id, account);
        self.send(&text);
    }

    /// Does what the socket is ready for.
    pub(super) fn ready<E: Ears>(&mut self, event: &Event, context: &mut Context<'_, E>) {
        if event.is_writable() && self.phase != Phase::Closed {
            self.writable();
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read(event.is_read_closed(), context);
        }
    }

    /// Reads until a read is short; `to_the_end` reads on, as nothing will announce the end any more.
    pub(super) fn read<E: Ears>(&mut self, to_the_end: bool, context: &mut Context<'_, E>) {
        while !self.deaf && self.phase != Phase::Closed {
            match self.stream.read(context.buffer) {
                Ok(0) => self.phase = Phase::Closed,
                Ok(count) => {
                    let now = clock::now();
                    let Context { buffer, account, ears } = context;
                    self.take(buffer.get(..count).unwrap_or_default(), account, &mut **ears, now);
                    if count < buffer.len() && !to_the_end {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.phase = Phase::Closed,
            }
        }
    }

    fn writable(&mut self) {
        if self.phase != Phase::Opening {
            let waiting = mem::take(&mut self.output);
            self.write(&waiting);
        } else if let Ok(Some(error)) | Err(error) = self.stream.take_error() {
            self.refusal = Some(error.to_string());
            self.phase = Phase::Closed;
        } else if self.stream.peer_addr().is_ok() {
            self.phase = Phase::Upgrading;
            self.write(account::upgrade().as_bytes());
        }
    }

    /// Parses in place what it can, and keeps the rest.
    fn take<E: Ears>(&mut self, bytes: &[u8], account: &Account, ears: &mut E, now: Nanos) {
        if self.input.is_empty() {
            let rest = self.parse(bytes, account, ears, now);
            self.input.extend_from_slice(rest);
        } else {
            let mut held = mem::take(&mut self.input);
            held.extend_from_slice(bytes);
            self.input = self.parse(&held, account, ears, now).to_vec();
        }
    }

    fn parse<'a, E: Ears>(&mut self, bytes: &'a [u8], account: &Account, ears: &mut E, now: Nanos) -> &'a [u8] {
        let mut rest = bytes;
        if self.phase == Phase::Upgrading {
            let Some((head, _)) = http::measure(rest) else { return rest };
            if http::status(rest) != Some(101) {
                self.refuse(rest);
                return &[];
            }
            self.phase = Phase::Greeting;
            rest = rest.get(head..).unwrap_or_default();
        }
        while let Some(found) = frame::parse(rest).filter(|_| self.phase != Phase::Closed) {
            rest = rest.get(found.length..).unwrap_or_default();
            match found {
                Frame { opcode: frame::TEXT, payload, .. } => self.text(payload, account, ears, now),
                Frame { opcode: frame::PING, payload, .. } => self.send_frame(frame::PONG, payload),
                Frame { opcode: frame::CLOSE, payload, .. } => {
                    self.close_code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    self.refuse(payload);
                }
                _ => {}
            }
        }
        rest
    }

    fn text<E: Ears>(&mut self, text: &[u8], account: &Account, ears: &mut E, now: Nanos) {
        match self.phase {
            Phase::Joined => ears.hear(self, text, now),
            Phase::Greeting => match scan::string_after(text, br#"socket_id\":\""#) {
                Some((id, _)) => {
                    // The id's own quote is escaped, as the data is JSON in a string.
                    self.socket_id = id.split(|byte| *byte == b'\\').next().unwrap_or_default().to_vec();
                    self.join(account);
                }
                None => self.refuse(text),
            },
            Phase::Joining if scan::contains(text, b"subscription_succeeded") => self.phase = Phase::Joined,
            Phase::Joining if scan::contains(text, b"pusher:error") => self.refuse(text),
            Phase::Opening | Phase::Upgrading | Phase::Joining | Phase::Away | Phase::Closed => {}
        }
    }

    fn refuse(&mut self, words: &[u8]) {
        self.refusal =
            Some(String::from_utf8_lossy(words.get(..words.len().min(300)).unwrap_or_default()).into_owned());
        self.phase = Phase::Closed;
    }

    fn send_frame(&mut self, opcode: u8, payload: &[u8]) {
        let mut bytes = Vec::with_capacity(payload.len() + 14);
        frame::encode(&mut bytes, opcode, payload, Some(CLIENT_MASK));
        self.write(&bytes);
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut written = 0;
        while self.output.is_empty() && written < bytes.len() {
            match self.stream.write(bytes.get(written..).unwrap_or_default()) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.phase = Phase::Closed;
                    return;
                }
            }
        }
        self.output.extend_from_slice(bytes.get(written..).unwrap_or_default());
    }
}
