//! What a connection does on behalf of its machine: effects become calls to the hub.

use std::task::{Context as Task, Poll};

use tokio::time::Instant;

use crate::error::Refusal;
use crate::hub::{Busy, Joining, Publication};

use super::connection::{Connection, Phase};
use super::machine::{Effect, SignedIn};

impl Connection {
    pub(super) fn receive(&mut self, text: &str) {
        self.context.metrics.messages.increment(1);
        match self.machine.receive(text, Instant::now()) {
            Effect::Nothing => {}
            Effect::Reply(frame) => self.context.hub.push(self.key, &frame),
            Effect::Join(joining) => self.join(joining),
            Effect::Leave(left) => self.context.hub.leave(self.key, left.channel, left.member, left.counts),
            Effect::SignIn(signed_in) => self.sign_in(signed_in),
            Effect::Publish(publication) => self.publish(publication),
            Effect::Refuse(refusal, channel) => self.refuse(&refusal, channel.as_deref()),
        }
    }

    pub(super) fn join(&mut self, joining: Joining) {
        self.context.hub.join(self.key, joining);
        self.phase = Phase::Paused;
        if self.take_outcome() {
            self.phase = Phase::Open;
        }
    }

    /// Takes the home's answer to a subscription; whether it was there.
    pub(super) fn take_outcome(&mut self) -> bool {
        let Some(outcome) = self.context.hub.take_outcome(self.key) else {
            return false;
        };
        if let Err((refusal, channel)) = self.machine.joined(outcome) {
            self.refuse(&refusal, Some(&channel));
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

    pub(super) fn publish(&mut self, publication: Publication) {
        self.context.metrics.client_events.increment(1);
        self.waiting = self.context.hub.publish_one(publication);
        if self.waiting.is_some() {
            self.phase = Phase::Paused;
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
            self.phase = Phase::Open;
            self.process_rest();
        }
    }
}
