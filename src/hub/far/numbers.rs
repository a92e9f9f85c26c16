//! The order of what a home sends, and what a listener knows of it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::words::{Number, Origin};

/// Numbers the events that one home sends.
#[derive(Debug)]
pub(super) struct Outgoing {
    next: Number,
}

/// What a home has heard of other nodes' homes of its channel.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The last number of each; a node that is gone stays until the home listens anew.
    last: Vec<(Origin, u64)>,
}

/// What an event's number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// It is new; so many before it were not heard.
    New {
        /// Events.
        lost: u64,
    },
    /// It was heard before.
    Again,
}

/// This node's clock, microseconds of Unix time.
pub(super) fn unix_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX >> 1)
}

impl Outgoing {
    /// Begins above every number that an earlier home of the channel can have given.
    pub(super) fn new() -> Self {
        Self { next: Number { value: unix_us(), since: 0 } }
    }

    pub(super) const fn take(&mut self) -> Number {
        let number = self.next;
        self.next = Number { value: number.value + 1, since: number.since.saturating_add(1) };
        number
    }
}

impl Incoming {
    /// Takes a number in.
    pub(super) fn hear(&mut self, origin: Origin, number: Number) -> Order {
        let first = number.value.saturating_sub(u64::from(number.since));
        let Some((_, last)) = self.last.iter_mut().find(|(known, _)| *known == origin) else {
            self.last.push((origin, number.value));
            return Order::New { lost: 0 };
        };
        if number.value <= *last {
            return Order::Again;
        }
        // A home that came anew begins again; what it sent before this one was not heard.
        let before = if *last >= first { *last + 1 } else { first };
        *last = number.value;
        Order::New { lost: number.value - before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Origin = Origin(1);

    fn number(value: u64, since: u32) -> Number {
        Number { value, since }
    }

    #[test]
    fn what_is_missing_is_counted_and_what_comes_again_is_known() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.hear(A, number(105, 5)), Order::New { lost: 0 }, "nobody listened before");
        assert_eq!(incoming.hear(A, number(105, 5)), Order::Again);
        assert_eq!(incoming.hear(A, number(106, 6)), Order::New { lost: 0 });
        assert_eq!(incoming.hear(A, number(109, 9)), Order::New { lost: 2 });
        assert_eq!(incoming.hear(Origin(2), number(3, 3)), Order::New { lost: 0 });
        assert_eq!(incoming.hear(A, number(502, 2)), Order::New { lost: 2 }, "its home came anew");
        assert_eq!(incoming.hear(A, number(501, 1)), Order::Again);
    }

    #[test]
    fn numbers_rise_over_homes() {
        let mut first = Outgoing::new();
        let last = std::iter::repeat_with(|| first.take()).nth(3).unwrap();
        assert_eq!(last.since, 3);
        // The clock is in microseconds.
        assert!((0..1_000_000).any(|_| Outgoing::new().take().value > last.value));
    }
}
