//! Presence: members leave and rejoin in waves while others watch.

use super::{Outcome, Settings, micros_per};
use crate::clock::{self, MILLISECOND, Nanos};
use crate::error::Error;
use crate::load::engine::{Engine, PATIENCE};
use crate::load::faults::Faults;
use crate::load::link::{Ears, Link};
use crate::load::seat::{Kind, Seat};
use crate::process::server::Server;
use crate::process::usage::Meter;
use crate::wire::scan;

/// Members that stay, the first connections; their user ids follow those of the others.
const WATCHERS: u32 = 100;

/// Members that leave and rejoin, all at once; their user ids count from 0.
const CHURNERS: u32 = 20;

/// What the watchers have been told: whom each of them takes for present, one bit a churner.
struct Watch {
    present: Vec<u32>,
    /// Changes that were told.
    told: u64,
    /// Changes that are due to be told.
    due: u64,
    faults: Faults,
}

/// Processor time per leave and rejoin, each told to all members.
pub(super) fn measure(server: &Server, settings: Settings) -> Result<Outcome, Error> {
    let mut engine = Engine::new(server.address)?;
    let mut watch = Watch::new();
    let seat = |user| Seat { kind: Kind::Presence(user), channel: 0 };
    let watchers: Vec<Seat> = (CHURNERS..CHURNERS + WATCHERS).map(seat).collect();
    let churners: Vec<Seat> = (0..CHURNERS).map(seat).collect();
    engine.connect(&watchers, &mut watch)?;
    watch.expect_wave();
    engine.connect(&churners, &mut watch)?;
    watch.settle(&mut engine)?;
    watch.churn(&mut engine, clock::nanos(settings.warm_up()))?;

    let meter = Meter::start(server.pid())?;
    let changes = watch.churn(&mut engine, clock::nanos(settings.seconds))?;
    let reading = meter.stop()?;
    watch.faults.lost = watch.due.saturating_sub(watch.told);
    watch.faults.closed = engine.census.closed as u64;
    Ok(Outcome {
        figure: micros_per(reading.server_cpu, changes),
        per_second: Some(changes as f64 / reading.wall),
        generator_busy: reading.generator_busy,
        faults: watch.faults,
        refusal: None,
        details: Vec::new(),
    })
}

impl Watch {
    fn new() -> Self {
        Self { present: vec![0; WATCHERS as usize], told: 0, due: 0, faults: Faults::default() }
    }

    fn expect_wave(&mut self) {
        self.due += u64::from(WATCHERS * CHURNERS);
    }

    /// Has all churners leave, and rejoin once all watchers know, again and again; how many did so.
    fn churn(&mut self, engine: &mut Engine, length: Nanos) -> Result<u64, Error> {
        let end = clock::now() + length;
        let churners = WATCHERS as usize..(WATCHERS + CHURNERS) as usize;
        let mut changes = 0;
        while clock::now() < end && self.told == self.due {
            self.expect_wave();
            churners.clone().for_each(|churner| engine.leave(churner));
            self.settle(engine)?;
            self.expect_wave();
            churners.clone().for_each(|churner| engine.join(churner));
            self.settle(engine)?;
            changes += u64::from(CHURNERS);
        }
        Ok(changes)
    }

    /// Waits until everybody knows, and nobody is between leaving and being back.
    fn settle(&mut self, engine: &mut Engine) -> Result<(), Error> {
        let (mut seen, mut since) = (self.told, clock::now());
        let joining = |engine: &Engine| engine.links.iter().any(Link::is_joining);
        while (self.told < self.due || joining(engine)) && clock::now() < since + PATIENCE {
            engine.turn(clock::now() + 20 * MILLISECOND, self)?;
            if self.told != seen {
                (seen, since) = (self.told, clock::now());
            }
        }
        Ok(())
    }
}

impl Ears for Watch {
    fn hear(&mut self, link: &mut Link, text: &[u8], _now: Nanos) {
        let Some(present) = self.present.get_mut(link.index) else { return };
        let Some(user) = scan::number_after(text, br#"user_id\":\""#) else {
            self.faults.strayed += 1;
            return;
        };
        if user >= CHURNERS {
            return;
        }
        let (bit, added) = (1 << user, scan::contains(text, b"member_added"));
        if added == (*present & bit != 0) {
            self.faults.duplicated += 1;
        } else {
            *present ^= bit;
            self.told += 1;
        }
    }
}
