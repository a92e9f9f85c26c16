//! What waits for one server and what is under way to it: one batch at a time, in order.

use std::collections::VecDeque;
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use tokio::time::Instant;

use crate::hub::far::Request;

use super::backlog::weight;
use super::connect::Link;
use super::fault::{Fault, Remedy, remedy};
use super::script::is_out_of_turn;
use super::wording::Sent;

/// Commands in a batch.
const COMMANDS: usize = 512;

/// Bytes in a batch, roughly.
const BYTES: usize = 1 << 20;

/// How long is waited before what a server could not do yet is sent again.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// How long that goes on before the topology is looked up again: a slot with many keys is on its way for seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// One request, or what it has to do with one bucket.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) what: What,
    /// How it is sent.
    pub(super) sent: Sent,
    /// Made when the job is sent first.
    commands: Option<Vec<Cmd>>,
    /// Whether it waited for a session.
    pub(super) has_waited: bool,
}

/// What a job is for.
#[derive(Debug)]
pub(super) enum What {
    /// A request with one answer.
    Request(Request),
    /// A part of a question with many: its number, and which part this is.
    Part(u64, usize),
    /// Something for all nodes, or for one.
    Control(Option<u32>, Vec<u8>),
}

impl Job {
    pub(super) const fn new(what: What) -> Self {
        Self { what, sent: Sent { is_late: false, number: None }, commands: None, has_waited: false }
    }

    pub(super) fn ready(what: What, command: Cmd) -> Self {
        Self { commands: Some(vec![command]), ..Self::new(what) }
    }

    /// It waited, so others may come back to what they missed.
    pub(super) fn wait(&mut self) {
        self.has_waited = true;
        self.sent.is_late = true;
        self.commands = None;
    }

    /// It was refused, so it was not carried out: others may have been meanwhile, and it is sent as a new one.
    fn renew(mut self) -> Self {
        if self.waits() {
            self.sent.number = None;
            self.commands = None;
        }
        self
    }

    fn waits(&self) -> bool {
        self.what.waits()
    }

    fn bytes(&self) -> usize {
        match &self.what {
            What::Request(request) => weight(request).unwrap_or_default(),
            What::Part(..) => 0,
            What::Control(_, message) => message.len(),
        }
    }
}

impl What {
    /// Whether it outlives a connection.
    pub(super) const fn waits(&self) -> bool {
        matches!(self, Self::Request(Request::Relay(..) | Request::Stay(..)) | Self::Control(None, _))
    }
}

/// What waits for one server and what is under way to it.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) link: Link,
    /// The other connection, over which messages come.
    pub(super) subscriber: Link,
    pub(super) waiting: VecDeque<Job>,
    pub(super) flying: Vec<Job>,
    /// Topics to subscribe to and to unsubscribe from.
    pub(super) topics: VecDeque<Cmd>,
    pub(super) is_subscribing: bool,
    /// Whether scripts are to be loaded first.
    pub(super) must_load: bool,
    /// Since when it refuses what it should do soon.
    refusing: Option<Instant>,
    /// Nothing is sent before.
    pub(super) until: Option<Instant>,
}

/// What became of a job.
#[derive(Debug)]
pub(super) enum Fate {
    /// It has its answer.
    Answered(Job, Value),
    /// It will never be carried out.
    Refused(Job, String),
}

impl Lane {
    pub(super) const fn new(link: Link, subscriber: Link) -> Self {
        Self {
            link,
            subscriber,
            waiting: VecDeque::new(),
            flying: Vec::new(),
            topics: VecDeque::new(),
            is_subscribing: false,
            must_load: false,
            refusing: None,
            until: None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.flying.is_empty()
    }

    /// The next batch, unless one is under way. `make` makes a job's commands; one without any is over.
    pub(super) fn batch(
        &mut self,
        now: Instant,
        mut make: impl FnMut(&What, &mut Sent) -> Vec<Cmd>,
    ) -> Option<(Pipeline, Vec<Job>)> {
        if !self.flying.is_empty() || self.until.is_some_and(|until| until > now) {
            return None;
        }
        self.until = None;
        let (mut pipeline, mut bytes, mut over) = (Pipeline::new(), 0, Vec::new());
        while pipeline.len() < COMMANDS && bytes < BYTES {
            let Some(mut job) = self.waiting.pop_front() else { break };
            let commands = job.commands.take().unwrap_or_else(|| make(&job.what, &mut job.sent));
            let [command] = commands.as_slice() else {
                over.push(job);
                continue;
            };
            pipeline.add_command(command.clone());
            bytes += job.bytes();
            job.commands = Some(commands);
            self.flying.push(job);
        }
        Some((pipeline, over)).filter(|(pipeline, over)| !pipeline.is_empty() || !over.is_empty())
    }

    /// Takes a batch's answers; what is to be sent again waits in front. With why the server cannot be used any more, if
    /// so.
    pub(super) fn landed(&mut self, answers: Vec<Value>, now: Instant) -> (Vec<Fate>, Option<Fault>) {
        let mut fates = Vec::with_capacity(answers.len());
        let mut again = Vec::new();
        let mut fault = None;
        for (job, answer) in std::mem::take(&mut self.flying).into_iter().zip(answers) {
            let Value::ServerError(error) = answer else {
                if job.waits() && is_out_of_turn(&answer) {
                    again.push(job);
                } else {
                    fates.push(Fate::Answered(job, answer));
                }
                continue;
            };
            match remedy(&error) {
                Remedy::GiveUp if job.waits() => fates.push(Fate::Refused(job, error.code().to_owned())),
                Remedy::Load => {
                    self.must_load = true;
                    again.push(job);
                }
                Remedy::Wait => {
                    let since = *self.refusing.get_or_insert(now);
                    self.until = Some(now + PAUSE);
                    again.push(job);
                    if now.duration_since(since) > PATIENCE {
                        fault = Some(Fault::refused(&self.link.server, &error));
                    }
                }
                Remedy::Search | Remedy::GiveUp | Remedy::Stop => {
                    fault.get_or_insert_with(|| Fault::refused(&self.link.server, &error));
                    again.push(job);
                }
            }
        }
        if self.until.is_none() {
            self.refusing = None;
        }
        again.into_iter().rev().for_each(|job| self.waiting.push_front(job.renew()));
        (fates, fault)
    }

    /// Subscriptions to send, unless some are under way.
    pub(super) fn subscriptions(&mut self) -> Option<Pipeline> {
        if self.is_subscribing || self.topics.is_empty() {
            return None;
        }
        self.is_subscribing = true;
        let mut pipeline = Pipeline::new();
        let count = self.topics.len().min(COMMANDS);
        for command in self.topics.drain(..count) {
            pipeline.add_command(command);
        }
        Some(pipeline)
    }

    /// What outlives the connection, in order, and the rest.
    pub(super) fn into_jobs(self) -> (Vec<Job>, Vec<Job>) {
        self.flying.into_iter().chain(self.waiting).partition(Job::waits)
    }
}
