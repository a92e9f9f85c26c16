//! The same complaint at most once a second.

use std::time::Duration;

use tokio::time::Instant;

/// Time between two complaints for one reason.
const PAUSE: Duration = Duration::from_secs(1);

/// When a socket was last told of each reason; as many as there are reasons, which are few.
#[derive(Debug, Default)]
pub(super) struct Throttle(Vec<(&'static str, Instant)>);

impl Throttle {
    /// Whether to say it now; whoever asks does say it then.
    pub(super) fn allows(&mut self, reason: &'static str, now: Instant) -> bool {
        match self.0.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, last)) if now.saturating_duration_since(*last) < PAUSE => false,
            Some((_, last)) => {
                *last = now;
                true
            }
            None => {
                self.0.push((reason, now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_reason_has_its_own_second() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        assert!(throttle.allows("invalid", start) && throttle.allows("key", start));
        assert!(!throttle.allows("invalid", start + PAUSE / 2));
        assert!(throttle.allows("invalid", start + PAUSE) && !throttle.allows("invalid", start + PAUSE));
    }
}
