//! The subscribers of published events, and what they got.

use std::collections::HashMap;

use super::engine::Engine;
use super::faults::Faults;
use super::link::{Ears, Link};
use super::receipts::Receipts;
use crate::clock::Nanos;
use crate::wire::stamp::Stamp;

/// Takes events for the first connections, one account each; what later ones get is not counted.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    receipts: Vec<Receipts>,
    /// Deliveries, each counted once.
    pub(crate) delivered: u64,
    /// From sending to reading, in microseconds, one per delivery since last taken.
    pub(crate) delays: Vec<u32>,
    strayed: u64,
}

impl Audience {
    /// For the first `count` connections.
    pub(crate) fn new(count: usize) -> Self {
        Self { receipts: vec![Receipts::default(); count], ..Self::default() }
    }

    /// What went wrong so far, if `expected` deliveries were due.
    pub(crate) fn faults(&self, expected: u64, engine: &Engine) -> Faults {
        let mut faults = Faults {
            lost: expected.saturating_sub(self.delivered),
            strayed: self.strayed,
            refused: engine.lanes.refused,
            closed: engine.links.iter().take(self.receipts.len()).filter(|link| link.is_closed()).count() as u64,
            ..Faults::default()
        };
        // All subscribers of a channel hear its events in one order, whichever that is.
        let mut orders = HashMap::new();
        for (link, receipts) in engine.links.iter().zip(&self.receipts) {
            faults += receipts.faults();
            let order = orders.entry(link.seat.channel).or_insert(receipts.order);
            faults.disordered += u64::from(*order != receipts.order && faults.lost == 0);
        }
        faults
    }
}

impl Ears for Audience {
    fn hear(&mut self, link: &mut Link, text: &[u8], now: Nanos) {
        let Some(receipts) = self.receipts.get_mut(link.index) else { return };
        match Stamp::read(text).filter(|stamp| stamp.channel == link.seat.channel) {
            None => self.strayed += 1,
            Some(stamp) if receipts.note(&stamp) => {
                self.delivered += 1;
                self.delays.push(u32::try_from(now.saturating_sub(stamp.sent) / 1000).unwrap_or(u32::MAX));
            }
            Some(_) => {}
        }
    }
}
