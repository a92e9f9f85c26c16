//! Events through the HTTP API, to all shapes of audience: one channel or many, paced or not.

use super::{Outcome, Settings, micros_per};
use crate::clock;
use crate::error::Error;
use crate::load::audience::Audience;
use crate::load::engine::Engine;
use crate::load::flow::{Flow, Pace};
use crate::load::publication::Publication;
use crate::load::seat::Seat;
use crate::process::server::Server;
use crate::process::usage::Meter;

/// Bytes of event data, before escaping.
pub(super) const EVENT_BYTES: usize = 256;

/// Who listens, and how events come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    channels: u32,
    /// Of each channel.
    subscribers: u32,
    /// Events in one request.
    batch: usize,
    /// Requests under way at once, at most.
    requests: usize,
    pace: Pace,
}

impl Shape {
    /// One channel with 1,000 subscribers, saturated under a window of so many `events`.
    pub(super) const fn fanout(requests: usize, events: u64) -> Self {
        Self { channels: 1, subscribers: 1000, batch: 1, requests, pace: Pace::Window(events) }
    }

    /// The same at a set rate.
    pub(super) const fn fanout_at(events_per_second: f64) -> Self {
        Self { channels: 1, subscribers: 1000, batch: 1, requests: 4, pace: Pace::Rate(events_per_second) }
    }

    /// Many channels in turn, saturated. Without subscribers there are more requests at once, as only
    /// answers pace them.
    pub(super) const fn many(channels: u32, subscribers: u32, batch: usize) -> Self {
        let requests = if subscribers == 0 { 8 } else { 4 };
        let events = if batch == 1 { 16 } else { requests as u64 * batch as u64 };
        Self { channels, subscribers, batch, requests, pace: Pace::Window(events) }
    }

    /// A seat for every subscriber.
    fn seats(&self) -> Vec<Seat> {
        let channels = 0..self.channels;
        channels.flat_map(|channel| (0..self.subscribers).map(move |_| Seat::public(channel))).collect()
    }

    fn flow(&self, by_token: bool) -> Flow {
        Flow {
            publication: Publication::new(self.channels as usize, self.batch, EVENT_BYTES).by_token(by_token),
            pace: self.pace,
            subscribers: u64::from(self.subscribers),
            events: 0,
        }
    }
}

/// Processor time per delivery or, without subscribers, per request.
pub(super) fn measure(shape: Shape, server: &Server, settings: Settings) -> Result<Outcome, Error> {
    let seats = shape.seats();
    let mut engine = Engine::new(server.address)?;
    let mut audience = Audience::new(seats.len());
    engine.connect(&seats, &mut audience)?;
    engine.open_lanes(shape.requests)?;
    let mut flow = shape.flow(server.wants_token);
    flow.run(&mut engine, &mut audience, clock::nanos(settings.warm_up()))?;

    let (events, delivered) = (flow.events, audience.delivered);
    audience.delays.clear();
    let meter = Meter::start(server.pid())?;
    flow.run(&mut engine, &mut audience, clock::nanos(settings.seconds))?;
    let reading = meter.stop()?;
    let units = if shape.subscribers == 0 { flow.events - events } else { audience.delivered - delivered };
    let [p50, p99] = quantiles_ms(&mut audience.delays);
    Ok(Outcome {
        figure: micros_per(reading.server_cpu, units),
        per_second: Some(units as f64 / reading.wall),
        generator_busy: reading.generator_busy,
        faults: audience.faults(flow.expected(), &engine),
        refusal: engine.lanes.refusal,
        details: vec![("delay_p50_ms", p50), ("delay_p99_ms", p99), ("server_busy", reading.server_cpu / reading.wall)],
    })
}

/// The median and the 99th percentile of some microseconds, in milliseconds; sorts them.
pub(super) fn quantiles_ms(micros: &mut [u32]) -> [f64; 2] {
    micros.sort_unstable();
    [50, 99].map(|percent| {
        let at = micros.len().saturating_sub(1) * percent / 100;
        micros.get(at).map_or(0.0, |value| f64::from(*value) / 1000.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let mut micros: Vec<u32> = (1..=1000).rev().map(|value| value * 1000).collect();
        assert_eq!(quantiles_ms(&mut micros), [500.0, 990.0]);
        assert_eq!(quantiles_ms(&mut []), [0.0, 0.0]);
    }
}
