//! A subscriber that comes last, to a channel that keeps 10,000 events for it.

use super::publish::EVENT_BYTES;
use super::{Outcome, Settings};
use crate::clock::{self, MILLISECOND};
use crate::error::Error;
use crate::load::audience::Audience;
use crate::load::engine::{Engine, PATIENCE};
use crate::load::flow::{Flow, Pace};
use crate::load::publication::Publication;
use crate::load::seat::Seat;
use crate::process::server::Server;

/// Events that the channel keeps, each under a key of its own.
const KEPT: u64 = 10_000;

/// Events in one request.
const BATCH: usize = 10;

/// Of the two channels that are published to, the one that keeps by a field unlike in all events.
const CHANNEL: u32 = 1;

/// Milliseconds from opening the connection to `subscription_succeeded`, the median of several.
pub(super) fn measure(server: &Server, settings: Settings) -> Result<Outcome, Error> {
    fill(server)?;
    let due = if server.wants_token { KEPT } else { 0 };
    let mut outcome = Outcome::default();
    let (mut joined, mut greeted) = (Vec::new(), Vec::new());
    let end = clock::now() + clock::nanos(settings.seconds);
    while joined.is_empty() || clock::now() < end {
        let mut engine = Engine::new(server.address)?;
        let mut audience = Audience::new(1);
        let start = clock::now();
        engine.connect(&[Seat::public(CHANNEL)], &mut audience)?;
        joined.push(since(start));
        while audience.delivered < due && clock::now() < start + PATIENCE {
            engine.turn(clock::now() + 20 * MILLISECOND, &mut audience)?;
        }
        greeted.push(since(start));
        outcome.faults += audience.faults(due, &engine);
    }
    outcome.figure = median(&mut joined);
    outcome.details = vec![("greeted_ms", median(&mut greeted)), ("newcomers", joined.len() as f64)];
    Ok(outcome)
}

/// Publishes until the channel keeps as many events as it may.
fn fill(server: &Server) -> Result<(), Error> {
    let mut engine = Engine::new(server.address)?;
    engine.open_lanes(4)?;
    let publication = Publication::new(2, BATCH, EVENT_BYTES).by_token(server.wants_token);
    let mut flow = Flow { publication, pace: Pace::Window(16), subscribers: 0, events: 0 };
    while flow.events < 2 * KEPT {
        flow.once_around(0, &mut engine, &mut Audience::new(0))?;
    }
    Ok(())
}

fn since(start: clock::Nanos) -> f64 {
    (clock::now() - start) as f64 / MILLISECOND as f64
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
