//! How lanes are, by what came from them since the broker started.

use std::collections::{BTreeSet, VecDeque};

use crate::measurement::{Lane, Order, State};

use super::clock::Moment;
use super::handle::Origin;
use super::health::{LaneHealth, Path};
use super::refused::NotTaken;

/// Time over which a lane's rate is counted.
const WINDOW_MS: u64 = 3000;

/// Points of that time that are counted; faster lanes read as this many.
const COUNTED: usize = 1024;

/// Age from which a point counts as late.
const LATE_MS: u64 = 1000;

/// One lane's numbers.
#[derive(Debug, Default)]
struct Book {
    clients: BTreeSet<u64>,
    arrivals: VecDeque<u64>,
    last: Option<u64>,
    received: u64,
    stored: u64,
    refused: u64,
    late: u64,
    duplicates: u64,
    out_of_order: u64,
    detected: Option<(bool, bool)>,
    last_refusal: Option<&'static str>,
    path: Option<Path>,
}

/// All lanes' numbers.
#[derive(Debug, Default)]
pub(super) struct Books([Book; 8]);

/// What a point that was kept counts as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub(super) lane: Lane,
    pub(super) detected: (bool, bool),
    pub(super) age_ms: u64,
    pub(super) order: Order,
}

impl Books {
    pub(super) fn arrived(&mut self, arrived: Arrived, origin: Origin, now: &Moment) {
        let Some(book) = self.book(arrived.lane) else { return };
        book.note(origin, now);
        match arrived.order {
            Order::Duplicate | Order::Forgotten => book.duplicates += 1,
            Order::Next | Order::OutOfOrder => {
                book.stored += 1;
                book.detected = Some(arrived.detected);
                book.late += u64::from(arrived.age_ms > LATE_MS);
                book.out_of_order += u64::from(arrived.order == Order::OutOfOrder);
            }
        }
    }

    pub(super) fn refused(&mut self, lane: Lane, why: &NotTaken, origin: Origin, now: &Moment) {
        if let Some(book) = self.book(lane) {
            book.note(origin, now);
        }
        self.turned_away(lane, why.reason());
    }

    /// A point was refused, possibly one of a stranger: it is no sign of a camera.
    pub(super) fn turned_away(&mut self, lane: Lane, reason: &'static str) {
        let Some(book) = self.book(lane) else { return };
        book.refused += 1;
        book.last_refusal = Some(reason);
    }

    /// A camera's connection is closed.
    pub(super) fn gone(&mut self, client: u64) {
        for book in &mut self.0 {
            book.clients.remove(&client);
        }
    }

    pub(super) fn health(&self, state: &State, now: &Moment) -> Vec<LaneHealth> {
        Lane::all().zip(&self.0).map(|(lane, book)| book.health(lane, state, now_ms(now))).collect()
    }

    fn book(&mut self, lane: Lane) -> Option<&mut Book> {
        self.0.get_mut(lane.index())
    }
}

impl Book {
    fn note(&mut self, origin: Origin, now: &Moment) {
        let now = now_ms(now);
        self.received += 1;
        self.last = Some(now);
        self.path = Some(origin.path);
        self.clients.extend(origin.client);
        if self.arrivals.len() == COUNTED {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(now);
    }

    #[expect(clippy::cast_precision_loss, reason = "at most COUNTED")]
    fn health(&self, laptop_id: Lane, state: &State, now: u64) -> LaneHealth {
        let lately = self.arrivals.iter().rev().take_while(|at| now.saturating_sub(**at) < WINDOW_MS).count();
        LaneHealth {
            laptop_id,
            connected: u32::try_from(self.clients.len()).unwrap_or(u32::MAX),
            last_point_ms_ago: self.last.map(|last| now.saturating_sub(last)),
            rate_hz: (lately as f64 * 10_000.0 / WINDOW_MS as f64).round() / 10.0,
            received: self.received,
            stored: self.stored,
            refused: self.refused,
            late: self.late,
            duplicates: self.duplicates,
            out_of_order: self.out_of_order,
            lost: state.missing(laptop_id),
            is_a_detected: self.detected.map(|(a, _)| a),
            is_b_detected: self.detected.map(|(_, b)| b),
            last_refusal: self.last_refusal,
            path: self.path,
        }
    }
}

/// By the clock that nobody sets.
const fn now_ms(now: &Moment) -> u64 {
    now.tick.ns / 1_000_000
}
