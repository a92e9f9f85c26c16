//! What is published: numbered events, round the channels.

use std::fmt::Write as _;

use super::lanes::{Flight, Lanes};
use super::seat::Seat;
use crate::clock::Nanos;
use crate::wire::account::{self, Account};
use crate::wire::stamp::{Filler, Stamp};

/// Makes one request after the other.
#[derive(Debug)]
pub(crate) struct Publication {
    /// The next number of each channel.
    numbers: Vec<u32>,
    /// The channel whose turn it is.
    turn: usize,
    /// Events in one request.
    pub(crate) batch: usize,
    filler: Filler,
    /// What speaks for the publisher in place of a signature.
    token: Option<String>,
}

impl Publication {
    /// Round `channels` channels, `batch` events of `size` bytes a request.
    pub(crate) fn new(channels: usize, batch: usize, size: usize) -> Self {
        Self { numbers: vec![0; channels], turn: 0, batch, filler: Filler::new(size), token: None }
    }

    /// The same with a token in place of signatures, where the server wants one.
    pub(crate) fn by_token(self, wanted: bool) -> Self {
        Self { token: wanted.then(account::token), ..self }
    }

    /// How many channels there are.
    pub(crate) fn channels(&self) -> usize {
        self.numbers.len()
    }

    /// Sends the next request, which was due at `sent`.
    pub(crate) fn send(&mut self, lanes: &mut Lanes, account: &Account, sent: Nanos) {
        let mut flights = Vec::with_capacity(self.batch);
        let mut events = String::with_capacity(self.batch * 384);
        for _ in 0..self.batch {
            let separator = if flights.is_empty() { "" } else { "," };
            let event = self.event(lanes, sent, &mut flights);
            write!(events, "{separator}{event}").expect("a String takes what is written");
        }
        let (resource, body) =
            if self.batch == 1 { ("events", events) } else { ("batch_events", format!(r#"{{"batch":[{events}]}}"#)) };
        let request = match &self.token {
            Some(token) => Account::post_as(token, resource, body.as_bytes()),
            None => account.post(resource, body.as_bytes()),
        };
        lanes.send(request, flights);
    }

    fn event(&mut self, lanes: &Lanes, sent: Nanos, flights: &mut Vec<Flight>) -> String {
        let channel = u32::try_from(self.turn).unwrap_or(u32::MAX);
        let Some(next) = self.numbers.get_mut(self.turn) else { return String::new() };
        let number = *next;
        *next += 1;
        self.turn = (self.turn + 1) % self.numbers.len();
        flights.push((channel, number));
        let stamp = Stamp { channel, number, settled: lanes.settled(channel, number), sent };
        let (name, data) = (Seat::public(channel).name(), self.filler.escaped(&stamp));
        format!(r#"{{"name":"bench-event","channel":"{name}","data":"{data}"}}"#)
    }
}
