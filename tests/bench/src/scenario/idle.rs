//! Connections that only stay: what each takes of memory, and all of them of the processor.

use super::connect::reach_all;
use super::{Outcome, Settings};
use crate::clock;
use crate::error::Error;
use crate::load::audience::Audience;
use crate::load::engine::Engine;
use crate::load::seat::Seat;
use crate::process::server::Server;
use crate::process::usage::{Meter, resident_bytes};

/// Connections that are there before the measurement: with them comes what all share, such as the pages of the program
/// that are read from the disk when they are first needed.
const FIRST: u32 = 200;

/// Memory per connection that is subscribed to a channel of its own.
pub(super) fn measure(server: &Server, settings: Settings) -> Result<Outcome, Error> {
    let count = settings.connections;
    let seats: Vec<Seat> = (0..count).map(Seat::public).collect();
    let first: Vec<Seat> = (count..count + FIRST).map(Seat::public).collect();
    let mut staying = Engine::new(server.address)?;
    staying.connect(&first, &mut Audience::new(first.len()))?;
    let mut engine = Engine::new(server.address)?;
    let mut audience = Audience::new(seats.len());
    let before = resident_bytes(server.pid())?;
    engine.connect(&seats, &mut audience)?;

    let meter = Meter::start(server.pid())?;
    let end = clock::now() + clock::nanos(settings.seconds);
    while clock::now() < end {
        engine.turn(end, &mut audience)?;
    }
    let reading = meter.stop()?;
    let grown = resident_bytes(server.pid())?.saturating_sub(before);
    Ok(Outcome {
        figure: grown as f64 / 1024.0 / f64::from(count),
        per_second: None,
        generator_busy: reading.generator_busy,
        faults: reach_all(&mut engine, &mut audience, count)?,
        refusal: engine.lanes.refusal,
        details: vec![("idle_cpu_percent", reading.server_cpu / reading.wall * 100.0)],
    })
}
