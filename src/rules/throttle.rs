//! How often each of many may do something.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest, Sha256};

use crate::config::contract::model::Pace;

/// Checks between two removals of keys that have all their tokens back.
const SWEEP: u32 = 4096;

/// A token bucket for each key: publisher and channel, or address.
///
/// Bounded by the keys that used a token within the pace's time, and some thousands of others.
#[derive(Debug)]
pub struct Throttle {
    buckets: RateLimiter<Key, DashMapStateStore<Key>, DefaultClock>,
    clock: DefaultClock,
    pace: Pace,
    checks: AtomicU32,
}

/// Whom a bucket belongs to, short and of equal length for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    /// Makes one of texts, which are kept apart.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (half, _) = digest.split_at(16);
        Self(u128::from_le_bytes(half.try_into().unwrap_or_default()))
    }

    /// The key as a number.
    pub(super) const fn number(self) -> u128 {
        self.0
    }
}

impl Throttle {
    /// Lets each key have `pace.count` at once, refilled evenly.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        let count = NonZeroU32::new(pace.count).unwrap_or(NonZeroU32::MIN);
        let one = (pace.per / count.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(one).unwrap_or_else(|| Quota::per_second(count)).allow_burst(count);
        let clock = DefaultClock::default();
        Self { buckets: RateLimiter::dashmap_with_clock(quota, clock.clone()), clock, pace, checks: AtomicU32::new(0) }
    }

    /// How often.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// Takes a token of an address.
    ///
    /// # Errors
    /// The time until there is one again.
    pub fn take_for(&self, address: &str) -> Result<(), Duration> {
        self.take(Key::of(&[address]))
    }

    /// Takes a token of `key`; the time until there is one again when there is none.
    pub(super) fn take(&self, key: Key) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(&key).map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_bucket() {
        let throttle = Throttle::new(Pace { count: 3, per: Duration::from_secs(3600) });
        for address in ["a", "b"] {
            assert_eq!((0..10).filter(|_| throttle.take_for(address).is_ok()).count(), 3, "{address}");
            let wait = throttle.take_for(address).unwrap_err();
            assert!(wait > Duration::from_secs(1100) && wait <= Duration::from_secs(1200), "{wait:?}");
        }
    }

    #[test]
    fn keys_that_are_full_again_are_forgotten() {
        let throttle = Throttle::new(Pace { count: 1, per: Duration::from_nanos(1) });
        for number in 0..3 * SWEEP {
            throttle.take_for(&number.to_string()).unwrap();
        }
        assert!(throttle.buckets.len() <= SWEEP as usize, "{}", throttle.buckets.len());
    }

    #[test]
    fn parts_of_a_key_are_kept_apart() {
        assert_ne!(Key::of(&["ab", "c"]), Key::of(&["a", "bc"]));
    }
}
