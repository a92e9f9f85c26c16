//! The order of what a home sends, and what a listener knows of it.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
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
    /// What is known of each; a node that is gone stays until the home listens anew.
    senders: Vec<(Origin, Known)>,
    /// Since when somebody here is to hear all, in Unix microseconds.
    begun: Option<u64>,
    /// Whether the others could not be heard for a while since then.
    has_missed: bool,
}

/// What is known of one sender.
#[derive(Debug)]
struct Known {
    /// The greatest number.
    last: u64,
    /// Those below it that were not heard, the youngest last. They may come late: what Redis could not do at once is sent
    /// again after what it could.
    missing: VecDeque<RangeInclusive<u64>>,
    /// Whether others between the greatest and the next one were sent when nobody listened.
    is_first: bool,
}

/// Stretches that are remembered.
const STRETCHES: usize = 8;

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
#[must_use]
pub fn unix_us() -> u64 {
    #[cfg(test)]
    if let Some(now) = super::simulation::unix_us() {
        return now;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX >> 1)
}

impl Outgoing {
    /// Begins above every number that an earlier home of the channel gave: in another life, as time goes on; in this one, as
    /// is known, for somebody may set the clock back.
    pub(super) fn above(floor: u64) -> Self {
        Self { next: Number { value: unix_us().max(floor), since: 0 } }
    }

    /// The next number.
    pub(super) const fn end(&self) -> u64 {
        self.next.value
    }

    pub(super) const fn take(&mut self) -> Number {
        let number = self.next;
        self.next = Number { value: number.value + 1, since: number.since.saturating_add(1) };
        number
    }
}

impl Incoming {
    /// From now on somebody here is to hear all.
    pub(super) fn begin(&mut self) {
        self.begun.get_or_insert_with(unix_us);
    }

    /// The others could not be heard: what is missing from now on is lost, whoever sent it.
    pub(super) fn miss(&mut self) {
        self.has_missed = self.begun.is_some();
        self.senders.iter_mut().for_each(|(_, known)| known.is_first = false);
    }

    /// Events of an unknown sender that should have been heard before this one. A home's first number is the time of its
    /// beginning. How many an older one sent before a break is not known: they all count then.
    fn unheard(&self, number: Number, first: u64) -> u64 {
        let is_younger = self.begun.is_some_and(|begun| first > begun);
        if is_younger || self.has_missed { u64::from(number.since) } else { 0 }
    }

    /// Takes note that nobody here need hear this one, or one before it.
    pub(super) fn know(&mut self, origin: Origin, number: Number) {
        match self.senders.iter_mut().find(|(sender, _)| *sender == origin) {
            Some((_, known)) => known.last = known.last.max(number.value),
            None => {
                let known = Known { last: number.value, missing: VecDeque::new(), is_first: true };
                self.senders.push((origin, known));
            }
        }
    }

    /// Takes a number in.
    pub(super) fn hear(&mut self, origin: Origin, number: Number) -> Order {
        let first = number.value.saturating_sub(u64::from(number.since));
        let Some((_, known)) = self.senders.iter_mut().find(|(sender, _)| *sender == origin) else {
            let lost = self.unheard(number, first);
            let mut known = Known { last: number.value, missing: VecDeque::new(), is_first: false };
            known.miss(number.value.saturating_sub(lost), number.value);
            self.senders.push((origin, known));
            return Order::New { lost };
        };
        if number.value <= known.last {
            return if known.find(number.value) { Order::New { lost: 0 } } else { Order::Again };
        }
        // A home that came anew begins again; what it sent before this one was not heard.
        let before = if known.last >= first { known.last + 1 } else { first };
        known.last = number.value;
        if std::mem::take(&mut known.is_first) {
            return Order::New { lost: 0 };
        }
        known.miss(before, number.value);
        Order::New { lost: number.value - before }
    }
}

impl Known {
    fn miss(&mut self, from: u64, until: u64) {
        if from < until {
            self.missing.push_back(from..=until - 1);
            if self.missing.len() > STRETCHES {
                self.missing.pop_front();
            }
        }
    }

    /// Whether a number was missing; from now on it is not.
    fn find(&mut self, number: u64) -> bool {
        let Some(at) = self.missing.iter().position(|stretch| stretch.contains(&number)) else {
            return false;
        };
        let Some((from, until)) = self.missing.remove(at).map(RangeInclusive::into_inner) else {
            return false;
        };
        let rest = [(from, number), (number + 1, until + 1)].into_iter().filter(|(from, until)| from < until);
        for (from, until) in rest.rev() {
            self.missing.insert(at, from..=until - 1);
        }
        true
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
        assert_eq!(incoming.hear(A, number(502, 2)), Order::Again);
    }

    #[test]
    fn the_first_of_an_unknown_sender_tells_what_is_missing() {
        let mut incoming = Incoming::default();
        incoming.begin();
        assert_eq!(incoming.hear(A, number(105, 5)), Order::New { lost: 0 }, "it may have sent before");
        let later = unix_us() + 1_000_000;
        assert_eq!(incoming.hear(Origin(2), number(later + 3, 3)), Order::New { lost: 3 });
        incoming.know(Origin(3), number(50, 1));
        incoming.miss();
        assert_eq!(incoming.hear(Origin(3), number(53, 4)), Order::New { lost: 2 });
        assert_eq!(incoming.hear(Origin(4), number(105, 5)), Order::New { lost: 5 });
        let mut deaf = Incoming::default();
        deaf.miss();
        assert_eq!(deaf.hear(A, number(105, 5)), Order::New { lost: 0 }, "nobody was there to hear it");
    }

    #[test]
    fn what_comes_late_is_new_once() {
        let mut incoming = Incoming::default();
        incoming.hear(A, number(100, 0));
        assert_eq!(incoming.hear(A, number(106, 6)), Order::New { lost: 5 });
        for late in [103, 101, 105, 102, 104] {
            assert_eq!(incoming.hear(A, number(late, 9)), Order::New { lost: 0 }, "{late}");
            assert_eq!(incoming.hear(A, number(late, 9)), Order::Again, "{late}");
        }
        for far in 0..20 {
            incoming.hear(A, number(200 + 2 * far, 99 + 2 * u32::try_from(far).unwrap()));
        }
        assert_eq!(incoming.hear(A, number(201, 100)), Order::Again, "so many stretches are not remembered");
        assert_eq!(incoming.hear(A, number(237, 136)), Order::New { lost: 0 });
    }

    #[test]
    fn what_greets_newcomers_is_known_and_what_came_after_it_is_not_lost() {
        let mut incoming = Incoming::default();
        incoming.know(A, number(107, 7));
        incoming.know(A, number(105, 5));
        assert_eq!(incoming.hear(A, number(107, 7)), Order::Again);
        assert_eq!(incoming.hear(A, number(110, 10)), Order::New { lost: 0 });
        assert_eq!(incoming.hear(A, number(112, 12)), Order::New { lost: 1 });
    }

    #[test]
    fn numbers_rise_over_homes_whatever_the_clock_says() {
        let mut first = Outgoing::above(unix_us() + 1_000_000_000);
        let last = std::iter::repeat_with(|| first.take()).nth(3).unwrap();
        assert_eq!((last.since, first.end()), (3, last.value + 1));
        let next = Outgoing::above(first.end()).take();
        assert_eq!((next.since, next.value), (0, last.value + 1));
        let now = unix_us();
        assert!(Outgoing::above(0).take().value >= now);
    }
}
