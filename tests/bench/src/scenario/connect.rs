//! A storm of connections: from TCP to subscribed.

use super::publish::EVENT_BYTES;
use super::{Outcome, Settings, micros_per};
use crate::error::Error;
use crate::load::audience::Audience;
use crate::load::engine::Engine;
use crate::load::faults::Faults;
use crate::load::flow::{Flow, Pace};
use crate::load::publication::Publication;
use crate::load::seat::Seat;
use crate::process::server::Server;
use crate::process::usage::Meter;

/// Channels that the connections share.
const CHANNELS: u32 = 1000;

/// Processor time per connection that subscribes.
pub(super) fn measure(server: &Server, settings: Settings) -> Result<Outcome, Error> {
    let count = settings.connections;
    let seats: Vec<Seat> = (0..count).map(|link| Seat::public(link % CHANNELS.min(count))).collect();
    let mut engine = Engine::new(server.address)?;
    let mut audience = Audience::new(seats.len());
    let meter = Meter::start(server.pid())?;
    engine.connect(&seats, &mut audience)?;
    let reading = meter.stop()?;
    let faults = reach_all(&mut engine, &mut audience, CHANNELS.min(count))?;
    Ok(Outcome {
        figure: micros_per(reading.server_cpu, u64::from(count)),
        per_second: Some(f64::from(count) / reading.wall),
        generator_busy: reading.generator_busy,
        faults,
        refusal: engine.lanes.refusal,
        details: Vec::new(),
    })
}

/// Publishes one event to each of `channels` and checks that every connection got its own.
pub(super) fn reach_all(engine: &mut Engine, audience: &mut Audience, channels: u32) -> Result<Faults, Error> {
    engine.open_lanes(4)?;
    let publication = Publication::new(channels as usize, 1, EVENT_BYTES);
    let mut flow = Flow { publication, pace: Pace::Window(16), subscribers: 0, events: 0 };
    let due = engine.links.len() as u64;
    flow.once_around(due, engine, audience)?;
    Ok(audience.faults(due, engine))
}
