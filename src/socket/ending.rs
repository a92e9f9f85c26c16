//! How connections end: by refusal, by the peer's wish, by the clock.

use tokio::time::Instant;

use crate::error::{Answer, Refusal};
use crate::protocol::{Frame, outbound};
use crate::rules;
use crate::telemetry;

use super::connection::{Connection, Phase};
use super::farewell::farewell;
use super::liveness::{Patience, Verdict};

impl Connection {
    /// Tells the peer no, and begins to close where the refusal says so.
    pub(super) fn refuse(&mut self, refusal: &Refusal, failed_channel: Option<&str>) {
        if let Refusal::Rule(rules::Error::Breach(breach)) = refusal {
            telemetry::breached(breach.rule.name());
        }
        let hub = &self.context.hub;
        match refusal.answer() {
            Answer::Error(code) => {
                telemetry::refused(code.unwrap_or_default());
                hub.push(self.key, &outbound::error(code, &refusal.to_string()));
                if let Some(channel) = failed_channel.filter(|channel| self.tells_failure(channel)) {
                    let (kind, status) = refusal.subscription_failure();
                    hub.push(self.key, &outbound::subscription_error(channel, kind, &refusal.to_string(), status));
                }
            }
            Answer::Close(code) => {
                telemetry::refused(code);
                if let Some(frames) = farewell(refusal) {
                    hub.close(self.key, &frames[..]);
                }
                self.begin_closing();
            }
            Answer::CloseSilently(code) => {
                telemetry::refused(code);
                hub.close(self.key, &[Frame::close(code, &refusal.to_string())]);
                self.begin_closing();
            }
            Answer::Status(_) => {}
        }
    }

    /// Java cannot digest the extra event on encrypted channels.
    pub(super) fn tells_failure(&self, channel: &str) -> bool {
        self.machine.app().config.subscription_error && !channel.starts_with("private-encrypted-")
    }

    pub(super) fn begin_closing(&mut self) {
        if matches!(self.phase, Phase::Open | Phase::Paused) {
            let until = Instant::now() + self.context.server.close_timeout;
            self.phase = Phase::Closing { until };
            // Others learn now that it goes, not when its peer gets round to answering.
            self.release();
            self.check_at = until;
            self.context.schedule(self.key, until);
        }
    }

    /// The peer said Close: answer in kind, unless ours went first, and end when that is out.
    pub(super) fn answer_close(&mut self, code: Option<u16>) {
        let answer = code.map_or_else(Frame::close_empty, |code| Frame::close(code, ""));
        self.context.hub.close(self.key, &[answer]);
        self.begin_closing();
        if let Phase::Closing { until } = self.phase {
            self.phase = Phase::Ending { until };
        }
    }

    /// Gives up all that it holds.
    pub(super) fn release(&mut self) {
        self.take_granted();
        let hub = &self.context.hub;
        for subject in self.machine.subjects() {
            hub.unbear(self.key, &self.bearer(&subject));
        }
        let (left, signed_in) = self.machine.take_all();
        for left in left {
            hub.leave(self.key, left.channel, left.member, left.counts);
        }
        if let Some(signed_in) = signed_in {
            hub.unwatch(self.key, signed_in.unwatch);
            if let Some(user) = signed_in.user {
                hub.sign_out(self.key, user);
            }
        }
    }

    /// Takes a subscription that was granted while the connection was closing, to be left as well.
    pub(super) fn take_granted(&mut self) {
        if let Some(Ok(())) = self.context.hub.take_outcome(self.key)
            && let Ok(Some((left, _))) = self.machine.joined(Ok(()))
        {
            self.context.hub.leave(self.key, left.channel, left.member, left.counts);
        }
    }

    /// Does what the clock says; whether the connection's time is over.
    pub(super) fn has_run_out(&mut self, now: Instant) -> bool {
        if now < self.check_at {
            // Woken for an earlier plan, or at the wheel's horizon.
            self.check_again(self.check_at);
            return false;
        }
        if let Phase::Closing { until } | Phase::Ending { until } = self.phase {
            if now >= until {
                return true;
            }
            self.check_again(until);
            return false;
        }
        if self.machine.is_authorized() {
            self.authorize_by = None;
        }
        if self.authorize_by.is_some_and(|by| now >= by) {
            self.refuse(&Refusal::NotAuthorizedInTime, None);
            return false;
        }
        if self.machine.is_expired() {
            self.refuse(&Refusal::TokenExpired, None);
            return false;
        }
        // While it is greeted nothing is read, no pong either: that the greeting gets on proves life.
        let left = self.context.hub.greeting_left(self.key);
        if left.is_some() && left != self.greeting_left {
            self.liveness.heard(now);
        }
        self.greeting_left = left;
        let config = &self.machine.app().config;
        let patience = Patience { activity: config.activity_timeout, pong: config.pong_timeout };
        let next = match self.liveness.check(patience, now) {
            Verdict::Wait(at) => at,
            Verdict::Probe(at) => {
                self.context.hub.push(self.key, &Frame::ping());
                at
            }
            Verdict::Dead => {
                self.refuse(&Refusal::NoPong, None);
                return false;
            }
            Verdict::Inactive => {
                self.refuse(&Refusal::Inactive, None);
                return false;
            }
        };
        let next = self.authorize_by.map_or(next, |by| by.min(next));
        self.check_again(self.expires_at(now).map_or(next, |at| at.min(next)));
        false
    }

    pub(super) fn check_again(&mut self, at: Instant) {
        self.check_at = at;
        self.context.schedule(self.key, at);
    }
}
