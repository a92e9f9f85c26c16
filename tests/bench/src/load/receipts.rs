//! What one subscriber got of one channel.

use super::faults::Faults;
use crate::wire::stamp::Stamp;

/// How far behind the newest an event may come; what is later counts as never come.
const SPAN: u32 = u64::BITS;

/// Keeps account of one subscriber's deliveries, in constant space.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipts {
    /// Events below have come, or are given up.
    base: u32,
    /// Bit n: event base + n has come.
    ahead: u64,
    /// Events below must not come any more, see [`Stamp::settled`].
    settled: u32,
    duplicated: u64,
    disordered: u64,
    /// Digest of the numbers in the order in which they came.
    pub(crate) order: u64,
}

impl Receipts {
    /// Takes a delivery; false if it had come before, or came far too late to tell.
    pub(crate) fn note(&mut self, stamp: &Stamp) -> bool {
        let Some(distance) = stamp.number.checked_sub(self.base) else {
            self.duplicated += 1;
            return false;
        };
        if distance >= SPAN {
            self.advance(distance - SPAN + 1);
        }
        let bit = 1u64.checked_shl(stamp.number - self.base).unwrap_or(0);
        if self.ahead & bit != 0 {
            self.duplicated += 1;
            return false;
        }
        self.ahead |= bit;
        self.advance(self.ahead.trailing_ones());
        self.disordered += u64::from(stamp.number < self.settled);
        self.settled = self.settled.max(stamp.settled);
        self.order = self.order.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(stamp.number) + 1);
        true
    }

    /// What went wrong; what is lost only the publisher knows.
    pub(crate) fn faults(&self) -> Faults {
        Faults { duplicated: self.duplicated, disordered: self.disordered, ..Faults::default() }
    }

    fn advance(&mut self, by: u32) {
        self.ahead = self.ahead.checked_shr(by).unwrap_or(0);
        self.base += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(events: &[(u32, u32)]) -> (Receipts, usize) {
        let mut receipts = Receipts::default();
        let stamps = events.iter().map(|&(number, settled)| Stamp { channel: 0, number, settled, sent: 0 });
        let count = stamps.filter(|stamp| receipts.note(stamp)).count();
        (receipts, count)
    }

    #[test]
    fn what_was_under_way_together_may_come_in_any_order() {
        let (receipts, count) = take(&[(1, 0), (0, 0), (3, 2), (2, 2)]);
        assert!(receipts.faults().is_none());
        assert_eq!(count, 4);
    }

    #[test]
    fn what_was_settled_before_must_not_come_after() {
        let (receipts, count) = take(&[(1, 1), (0, 0)]);
        assert_eq!((receipts.faults().disordered, count), (1, 2));
    }

    #[test]
    fn a_second_delivery_counts_as_duplicated() {
        let (receipts, count) = take(&[(0, 0), (2, 0), (2, 0), (0, 0)]);
        assert_eq!((receipts.faults().duplicated, count), (2, 2));
    }

    #[test]
    fn what_is_far_behind_is_given_up() {
        let (receipts, count) = take(&[(0, 0), (200, 0), (137, 0), (136, 0), (201, 0)]);
        assert_eq!((receipts.faults().duplicated, count), (1, 4));
    }

    #[test]
    fn another_order_has_another_digest() {
        assert_ne!(take(&[(0, 0), (1, 0)]).0.order, take(&[(1, 0), (0, 0)]).0.order);
    }
}
