//! The one rule that every point goes through, whatever its path.

use std::time::Duration;

use crate::measurement::{Entry, Lane, Mark, Order, Point, Reading, Run, State};

use super::clock::Moment;
use super::refused::NotTaken;

/// Runs that a point from a while ago may belong to: more fit into no age that is taken.
const RUNS: usize = 300;

/// A reading that passed: what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It is new.
    New { entry: Entry, point: Point, order: Order },
    /// It had come already.
    Duplicate(Lane),
}

/// What points are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<'a> {
    pub(super) state: &'a State,
    /// Length of a run.
    pub(super) length: Duration,
    pub(super) now: &'a Moment,
}

impl Rule<'_> {
    /// Judges all of them in their order; the first that is refused, by its number, stands for all.
    pub(super) fn judge(&self, readings: &[Reading]) -> Result<Vec<Verdict>, (usize, NotTaken)> {
        let mut verdicts = Vec::with_capacity(readings.len());
        let mut marks: Vec<(Lane, &Mark)> = Vec::new();
        let mut serial = self.state.last_serial;
        for (number, reading) in readings.iter().enumerate() {
            let order = self.order(reading, &marks).map_err(|reason| (number, reason))?;
            if order == Order::Duplicate {
                verdicts.push(Verdict::Duplicate(reading.lane));
                continue;
            }
            marks.extend(reading.mark.as_ref().map(|mark| (reading.lane, mark)));
            serial += 1;
            let point = self.point(reading, serial);
            verdicts.push(Verdict::New { entry: Entry::Point { point, mark: reading.mark.clone() }, point, order });
        }
        Ok(verdicts)
    }

    fn order(&self, reading: &Reading, before: &[(Lane, &Mark)]) -> Result<Order, NotTaken> {
        let order = match &reading.mark {
            Some(mark) if before.contains(&(reading.lane, mark)) => Order::Duplicate,
            Some(mark) => self.state.order(reading.lane, mark),
            None => Order::Next,
        };
        match order {
            // Whoever repeats a point because our answer got lost is told that it is safe, valve or no valve.
            Order::Duplicate => Ok(order),
            Order::Forgotten => Err(NotTaken::TooLate),
            Order::Next | Order::OutOfOrder if self.state.realtime.enabled => Ok(order),
            Order::Next | Order::OutOfOrder => Err(NotTaken::RealtimeOff),
        }
    }

    fn point(&self, reading: &Reading, serial: i64) -> Point {
        let found = self.run_of(reading.age);
        let age_ms = i64::try_from(reading.age.as_millis()).unwrap_or(i64::MAX);
        // Within a run the clock that nobody sets tells the time, so that points stay apart as they were measured.
        let at_ms = found.map_or_else(
            || self.now.unix_ms.saturating_sub(age_ms),
            |(run, ms)| run.started_at_ms.saturating_add(i64::from(ms)),
        );
        Point {
            serial,
            run: found.map(|(run, _)| run.id),
            lane: reading.lane,
            category: found.map_or(self.state.category, |(run, _)| run.category),
            frequency: found.map(|(run, _)| run.frequency),
            dista: reading.dista,
            distb: reading.distb,
            is_a_detected: reading.is_a_detected,
            is_b_detected: reading.is_b_detected,
            relative_ms: found.map(|(_, ms)| ms),
            at_ms,
        }
    }

    /// The run that went on when a point was measured, and the milliseconds into it.
    ///
    /// What was measured a while ago may belong to the run that is over by now.
    fn run_of(&self, age: Duration) -> Option<(&Run, u32)> {
        let length = u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX);
        let into = |run: &Run| {
            let elapsed = run.elapsed_ms(&self.now.tick, self.now.unix_ms);
            elapsed.checked_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
        };
        let within = |run: &Run| {
            let longest = run.stop.map_or(length, |stop| u64::from(stop.duration_ms));
            into(run).filter(|ms| *ms <= longest).and_then(|ms| u32::try_from(ms).ok())
        };
        let running = self.state.running().and_then(|run| Some((run, within(run)?)));
        if running.is_some() || age.is_zero() {
            return running;
        }
        let latest = self.state.runs.values().rev().take(RUNS);
        latest.filter(|run| !run.is_running()).find_map(|run| Some((run, within(run)?)))
    }
}
