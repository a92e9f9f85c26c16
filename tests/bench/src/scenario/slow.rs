//! One subscriber that does not read, among many that do: what the others notice of it.

use super::publish::quantiles_ms;
use super::{Outcome, Settings};
use crate::clock;
use crate::error::Error;
use crate::load::audience::Audience;
use crate::load::engine::Engine;
use crate::load::flow::{Flow, Pace};
use crate::load::link::Link;
use crate::load::publication::Publication;
use crate::load::seat::Seat;
use crate::process::server::Server;
use crate::process::usage::Meter;

const SUBSCRIBERS: usize = 1000;

/// Channels, of which the slow one hears all and the others the first. So it alone is sent enough to
/// fill, within a second or so, what the kernel holds for it and then what the broker allows.
const CHANNELS: u32 = 10;
const EVENT_BYTES: usize = 8192;

/// Requests a second, each with an event for every channel.
const REQUESTS_PER_SECOND: u32 = 50;

/// The 99th percentile of the others' delivery delay, beside the slow one.
pub(super) fn measure(server: &Server, settings: Settings) -> Result<Outcome, Error> {
    let mut engine = Engine::new(server.address)?;
    let mut audience = Audience::new(SUBSCRIBERS);
    engine.connect(&[Seat::public(0); SUBSCRIBERS], &mut audience)?;
    engine.open_lanes(4)?;
    let mut flow = Flow {
        publication: Publication::new(CHANNELS as usize, CHANNELS as usize, EVENT_BYTES),
        pace: Pace::Rate(f64::from(CHANNELS * REQUESTS_PER_SECOND)),
        subscribers: SUBSCRIBERS as u64 / u64::from(CHANNELS),
        events: 0,
    };
    flow.run(&mut engine, &mut audience, clock::nanos(settings.warm_up()))?;
    audience.delays.clear();
    flow.run(&mut engine, &mut audience, clock::nanos(settings.seconds))?;
    let [p50_alone, p99_alone] = quantiles_ms(&mut audience.delays);

    engine.connect(&[Seat::public(0)], &mut audience)?;
    engine.deafen_last((1..CHANNELS).map(Seat::public));
    audience.delays.clear();
    let meter = Meter::start(server.pid())?;
    flow.run(&mut engine, &mut audience, clock::nanos(settings.seconds))?;
    let reading = meter.stop()?;
    let [p50, p99] = quantiles_ms(&mut audience.delays);
    let faults = audience.faults(flow.expected(), &engine);
    let code = end_of_slow_one(&mut engine, &mut audience)?;
    Ok(Outcome {
        figure: p99,
        per_second: None,
        generator_busy: reading.generator_busy,
        faults,
        refusal: engine.lanes.refusal,
        details: vec![
            ("p50_without_ms", p50_alone),
            ("p99_without_ms", p99_alone),
            ("p50_with_ms", p50),
            ("p99_with_ms", p99),
            ("slow_one_close_code", f64::from(code)),
        ],
    })
}

/// Reads for a second what is left for the slow one: the code that it was closed with, 0 if it was not.
fn end_of_slow_one(engine: &mut Engine, audience: &mut Audience) -> Result<u16, Error> {
    engine.listen_to_last(audience);
    let end = clock::now() + clock::SECOND;
    let is_closed = |engine: &Engine| engine.links.last().is_some_and(Link::is_closed);
    while clock::now() < end && !is_closed(engine) {
        engine.turn(end, audience)?;
    }
    Ok(engine.links.last().and_then(|slow| slow.close_code).unwrap_or(0))
}
