//! What a connection does on behalf of its machine: effects become calls to the hub.

use std::any::Any;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::auth::unix_now;
use crate::error::Refusal;
use crate::hub::{Busy, Joining, Publication, Signals, UserKey};
use crate::protocol::UserId;
use crate::rules::Grant;

use super::connection::{Connection, Phase};
use super::machine::{Effect, Left, SignedIn};

/// A hundred years, in seconds.
const CENTURY: u64 = 100 * 365 * 24 * 60 * 60;

impl Connection {
    pub(super) fn receive(&mut self, text: &str) {
        self.context.metrics.messages.increment(1);
        match self.machine.receive(text, Instant::now()) {
            Effect::Nothing => {}
            Effect::Reply(frame) => self.context.hub.push(self.key, &frame),
            Effect::Join(joining) => self.join(joining),
            Effect::Leave(left) => self.context.hub.leave(self.key, left.channel, left.member, left.counts),
            Effect::SignIn(signed_in) => self.sign_in(signed_in),
            Effect::Publish(publications) => self.publish(publications),
            Effect::Refuse(refusal, channel) => self.refuse(&refusal, channel.as_deref()),
        }
    }

    pub(super) fn join(&mut self, joining: Joining) {
        self.context.hub.join(self.key, joining);
        self.phase = Phase::Paused;
        if self.take_outcome() && !self.context.hub.is_greeting(self.key) {
            self.phase = Phase::Open;
        }
    }

    /// Takes the home's answer to a subscription; whether it was there.
    pub(super) fn take_outcome(&mut self) -> bool {
        let Some(outcome) = self.context.hub.take_outcome(self.key) else {
            return false;
        };
        match self.machine.joined(outcome) {
            Ok(None) => {}
            // The rules have changed since it was allowed.
            Ok(Some((left, refusal))) => self.end(left, &refusal),
            Err((refusal, channel)) => self.refuse(&refusal, Some(&channel)),
        }
        true
    }

    pub(super) fn sign_in(&mut self, signed_in: SignedIn) {
        let hub = &self.context.hub;
        if let Some(reply) = &signed_in.reply {
            hub.push(self.key, reply);
        }
        if let Some(refusal) = &signed_in.refusal {
            self.refuse(refusal, None);
        }
        let hub = &self.context.hub;
        if let Some(user) = signed_in.user {
            hub.sign_in(self.key, user);
        }
        hub.unwatch(self.key, signed_in.unwatch);
        if !signed_in.watch.is_empty() && hub.watch(self.key, signed_in.watch) {
            self.phase = Phase::Paused;
        }
    }

    /// Hands an event to its home, or to the homes of both names of a channel with a twin.
    pub(super) fn publish(&mut self, publications: Vec<Publication>) {
        self.context.metrics.client_events.increment(1);
        self.waiting = self.context.hub.publish_now(publications);
        if self.waiting.is_some() {
            self.phase = Phase::Paused;
            // Nobody has polled it yet, so nothing else would wake us for its answer.
            self.context.hub.signal(self.key, Signals::RESUMED);
        }
    }

    /// Ends a subscription that is allowed no longer, and says so.
    fn end(&mut self, left: Left, refusal: &Refusal) {
        let channel = left.channel.name.clone();
        self.context.hub.leave(self.key, left.channel, left.member, left.counts);
        self.refuse(refusal, Some(channel.as_str()));
    }

    /// Takes what the auth endpoint has granted.
    pub(super) fn take_letters(&mut self) {
        for letter in self.context.hub.take_letters(self.key) {
            let letter: Arc<dyn Any + Send + Sync> = letter;
            let Ok(grant) = letter.downcast::<Grant>() else { continue };
            if !matches!(self.phase, Phase::Open | Phase::Paused) {
                continue;
            }
            if let Err(refusal) = self.machine.grant(&grant) {
                self.refuse(&refusal, None);
                continue;
            }
            let bearer = &grant.bearer;
            self.context.hub.bear(self.key, self.bearer(&bearer.subject), bearer.issued_at);
            if let Some(at) = self.expires_at(Instant::now()).filter(|at| *at < self.check_at) {
                self.check_again(at);
            }
        }
    }

    /// When the first of its tokens expires.
    pub(super) fn expires_at(&self, now: Instant) -> Option<Instant> {
        let left = self.machine.expires_at()?.saturating_sub(unix_now());
        // Beyond a century the clock of the machine is no measure.
        Some(now + Duration::from_secs(left.min(CENTURY)))
    }

    /// A subject as the hub knows it.
    pub(super) fn bearer(&self, subject: &str) -> UserKey {
        let id = UserId::parse(subject, usize::MAX).expect("a token has a subject");
        self.machine.app().user(id)
    }

    /// Goes on by the rules of now: ends what they forbid.
    pub(super) fn reload(&mut self) {
        self.context.took_notice(&mut self.generation);
        if !matches!(self.phase, Phase::Open | Phase::Paused) {
            return;
        }
        let id = &self.machine.app().config.id;
        let Some(app) = self.context.apps.by_id(id.as_str()) else {
            let key = self.machine.app().keys().next().unwrap_or_default().to_owned();
            return self.refuse(&Refusal::UnknownApp { key }, None);
        };
        if !app.config.enabled {
            return self.refuse(&Refusal::AppDisabled, None);
        }
        match self.machine.reload(app) {
            Ok(ended) => {
                for (left, refusal) in ended {
                    self.end(left, &refusal);
                }
            }
            Err(refusal) => self.refuse(&refusal, None),
        }
    }

    /// Takes the answer that a paused connection waits for, and goes on.
    pub(super) fn poll_answers(&mut self, task: &mut Task<'_>) {
        if self.phase != Phase::Paused {
            return;
        }
        let is_answered = if let Some(waiting) = &mut self.waiting {
            let sent = waiting.as_mut().poll(task);
            if sent == Poll::Ready(Err(Busy)) {
                self.refuse(&Refusal::Overloaded, None);
            }
            sent.is_ready()
        } else if self.machine.is_joining() {
            self.take_outcome()
        } else {
            !self.context.hub.is_awaiting_states(self.key)
        };
        if is_answered {
            self.waiting = None;
            // One greeting of retained events at a time: the next message waits until it is out.
            if !self.context.hub.is_greeting(self.key) {
                self.phase = Phase::Open;
                self.process_rest();
            }
        }
    }
}
