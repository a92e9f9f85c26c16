//! What a session sends, and what becomes of it.

use redis::Value;
use tokio::time::Instant;

use crate::adapter::control::Note;
use crate::adapter::fault::Fault;
use crate::adapter::pipeline::{Fate, Job, What};
use crate::adapter::script::{self, Refused, Told};
use crate::adapter::topology::ShardIndex;
use crate::adapter::wording::{Sent, Target, answer_all, fail};
use crate::hub::Handed;
use crate::hub::far::{Outcome, Question, Report, Request};

use super::Engine;
use super::session::Session;
use super::work;

/// A question to all buckets, until all have answered.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) question: Question,
    parts: Vec<Value>,
    missing: usize,
}

impl Session<'_> {
    /// Puts a job where it waits for its server.
    pub(super) fn place(&mut self, job: Job) {
        let shard = match &job.what {
            What::Request(request) => match self.engine.wording.target(request) {
                Target::Bucket(bucket) => self.topology.of(bucket),
                Target::Common => self.topology.common,
                Target::All | Target::Nowhere => {
                    self.count_late(&job);
                    return self.drop_job(job, "no app");
                }
            },
            What::Part(..) | What::Control(..) => self.topology.common,
        };
        if let Some(lane) = self.lanes.get_mut(shard) {
            lane.waiting.push_back(job);
        }
    }

    /// Asks all buckets.
    pub(super) fn ask_all(&mut self, question: Question) {
        let request = Request::Ask(question);
        let commands = self.engine.wording.commands(self.held.lease(Instant::now()), &request, &mut Sent::default());
        let Request::Ask(question) = request else { return };
        if commands.is_empty() {
            return fail(question);
        }
        self.asked += 1;
        let (number, missing) = (self.asked, commands.len());
        self.gathered.insert(number, Gathered { question, parts: vec![Value::Nil; missing], missing });
        for (bucket, (index, command)) in (0_u16..).zip(commands.into_iter().enumerate()) {
            if let Some(lane) = self.lanes.get_mut(self.topology.of(bucket)) {
                lane.waiting.push_back(Job::ready(What::Part(number, index), command));
            }
        }
    }

    pub(super) fn fill(&mut self, shard: ShardIndex, now: Instant) {
        let Some(lane) = self.lanes.get_mut(shard) else { return };
        if let Some(batch) = lane.subscriptions() {
            self.work.spawn(work::subscribe(shard, lane.subscriber.clone(), batch));
        }
        let (wording, lease) = (&mut self.engine.wording, self.held.lease(now));
        wording.begin_batch();
        let Some((batch, over)) = lane.batch(now, |what, sent| Engine::commands(wording, lease, what, sent)) else {
            return;
        };
        if !batch.is_empty() {
            let registry = std::mem::take(&mut lane.must_load).then(|| self.engine.opener.registry.clone());
            self.engine.metrics.pipelines.increment(1);
            self.engine.metrics.commands.increment(batch.len() as u64);
            self.work.spawn(work::send(shard, lane.link.clone(), batch, registry));
        }
        // Of an app that is not served any more.
        for job in over {
            self.count_late(&job);
            self.drop_job(job, "no app");
        }
    }

    pub(super) fn landed(&mut self, shard: ShardIndex, answers: Vec<Value>) -> Result<(), Fault> {
        let now = Instant::now();
        let Some(lane) = self.lanes.get_mut(shard) else { return Ok(()) };
        let (fates, fault) = lane.landed(answers, now);
        if let Some(until) = lane.until {
            self.work.spawn(work::rest(until));
        }
        let mut expired = None;
        for fate in fates {
            match fate {
                Fate::Answered(job, answer) => {
                    self.count_late(&job);
                    match self.answered(job, answer) {
                        Ok(()) => {}
                        Err(Refused::Expired) => expired = Some(Fault::Expired),
                        // Whoever asked would wait for ever: all is asked anew.
                        Err(Refused::Unreadable(_)) => {
                            self.engine.metrics.unreadable.increment(1);
                            expired = Some(Fault::Unreadable { server: self.server(shard), to: "a script" });
                        }
                    }
                }
                Fate::Refused(job, code) => {
                    tracing::error!(code, "Redis refused an event for good");
                    self.count_late(&job);
                    self.engine.lose(job.what, "refused");
                }
            }
        }
        fault.or(expired).map_or(Ok(()), Err)
    }

    pub(super) fn answered(&mut self, job: Job, answer: Value) -> Result<(), Refused> {
        self.engine.settled(&job.what);
        match job.what {
            What::Request(Request::Stay(channel, stay, _)) => {
                let stayed = script::stayed(answer);
                // Others may have it or not, so it counts as lost.
                let outcome = stayed.unwrap_or(Outcome::Lost);
                if stayed.is_err() {
                    self.engine.metrics.lost("unreadable", 1);
                }
                (self.engine.ears.homes)(Report::Stayed(channel, stay.event.number, outcome));
                stayed?;
            }
            What::Request(request) => {
                if let Some(report) = self.engine.wording.finish(request, answer)? {
                    (self.engine.ears.homes)(report);
                }
            }
            What::Part(number, index) => self.gather(number, index, answer),
            What::Control(Some(_), message) => self.told(message, &answer)?,
            What::Control(None, _) => {}
        }
        Ok(())
    }

    /// A letter for a connection of a node that is not there finds nobody.
    fn told(&mut self, message: Vec<u8>, answer: &Value) -> Result<(), Refused> {
        let told = script::told(answer)?;
        if told == Told::Nobody
            && let Ok(Note::Hand { number, .. }) = Note::read(message.into())
        {
            (self.engine.ears.one)(Note::Handed { number, handed: Handed::Unknown });
        }
        Ok(())
    }

    pub(super) fn gather(&mut self, number: u64, index: usize, answer: Value) {
        let Some(gathered) = self.gathered.get_mut(&number) else { return };
        if let Some(part) = gathered.parts.get_mut(index) {
            *part = answer;
        }
        gathered.missing -= 1;
        if gathered.missing == 0
            && let Some(Gathered { question, parts, .. }) = self.gathered.remove(&number)
            && answer_all(question, parts).is_err()
        {
            self.unreadable();
        }
    }

    pub(super) fn unreadable(&mut self) {
        if self.engine.may_complain() {
            tracing::warn!("could not read what came from Redis: does something else write under this prefix?");
        }
        self.engine.metrics.unreadable.increment(1);
    }

    pub(super) const fn count_late(&mut self, job: &Job) {
        if job.has_waited {
            self.late -= 1;
        }
    }

    pub(super) fn drop_job(&mut self, job: Job, why: &'static str) {
        match job.what {
            What::Request(Request::Ask(question)) => fail(question),
            what if what.waits() => self.engine.lose(what, why),
            What::Request(_) | What::Part(..) | What::Control(..) => {}
        }
    }
}
