//! When subscribers are told their number.

use std::time::Duration;

use tokio::time::Instant;

/// Subscriptions up to which every change is told.
const SMALL: usize = 100;

/// Above that, one event in this time.
const INTERVAL: Duration = Duration::from_secs(5);

/// What to do about a changed number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Telling {
    Now,
    /// Not before this time, unless the channel shrinks.
    At(Instant),
    /// Already due.
    Waiting,
}

/// Paces `subscription_count` events of one channel.
///
/// Source: protocol reference, section 2.12.
#[derive(Debug, Default)]
pub(super) struct Tally {
    told: Option<Instant>,
    is_due: bool,
}

impl Tally {
    /// The number changed to `count`.
    pub(super) fn change(&mut self, count: usize, now: Instant) -> Telling {
        let next = self.told.map(|told| told + INTERVAL).filter(|next| *next > now);
        match next {
            Some(next) if count > SMALL => {
                if std::mem::replace(&mut self.is_due, true) {
                    Telling::Waiting
                } else {
                    Telling::At(next)
                }
            }
            _ => {
                self.told = Some(now);
                self.is_due = false;
                Telling::Now
            }
        }
    }

    /// A time came; whether the number is to be told now.
    ///
    /// A time set before the channel shrank for a while comes too early for what happened since,
    /// which has its own time.
    pub(super) fn come(&mut self, now: Instant) -> bool {
        let is_early = self.told.is_some_and(|told| told + INTERVAL > now);
        if is_early || !self.is_due {
            return false;
        }
        self.is_due = false;
        self.told = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-225.
    #[tokio::test(start_paused = true)]
    async fn large_channels_are_told_once_in_five_seconds_and_at_the_end() {
        let start = Instant::now();
        let mut tally = Tally::default();
        assert_eq!(tally.change(100, start), Telling::Now);
        assert_eq!(tally.change(101, start), Telling::At(start + INTERVAL));
        assert_eq!(tally.change(102, start), Telling::Waiting);
        assert!(tally.come(start + INTERVAL));
        assert!(!tally.come(start + INTERVAL * 2));
        assert_eq!(tally.change(103, start + INTERVAL * 3), Telling::Now);
        assert_eq!(tally.change(100, start + INTERVAL * 3), Telling::Now, "small again");
    }
}
