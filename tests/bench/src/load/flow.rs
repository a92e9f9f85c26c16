//! Publishing for a while, and waiting until all of it has arrived.

use super::audience::Audience;
use super::engine::{Engine, PATIENCE};
use super::publication::Publication;
use crate::clock::{self, MILLISECOND, Nanos};
use crate::error::Error;

/// How fast to publish.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As fast as it goes, with at most so many events that not everybody has got yet.
    Window(u64),
    /// So many events a second, whatever the server does.
    Rate(f64),
}

/// A stream of events to an audience.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) publication: Publication,
    pub(crate) pace: Pace,
    /// Subscribers of an event's channel, on average.
    pub(crate) subscribers: u64,
    /// Events sent so far.
    pub(crate) events: u64,
}

impl Flow {
    /// Deliveries that are due for what was sent so far.
    pub(crate) fn expected(&self) -> u64 {
        self.events * self.subscribers
    }

    /// Publishes for `length`, then waits for all deliveries and answers.
    pub(crate) fn run(&mut self, engine: &mut Engine, audience: &mut Audience, length: Nanos) -> Result<(), Error> {
        let start = clock::now();
        let end = start + length;
        let mut due = start;
        while clock::now() < end {
            while engine.lanes.has_idle() && self.may_send(audience, due) {
                self.send(engine, if matches!(self.pace, Pace::Rate(_)) { due } else { clock::now() });
                due += self.step();
            }
            let wake = if engine.lanes.has_idle() && matches!(self.pace, Pace::Rate(_)) { due } else { end };
            engine.turn(wake.min(end), audience)?;
        }
        settle(self.expected(), engine, audience)
    }

    /// Publishes one event to each channel, then waits for `due` deliveries and all answers.
    pub(crate) fn once_around(&mut self, due: u64, engine: &mut Engine, audience: &mut Audience) -> Result<(), Error> {
        let mut left = self.publication.channels();
        let mut since = clock::now();
        while left > 0 && clock::now() < since + PATIENCE {
            while left > 0 && engine.lanes.has_idle() {
                self.send(engine, clock::now());
                (left, since) = (left - 1, clock::now());
            }
            engine.turn(clock::now() + 100 * MILLISECOND, audience)?;
        }
        settle(due, engine, audience)
    }

    fn may_send(&self, audience: &Audience, due: Nanos) -> bool {
        match self.pace {
            Pace::Rate(_) => due <= clock::now(),
            // Without subscribers, the answers alone pace it.
            Pace::Window(events) => {
                self.subscribers == 0
                    || self.expected() + self.subscribers <= audience.delivered + events * self.subscribers
            }
        }
    }

    fn send(&mut self, engine: &mut Engine, sent: Nanos) {
        self.publication.send(&mut engine.lanes, &engine.account, sent);
        self.events += self.publication.batch as u64;
    }

    fn step(&self) -> Nanos {
        match self.pace {
            Pace::Rate(events) => clock::nanos(self.publication.batch as f64 / events),
            Pace::Window(_) => 0,
        }
    }
}

/// Waits until `due` deliveries have been made and no answer is awaited, or nothing comes any more.
fn settle(due: u64, engine: &mut Engine, audience: &mut Audience) -> Result<(), Error> {
    let (mut seen, mut since) = (audience.delivered, clock::now());
    while (audience.delivered < due || !engine.lanes.is_quiet()) && clock::now() < since + PATIENCE {
        engine.turn(clock::now() + 20 * MILLISECOND, audience)?;
        if audience.delivered != seen {
            (seen, since) = (audience.delivered, clock::now());
        }
    }
    Ok(())
}
