//! The publishers: HTTP connections that carry one request at a time each.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};

use mio::event::Event;
use mio::net::TcpStream;

use crate::wire::http;

/// An event under way: its channel and number.
pub(crate) type Flight = (u32, u32);

/// One connection, kept alive.
#[derive(Debug)]
struct Lane {
    stream: TcpStream,
    output: Vec<u8>,
    input: Vec<u8>,
    flights: Vec<Flight>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    /// In turn, so that none stays unused until the server ends it.
    idle: VecDeque<usize>,
    /// Requests that were answered with 200.
    pub(crate) accepted: u64,
    /// Requests that were answered otherwise, or not.
    pub(crate) refused: u64,
    /// What came in place of the first 200.
    pub(crate) refusal: Option<String>,
}

impl Lanes {
    /// Adds a connection that `stream` has begun to open.
    pub(super) fn add(&mut self, stream: TcpStream) {
        self.idle.push_back(self.lanes.len());
        self.lanes.push(Lane { stream, output: Vec::new(), input: Vec::new(), flights: Vec::new() });
    }

    /// Whether a request can be sent now.
    pub(crate) fn has_idle(&self) -> bool {
        !self.idle.is_empty()
    }

    /// Whether no answer is awaited.
    pub(crate) fn is_quiet(&self) -> bool {
        self.idle.len() == self.lanes.len()
    }

    /// All numbers of `channel` below what this returns have been answered; `next` is the next to be sent.
    pub(crate) fn settled(&self, channel: u32, next: u32) -> u32 {
        let flights = self.lanes.iter().flat_map(|lane| &lane.flights);
        flights.filter(|flight| flight.0 == channel).map(|flight| flight.1).min().unwrap_or(next)
    }

    /// Sends `request`, which carries `flights`, on an idle lane; without one it counts as refused.
    pub(crate) fn send(&mut self, request: Vec<u8>, flights: Vec<Flight>) {
        let idle = self.idle.pop_front();
        let Some((index, lane)) = idle.and_then(|index| Some((index, self.lanes.get_mut(index)?))) else {
            self.refused += 1;
            return;
        };
        lane.output = request;
        lane.flights = flights;
        if !lane.flush() {
            self.fail(index, "the connection broke");
        }
    }

    /// Does what the socket of lane `index` is ready for.
    pub(super) fn ready(&mut self, index: usize, event: &Event, buffer: &mut [u8]) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let flushed = !event.is_writable() || lane.flush();
        if !flushed || !lane.read(buffer) {
            self.fail(index, "the connection was closed");
            return;
        }
        let Some((head, body)) = http::measure(&lane.input).filter(|(head, body)| lane.input.len() >= head + body)
        else {
            return;
        };
        let status = http::status(&lane.input);
        let answer: Vec<u8> = lane.input.drain(..head + body).collect();
        lane.flights.clear();
        self.idle.push_back(index);
        if status == Some(200) {
            self.accepted += 1;
        } else {
            self.refused += 1;
            self.refusal.get_or_insert_with(|| String::from_utf8_lossy(&answer).into_owned());
        }
    }

    /// A lane that broke stays out of use.
    fn fail(&mut self, index: usize, why: &str) {
        self.idle.retain(|idle| *idle != index);
        self.refused += 1;
        self.refusal.get_or_insert_with(|| why.to_owned());
    }
}

impl Lane {
    /// Writes what the kernel takes; false if the connection broke.
    fn flush(&mut self) -> bool {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(count) => drop(self.output.drain(..count)),
                Err(error) => return is_patience(error.kind()),
            }
        }
        true
    }

    /// Reads what there is; false if the connection ended.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return false,
                Ok(count) => self.input.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) => return is_patience(error.kind()),
            }
        }
    }
}

/// The connection is only not ready, or not open yet.
fn is_patience(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::Interrupted)
}
