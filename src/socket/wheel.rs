//! One coarse timer wheel a worker, in place of a timer a connection.

use std::time::Duration;

use tokio::time::Instant;

use crate::hub::ConnectionKey;

/// How exact it is.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// Ticks to the horizon; what lies beyond is looked at there and scheduled again.
const SLOTS: usize = 512;

/// Whom to wake when.
///
/// An entry is never taken out: one whose connection has gone, or has looked at the clock
/// meanwhile, is a wake-up in vain. So a slot holds at most the connections of one horizon.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: Vec<Vec<ConnectionKey>>,
    start: Instant,
    /// Ticks since the start that have been handled.
    done: u64,
}

impl Wheel {
    pub(super) fn new(now: Instant) -> Self {
        Self { slots: vec![Vec::new(); SLOTS], start: now, done: 0 }
    }

    /// Wakes `connection` at `at` or up to a tick later; earlier where `at` is beyond the horizon.
    pub(super) fn schedule(&mut self, connection: ConnectionKey, at: Instant) {
        let ticks = at.saturating_duration_since(self.start).as_nanos().div_ceil(TICK.as_nanos());
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
        let tick = ticks.clamp(self.done + 1, self.done + SLOTS as u64 - 1);
        if let Some(slot) = self.slots.get_mut(index(tick)) {
            slot.push(connection);
        }
    }

    /// Takes all whose time has come.
    pub(super) fn advance(&mut self, now: Instant) -> Vec<ConnectionKey> {
        let now = u64::try_from(now.saturating_duration_since(self.start).as_nanos() / TICK.as_nanos());
        let now = now.unwrap_or(u64::MAX);
        let mut due = Vec::new();
        while self.done < now {
            self.done += 1;
            if let Some(slot) = self.slots.get_mut(index(self.done)) {
                due.append(slot);
            }
        }
        due
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below the number of slots")]
const fn index(tick: u64) -> usize {
    (tick % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use slotmap::KeyData;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_is_woken_early_within_the_horizon_and_all_are_woken_in_time() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        for millis in [0_u64, 1, 250, 251, 1000, 60_000, 127_000] {
            let key = ConnectionKey::from(KeyData::from_ffi(millis + 1));
            let at = start + Duration::from_millis(millis);
            wheel.schedule(key, at);
            let mut now = wheel.start + TICK * u32::try_from(wheel.done).unwrap();
            loop {
                now += TICK;
                if wheel.advance(now).contains(&key) {
                    break;
                }
            }
            assert!(now >= at && now < at.max(start + TICK * u32::try_from(wheel.done).unwrap()) + TICK, "{millis}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_fraction_of_a_millisecond_counts() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        let key = ConnectionKey::from(KeyData::from_ffi(1));
        wheel.schedule(key, start + Duration::from_micros(1_000_900));
        assert!(!wheel.advance(start + Duration::from_micros(1_000_100)).contains(&key));
        assert!(wheel.advance(start + Duration::from_millis(1_250)).contains(&key));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_worker_catches_up() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        let key = ConnectionKey::from(KeyData::from_ffi(1));
        wheel.schedule(key, start + Duration::from_secs(500));
        assert_eq!(wheel.advance(start + Duration::from_secs(1000)), vec![key]);
    }
}
