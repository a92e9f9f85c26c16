//! What a session is asked to do.

use redis::{Cmd, cmd};
use tokio::time::Instant;

use crate::adapter::pipeline::{Job, What};
use crate::adapter::wording::{Target, fail};
use crate::config::RedisMode;
use crate::hub::far::{Place, Question, Request, Ticket};

use super::Inlet;
use super::session::{AT_ONCE, Session};

impl Session<'_> {
    pub(super) fn take_all(&mut self, inlet: Option<Inlet>) {
        // Whoever sends is gone without saying goodbye.
        let Some(inlet) = inlet else {
            self.engine.ending.get_or_insert_with(Instant::now);
            return;
        };
        self.take(inlet);
        for _ in 1..AT_ONCE {
            match self.engine.inlet.try_recv() {
                Ok(inlet) => self.take(inlet),
                Err(_) => break,
            }
        }
    }

    pub(super) fn take(&mut self, inlet: Inlet) {
        match inlet {
            Inlet::Request(request) => self.request(request),
            Inlet::Control(node, message) => self.place(Job::new(What::Control(node, message))),
            other @ (Inlet::Lost(_) | Inlet::Apps(_) | Inlet::Stop(_)) => self.engine.always(other),
        }
    }

    pub(super) fn request(&mut self, request: Request) {
        match request {
            Request::Relay(..) | Request::Stay(..) => {
                let mut job = Job::new(What::Request(request));
                job.sent.is_late = self.settles.is_some_and(|until| Instant::now() < until);
                self.place(job);
            }
            // What waited goes first; homes were not told that they may ask.
            Request::Ask(question) if !self.is_back => fail(question),
            _ if !self.is_back => {}
            Request::Listen(place, ticket) => self.listen(place, ticket),
            Request::Unlisten(place) => self.unlisten(&place),
            Request::Ask(question @ Question::Channels(..)) => self.ask_all(question),
            Request::Sync(..) | Request::Look(..) | Request::Ask(_) => self.place(Job::new(What::Request(request))),
        }
    }

    pub(super) fn listen(&mut self, place: Place, ticket: Ticket) {
        let Some(topic) = self.engine.wording.topic(&place) else { return };
        let target = self.engine.wording.target(&Request::Unlisten(place.clone()));
        self.topics.listen(&topic, place, ticket);
        self.subscribe(target, self.subscribing("SUBSCRIBE", &topic));
    }

    pub(super) fn unlisten(&mut self, place: &Place) {
        let Some(topic) = self.engine.wording.topic(place) else { return };
        let target = self.engine.wording.target(&Request::Unlisten(place.clone()));
        if self.topics.unlisten(&topic) {
            self.subscribe(target, self.subscribing("UNSUBSCRIBE", &topic));
        }
    }

    pub(super) fn subscribing(&self, word: &str, topic: &str) -> Cmd {
        let is_sharded = self.engine.opener.config.mode == RedisMode::Cluster;
        let mut command = if is_sharded { cmd(&format!("S{word}")) } else { cmd(word) };
        command.arg(topic);
        command
    }

    pub(super) fn subscribe(&mut self, target: Target, command: Cmd) {
        let Target::Bucket(bucket) = target else { return };
        if let Some(lane) = self.lanes.get_mut(self.topology.of(bucket)) {
            lane.topics.push_back(command);
        }
    }
}
