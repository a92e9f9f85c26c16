//! Client events: pairs on private channels, each event answered with the next.

use super::publish::EVENT_BYTES;
use super::{Outcome, Settings, micros_per};
use crate::clock::{self, MILLISECOND, Nanos};
use crate::error::Error;
use crate::load::engine::{Engine, PATIENCE};
use crate::load::faults::Faults;
use crate::load::link::{Ears, Link};
use crate::load::seat::{Kind, Seat};
use crate::process::server::Server;
use crate::process::usage::Meter;
use crate::wire::stamp::{Filler, Stamp};

const PAIRS: u32 = 200;

/// The event under way in each pair.
struct Rally {
    pairs: Vec<Ball>,
    filler: Filler,
    /// Events are answered until then.
    until: Nanos,
    sent: u64,
    received: u64,
    faults: Faults,
}

#[derive(Debug, Clone, Copy)]
struct Ball {
    number: u32,
    /// The connection that has it, or that it flies to.
    at: usize,
    flies: bool,
}

/// Processor time per client event.
pub(super) fn measure(server: &Server, settings: Settings) -> Result<Outcome, Error> {
    let seats: Vec<Seat> = (0..2 * PAIRS).map(|link| Seat { kind: Kind::Private, channel: link / 2 }).collect();
    let mut engine = Engine::new(server.address)?;
    let mut rally = Rally::new();
    engine.connect(&seats, &mut rally)?;
    rally.play(&mut engine, clock::nanos(settings.warm_up()))?;

    let before = rally.received;
    let meter = Meter::start(server.pid())?;
    rally.play(&mut engine, clock::nanos(settings.seconds))?;
    let reading = meter.stop()?;
    let events = rally.received - before;
    rally.faults.lost = rally.sent.saturating_sub(rally.received);
    rally.faults.closed = engine.census.closed as u64;
    Ok(Outcome {
        figure: micros_per(reading.server_cpu, events),
        per_second: Some(events as f64 / reading.wall),
        generator_busy: reading.generator_busy,
        faults: rally.faults,
        refusal: None,
        details: Vec::new(),
    })
}

impl Rally {
    fn new() -> Self {
        let pairs = (0..PAIRS as usize).map(|pair| Ball { number: 0, at: 2 * pair, flies: false }).collect();
        Self { pairs, filler: Filler::new(EVENT_BYTES), until: 0, sent: 0, received: 0, faults: Faults::default() }
    }

    /// Keeps events going for `length`, then waits for the last ones.
    fn play(&mut self, engine: &mut Engine, length: Nanos) -> Result<(), Error> {
        self.until = clock::now() + length;
        for pair in 0..self.pairs.len() {
            let holder = self.pairs.get(pair).and_then(|ball| engine.links.get_mut(ball.at));
            if let Some(link) = holder {
                self.hit(link);
            }
        }
        let (mut seen, mut since) = (self.received, clock::now());
        while self.received < self.sent && clock::now() < since + PATIENCE {
            engine.turn(clock::now() + 20 * MILLISECOND, self)?;
            if self.received != seen {
                (seen, since) = (self.received, clock::now());
            }
        }
        Ok(())
    }

    /// Sends the pair's next event from `link` to the other one.
    fn hit(&mut self, link: &mut Link) {
        let Some(ball) = self.pairs.get_mut(link.seat.channel as usize) else { return };
        *ball = Ball { number: ball.number + 1, at: link.index ^ 1, flies: true };
        let stamp = Stamp { channel: link.seat.channel, number: ball.number, settled: ball.number, sent: clock::now() };
        let (name, data) = (link.seat.name(), self.filler.object(&stamp));
        link.send(&format!(r#"{{"event":"client-bench","channel":"{name}","data":{data}}}"#));
        self.sent += 1;
    }
}

impl Ears for Rally {
    fn hear(&mut self, link: &mut Link, text: &[u8], _now: Nanos) {
        let stamp = Stamp::read(text).filter(|stamp| stamp.channel == link.seat.channel);
        let (Some(stamp), Some(ball)) = (stamp, self.pairs.get_mut(link.seat.channel as usize)) else {
            self.faults.strayed += 1;
            return;
        };
        // Only one event is under way in a pair, so there is only one that may come.
        if stamp.number < ball.number || !ball.flies {
            self.faults.duplicated += 1;
        } else if link.index != ball.at {
            self.faults.strayed += 1;
        } else {
            ball.flies = false;
            self.received += 1;
            if clock::now() < self.until {
                self.hit(link);
            }
        }
    }
}
