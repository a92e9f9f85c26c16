//! The loop around all sockets of the generator.

use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::lanes::Lanes;
use super::link::{Context, Ears, Link, Phase};
use super::seat::Seat;
use crate::clock::{self, MILLISECOND, Nanos, SECOND};
use crate::error::Error;
use crate::process::files;
use crate::wire::account::Account;

/// Tokens from here on are lanes; below are links.
const LANES: usize = 1 << 32;

/// Connections that are under way at once while many are opened.
const UNDER_WAY: usize = 64;

/// Without any progress for so long, what is missing counts as failed.
pub(crate) const PATIENCE: Nanos = 2 * SECOND;

/// All sockets of the generator, and who they belong to.
pub(crate) struct Engine {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    server: SocketAddr,
    pub(crate) account: Account,
    pub(crate) links: Vec<Link>,
    pub(crate) lanes: Lanes,
    pub(crate) census: Census,
}

/// How many links are how far.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// Links that are subscribed.
    joined: usize,
    /// Links that have ended.
    pub(crate) closed: usize,
}

impl Engine {
    /// For connections to `server`.
    pub(crate) fn new(server: SocketAddr) -> Result<Self, Error> {
        Ok(Self {
            poll: Poll::new().map_err(Error::system("make an epoll instance"))?,
            events: Events::with_capacity(1024),
            buffer: vec![0; 256 * 1024],
            server,
            account: Account::new(),
            links: Vec::new(),
            lanes: Lanes::default(),
            census: Census::default(),
        })
    }

    /// Waits for ready sockets, until `until` at most, and serves them.
    ///
    /// epoll counts in milliseconds, so the last one before `until` is spent polling.
    pub(crate) fn turn<E: Ears>(&mut self, until: Nanos, ears: &mut E) -> Result<(), Error> {
        let wait = Duration::from_millis(until.saturating_sub(clock::now()) / MILLISECOND);
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for sockets")(error));
            }
            _ => {}
        }
        for event in &self.events {
            let Token(token) = event.token();
            if token >= LANES {
                self.lanes.ready(token - LANES, event, &mut self.buffer);
            } else if let Some(link) = self.links.get_mut(token) {
                let before = link.phase;
                link.ready(event, &mut Context { buffer: &mut self.buffer, account: &self.account, ears });
                let after = link.phase;
                self.census.count(before, after);
            }
        }
        Ok(())
    }

    /// Opens a connection for each seat and waits until all are subscribed.
    ///
    /// # Errors
    /// `Connect` if one is refused, or if nothing happens for some seconds.
    pub(crate) fn connect<E: Ears>(&mut self, seats: &[Seat], ears: &mut E) -> Result<(), Error> {
        files::ensure(self.links.len() + seats.len())?;
        let wanted = self.census.joined + seats.len();
        let mut waiting = seats.iter();
        let (mut seen, mut since) = (self.census.joined, clock::now());
        while self.census.joined < wanted {
            while self.census.closed == 0 && self.links.len() - self.census.joined < UNDER_WAY {
                let Some(seat) = waiting.next() else { break };
                self.open(*seat)?;
            }
            self.turn(clock::now() + 100 * MILLISECOND, ears)?;
            if self.census.joined != seen {
                (seen, since) = (self.census.joined, clock::now());
            }
            if self.census.closed > 0 || clock::now() > since + 5 * PATIENCE {
                return Err(self.failed(wanted));
            }
        }
        Ok(())
    }

    /// Lets `leaver` leave its channel; [`Self::join`] brings it back.
    pub(crate) fn leave(&mut self, leaver: usize) {
        self.change(leaver, |link, _| link.leave());
    }

    /// Subscribes `joiner` again.
    pub(crate) fn join(&mut self, joiner: usize) {
        self.change(joiner, Link::join);
    }

    /// Stops reading the last connection, which also subscribes to `seats`.
    pub(crate) fn deafen_last(&mut self, seats: impl Iterator<Item = Seat>) {
        let Some(link) = self.links.last_mut() else { return };
        seats.for_each(|seat| link.send(&seat.subscribe(b"", &self.account)));
        link.deaf = true;
    }

    /// Reads the last connection again, from what has come meanwhile.
    pub(crate) fn listen_to_last<E: Ears>(&mut self, ears: &mut E) {
        let Some(link) = self.links.last_mut() else { return };
        let before = link.phase;
        link.deaf = false;
        link.read(true, &mut Context { buffer: &mut self.buffer, account: &self.account, ears });
        let after = link.phase;
        self.census.count(before, after);
    }

    /// Opens `count` HTTP connections for publishing, instead of those before.
    pub(crate) fn open_lanes(&mut self, count: usize) -> Result<(), Error> {
        self.lanes = Lanes::default();
        for lane in 0..count {
            let stream = self.socket(Token(LANES + lane))?;
            self.lanes.add(stream);
        }
        Ok(())
    }

    fn open(&mut self, seat: Seat) -> Result<(), Error> {
        let index = self.links.len();
        let stream = self.socket(Token(index))?;
        self.links.push(Link::new(index, seat, stream));
        Ok(())
    }

    fn socket(&self, token: Token) -> Result<TcpStream, Error> {
        let refused = Error::system("open a connection");
        let opened = TcpStream::connect(self.server).and_then(|mut stream| {
            stream.set_nodelay(true)?;
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            Ok(stream)
        });
        opened.map_err(refused)
    }

    fn change(&mut self, index: usize, act: impl FnOnce(&mut Link, &Account)) {
        let Some(link) = self.links.get_mut(index) else { return };
        let before = link.phase;
        act(link, &self.account);
        let after = link.phase;
        self.census.count(before, after);
    }

    fn failed(&self, wanted: usize) -> Error {
        let refusal = self.links.iter().find_map(|link| link.refusal.clone());
        let reason = refusal.unwrap_or_else(|| String::from("the others did not get an answer in time"));
        Error::Connect { joined: self.census.joined, wanted, reason }
    }
}

impl Census {
    fn count(&mut self, before: Phase, after: Phase) {
        if before == after {
            return;
        }
        self.joined -= usize::from(before == Phase::Joined);
        self.joined += usize::from(after == Phase::Joined);
        self.closed += usize::from(after == Phase::Closed);
    }
}
