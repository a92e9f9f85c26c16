//! Numbers that senders give their points, so that none counts twice.

use serde::{Deserialize, Serialize};

/// Numbers below the highest that are told apart.
const WINDOW: u64 = 4096;

const WORD: u64 = 64;

/// A sender's number of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who numbers: 1 to 64 characters.
    pub sender: Box<str>,
    /// The number; rises from point to point.
    pub seq: u64,
}

/// How a number stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Higher than all.
    Next,
    /// Lower than the highest, and not seen yet.
    OutOfOrder,
    /// Seen already.
    Duplicate,
    /// So much lower than the highest that nobody knows.
    Forgotten,
}

/// Which numbers of one sender on one lane have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    first: u64,
    highest: u64,
    received: u64,
    /// A bit for each number modulo the window.
    bits: Vec<u64>,
    /// Of the state's count of entries when it last grew; the oldest makes room.
    pub(super) used: u64,
}

impl Seen {
    pub(super) fn new(seq: u64) -> Self {
        let mut seen = Self {
            first: seq,
            highest: seq,
            received: 1,
            bits: vec![0; usize::try_from(WINDOW / WORD).unwrap_or_default()],
            used: 0,
        };
        seen.set(seq, true);
        seen
    }

    pub(super) fn order(&self, seq: u64) -> Order {
        if seq > self.highest {
            Order::Next
        } else if self.highest - seq >= WINDOW {
            Order::Forgotten
        } else if self.has(seq) {
            Order::Duplicate
        } else {
            Order::OutOfOrder
        }
    }

    /// Notes a number that is not a duplicate.
    pub(super) fn note(&mut self, seq: u64) {
        if seq > self.highest {
            // What the window slides over is not seen yet.
            for skipped in (self.highest + 1..=seq).rev().take(usize::try_from(WINDOW).unwrap_or(usize::MAX)) {
                self.set(skipped, false);
            }
            self.highest = seq;
        }
        self.first = self.first.min(seq);
        self.received += 1;
        self.set(seq, true);
    }

    /// Numbers that have not come.
    pub(super) const fn missing(&self) -> u64 {
        (self.highest - self.first + 1).saturating_sub(self.received)
    }

    fn has(&self, seq: u64) -> bool {
        let (word, bit) = place(seq);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn set(&mut self, seq: u64, is_seen: bool) {
        let (word, bit) = place(seq);
        if let Some(bits) = self.bits.get_mut(word) {
            if is_seen { *bits |= bit } else { *bits &= !bit }
        }
    }
}

fn place(seq: u64) -> (usize, u64) {
    let within = seq % WINDOW;
    (usize::try_from(within / WORD).unwrap_or(usize::MAX), 1 << (within % WORD))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_counts_once_and_gaps_are_counted() {
        let mut seen = Seen::new(10);
        assert_eq!(seen.order(10), Order::Duplicate);
        assert_eq!(seen.order(12), Order::Next);
        seen.note(12);
        assert_eq!(seen.missing(), 1);
        assert_eq!(seen.order(11), Order::OutOfOrder);
        seen.note(11);
        assert_eq!((seen.missing(), seen.order(11)), (0, Order::Duplicate));
        seen.note(12 + WINDOW);
        assert_eq!(seen.order(12), Order::Forgotten);
        assert_eq!(seen.order(13), Order::OutOfOrder);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_set(numbers in prop::collection::vec(0_u64..3 * WINDOW, 1..200)) {
            let mut seen = Seen::new(numbers[0]);
            let mut set = BTreeSet::from([numbers[0]]);
            for number in numbers {
                let highest = *set.last().expect("never empty");
                let expected = if number > highest {
                    Order::Next
                } else if highest - number >= WINDOW {
                    Order::Forgotten
                } else if set.contains(&number) {
                    Order::Duplicate
                } else {
                    Order::OutOfOrder
                };
                prop_assert_eq!(seen.order(number), expected);
                if matches!(expected, Order::Next | Order::OutOfOrder) {
                    seen.note(number);
                    set.insert(number);
                }
            }
        }
    }
}
