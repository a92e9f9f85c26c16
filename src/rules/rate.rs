//! How often something may happen.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket that holds one second's worth of tokens and starts full.
///
/// Kept as the one moment at which it would be full again, so it needs no timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    full_at: Option<Instant>,
}

impl Rate {
    /// Takes a token of `per_second`; whether there was one.
    pub fn take(&mut self, per_second: u32, now: Instant) -> bool {
        let token = Duration::from_secs(1) / per_second.max(1);
        let full_at = self.full_at.unwrap_or(now).max(now) + token;
        // Integer division makes tokens slightly early, never late: allow the last one its rounding.
        if full_at.duration_since(now) > Duration::from_secs(1) {
            return false;
        }
        self.full_at = Some(full_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-137.
    #[tokio::test(start_paused = true)]
    async fn ten_pass_at_once_then_one_each_tenth() {
        for per_second in [1, 3, 7, 10] {
            let now = Instant::now();
            let mut rate = Rate::default();
            let passed = (0..100).filter(|_| rate.take(per_second, now)).count();
            assert_eq!(passed, per_second as usize);
            assert!(!rate.take(per_second, now + Duration::from_millis(50)));
            assert!(rate.take(per_second, now + Duration::from_secs(1) / per_second));
            let later = now + Duration::from_secs(3);
            assert_eq!((0..100).filter(|_| rate.take(per_second, later)).count(), per_second as usize);
        }
    }
}
