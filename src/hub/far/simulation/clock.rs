//! What is to happen, in the order of time; and what has happened, for those who read of it.

use std::collections::BTreeMap;

use crate::hub::far::{Origin, Place, Request, Ticket};
use crate::hub::inbox::Command;

use super::dice::Dice;
use super::memory::{Answer, Carried, Order, Topic};
use super::schedule::{MS, Pace, SECOND};

/// Something that is to happen.
#[derive(Debug)]
pub(super) enum Happening {
    /// A step of the schedule.
    Step(usize),
    /// At a node, as long as it is the same one.
    Node(usize, u64, AtNode),
    /// At Redis, over a session's connections.
    Redis(u64, AtRedis),
    /// At Redis, over a connection of a session that its node gave up.
    Late(u64, Order),
    /// A node that was stopped goes on.
    Resume(usize, u64),
    /// A node that was stopped dies.
    Die(usize, u64),
    /// What follows Redis has its state.
    Follow,
    /// Another node starts in a place.
    Start(usize),
    /// Somebody who left with a node that drains comes back at another one.
    Return { channel: usize, member: usize },
}

#[derive(Debug)]
pub(super) enum AtNode {
    Tick,
    /// In the worker's inbox.
    Command(Command),
    /// In the adapter's inlet.
    Request(Request),
    /// The adapter is to end once it has sent everything.
    Stop,
    Open,
    /// A session with its lease.
    Opened(u64, Lease),
    /// The end of a session's connections is noticed.
    Broken(u64),
    Beat(u64),
    Landed(u64, Vec<Answer>),
    Subscribed(u64),
    News(u64, News),
    /// Asked when, and the lease's end.
    Renewed(u64, u64, Option<u64>),
    Reaped(u64),
    /// What was said to all nodes while this one did not listen is known.
    Obeyed(u64),
    Gone,
}

impl AtNode {
    /// The session that it belongs to, for what is over with it.
    pub(super) const fn session(&self) -> Option<u64> {
        match self {
            Self::Broken(session)
            | Self::Beat(session)
            | Self::Landed(session, _)
            | Self::Subscribed(session)
            | Self::News(session, _)
            | Self::Renewed(session, ..)
            | Self::Reaped(session)
            | Self::Obeyed(session) => Some(*session),
            Self::Tick
            | Self::Command(_)
            | Self::Request(_)
            | Self::Stop
            | Self::Open
            | Self::Opened(..)
            | Self::Gone => None,
        }
    }
}

/// What a node may do and until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) origin: Origin,
    /// The life before, where this one is new.
    pub(super) former: Option<Origin>,
    /// In Redis' Unix milliseconds.
    pub(super) end_ms: u64,
    pub(super) session: u64,
    pub(super) asked: u64,
}

/// What comes over the connection that hears.
#[derive(Debug, Clone)]
pub(super) enum News {
    Subscribed(Option<Place>),
    Unsubscribed(Place),
    /// With its place in the order of all that was told.
    Message(Place, usize, Carried),
}

#[derive(Debug)]
pub(super) enum AtRedis {
    /// What is left of a batch, and the answers so far.
    Batch(std::collections::VecDeque<Order>, Vec<Answer>),
    Subscribe(Vec<Topic>),
    /// A lease, asked for at this time: the former life's, if it goes on; or this one's.
    Take(Option<(Origin, bool)>, Origin, u64),
    Orders,
    Renew(Origin, u64),
    Claim,
    /// Look for nodes that nobody knows.
    Adopt,
    /// Those claimed, one place a time.
    Reap(Vec<Origin>),
    Part(Origin),
}

/// A home's question about what it listens to.
pub(super) type Listening = (Place, Ticket);

thread_local! {
    static UNIX_US: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

/// The clock of the node whose turn it is, where there is a simulation.
pub(in crate::hub::far) fn unix_us() -> Option<u64> {
    UNIX_US.get()
}

/// From now on that is what the clock says.
pub(super) fn set_unix_us(now: u64) {
    UNIX_US.set(Some(now));
}

/// Virtual time.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) now: u64,
    pub(super) dice: Dice,
    pace: Pace,
    queue: BTreeMap<(u64, u64), Box<Happening>>,
    next: u64,
    /// What has happened, where it is to be read.
    pub(super) trace: Option<Vec<String>>,
}

impl Clock {
    pub(super) fn new(dice: Dice, pace: Pace, is_traced: bool) -> Self {
        Self { now: 0, dice, pace, queue: BTreeMap::new(), next: 0, trace: is_traced.then(Vec::new) }
    }

    pub(super) fn at(&mut self, at: u64, happening: Happening) {
        self.queue.insert((at.max(self.now), self.next), Box::new(happening));
        self.next += 1;
    }

    /// How long something takes on its way.
    pub(super) fn delay(&mut self) -> u64 {
        if self.dice.chance(self.pace.slow) {
            return self.dice.within(0..2 * SECOND.min(1_000 * self.pace.delay));
        }
        // Most ways are short, so that some overtake others on other ways.
        let longest = if self.dice.chance(50) { self.pace.delay / 10 } else { self.pace.delay };
        self.dice.within(1..longest.max(2))
    }

    /// How long something takes inside of a node.
    pub(super) fn moment(&mut self) -> u64 {
        if self.dice.chance(10) { self.dice.within(0..5 * MS) } else { self.dice.within(0..50) }
    }

    /// The next that happens until then.
    pub(super) fn next(&mut self, until: u64) -> Option<Happening> {
        let first = self.queue.first_entry().filter(|entry| entry.key().0 <= until)?;
        self.now = first.key().0;
        Some(*first.remove())
    }

    /// Takes out what a connection carries to Redis.
    pub(super) fn take_under_way(&mut self, session: u64) -> Vec<AtRedis> {
        let is_of = |happening: &Happening| matches!(*happening, Happening::Redis(of, _) if of == session);
        let taken = self.queue.extract_if(.., |_, happening| is_of(happening));
        taken
            .filter_map(|(_, happening)| if let Happening::Redis(_, at) = *happening { Some(at) } else { None })
            .collect()
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>11.3} ms  {}", self.now as f64 / 1_000.0, text()));
        }
    }
}

/// A way on which nothing overtakes.
#[derive(Debug, Default)]
pub(super) struct Way(u64);

impl Way {
    /// When something arrives that starts now and takes so long.
    pub(super) fn arrival(&mut self, clock: &Clock, takes: u64) -> u64 {
        self.0 = self.0.max(clock.now + takes);
        self.0
    }
}
