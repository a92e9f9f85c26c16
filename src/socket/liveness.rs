//! Is the peer still there? Probing by WebSocket pings, never by events.

use std::time::Duration;

use tokio::time::Instant;

/// What protocol 4 is given in place of a death by unanswered ping.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The times that an app gives its connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Silence before a probe.
    pub(super) activity: Duration,
    /// Silence after a probe that ends the connection.
    pub(super) pong: Duration,
}

/// When a peer was heard last, and whether it was asked since.
#[derive(Debug)]
pub(super) struct Liveness {
    heard: Instant,
    probed: Option<Instant>,
    /// Whether the peer is known to answer pings at all; protocol 4 is not.
    answers_pings: bool,
}

/// What to do about a peer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing until then.
    Wait(Instant),
    /// Send a ping, and look again then.
    Probe(Instant),
    /// It did not answer.
    Dead,
    /// A day of silence from a peer that cannot be probed.
    Inactive,
}

impl Liveness {
    pub(super) const fn new(protocol: u8, now: Instant) -> Self {
        Self { heard: now, probed: None, answers_pings: protocol > 4 }
    }

    /// Any frame proves life.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.probed = None;
    }

    pub(super) fn check(&mut self, patience: Patience, now: Instant) -> Verdict {
        let silent_since = self.heard + patience.activity;
        match self.probed {
            None if now < silent_since => Verdict::Wait(silent_since),
            None => {
                self.probed = Some(now);
                Verdict::Probe(now + patience.pong)
            }
            Some(probed) if now < probed + patience.pong => Verdict::Wait(probed + patience.pong),
            Some(_) if self.answers_pings => Verdict::Dead,
            Some(_) if now >= self.heard + DAY => Verdict::Inactive,
            Some(_) => {
                self.probed = Some(now);
                Verdict::Probe((now + patience.activity).min(self.heard + DAY))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { activity: Duration::from_secs(120), pong: Duration::from_secs(30) };

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// C-052, C-054, C-056.
    #[tokio::test(start_paused = true)]
    async fn silence_is_probed_then_ends() {
        let start = Instant::now();
        let mut peer = Liveness::new(7, start);
        assert_eq!(peer.check(PATIENCE, after(start, 119)), Verdict::Wait(after(start, 120)));
        assert_eq!(peer.check(PATIENCE, after(start, 120)), Verdict::Probe(after(start, 150)));
        assert_eq!(peer.check(PATIENCE, after(start, 149)), Verdict::Wait(after(start, 150)));
        peer.heard(after(start, 149));
        assert_eq!(peer.check(PATIENCE, after(start, 150)), Verdict::Wait(after(start, 269)));
        assert_eq!(peer.check(PATIENCE, after(start, 269)), Verdict::Probe(after(start, 299)));
        assert_eq!(peer.check(PATIENCE, after(start, 299)), Verdict::Dead);
    }

    #[tokio::test(start_paused = true)]
    async fn protocol_4_is_given_a_day() {
        let start = Instant::now();
        let mut peer = Liveness::new(4, start);
        let mut now = start;
        let mut probes = 0;
        loop {
            match peer.check(PATIENCE, now) {
                Verdict::Wait(at) => now = at,
                Verdict::Probe(at) => {
                    probes += 1;
                    now = at;
                }
                verdict @ (Verdict::Dead | Verdict::Inactive) => {
                    assert_eq!((verdict, now), (Verdict::Inactive, start + DAY));
                    break;
                }
            }
        }
        assert!(probes > 700);
    }
}
