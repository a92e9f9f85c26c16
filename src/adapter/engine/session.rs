//! What happens while Redis can be reached.

use std::collections::HashMap;

use redis::{Cmd, Value, cmd};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use crate::adapter::fault::Fault;
use crate::adapter::lease::Held;
use crate::adapter::pipeline::{Fate, Job, Lane, What};
use crate::adapter::script::Refused;
use crate::adapter::subscription::{NewsReader, Topics};
use crate::adapter::topology::{ShardIndex, Topology};
use crate::adapter::wording::{Sent, Target, answer_all, fail};
use crate::config::RedisMode;
use crate::hub::far::{Place, Question, Request, Ticket};

use super::open::Opened;
use super::work::{self, Done};
use super::{End, Engine, Inlet, SETTLING};

/// Requests and news that are taken in before answers are looked at again.
pub(super) const AT_ONCE: usize = 512;

/// A session with Redis.
pub(super) struct Session<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) topology: Topology,
    pub(super) lanes: Vec<Lane>,
    pub(super) news: NewsReader,
    pub(super) topics: Topics,
    held: Held,
    nodes: u64,
    work: JoinSet<Done>,
    beat: Interval,
    is_renewing: bool,
    is_checking: bool,
    is_reaping: bool,
    /// Questions that go to all buckets, and the parts that are there.
    gathered: HashMap<u64, Gathered>,
    asked: u64,
    /// Jobs that waited before the session and are not done.
    late: usize,
    /// Until when others may come back, who were away when this node was.
    settles: Option<Instant>,
    is_back: bool,
    pub(super) common_topic: Vec<u8>,
    pub(super) own_topic: Vec<u8>,
    /// Whether what concerns all nodes is heard.
    pub(super) hears_all: bool,
}

#[derive(Debug)]
struct Gathered {
    question: Question,
    parts: Vec<Value>,
    missing: usize,
}

impl<'a> Session<'a> {
    pub(super) fn new(engine: &'a mut Engine, opened: Opened) -> Self {
        let Opened { topology, links, news, held, nodes } = opened;
        let mut beat = interval(engine.opener.config.lease / 3);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let was_away = engine.life.replace(held.lease.origin).is_some();
        engine.topology = Some(topology.clone());
        let common_topic = engine.wording.keys.all().into_bytes();
        let own_topic = engine.wording.keys.at(engine.node).into_bytes();
        let mut session = Self {
            engine,
            topology,
            lanes: links.into_iter().map(|(link, subscriber)| Lane::new(link, subscriber)).collect(),
            news,
            topics: Topics::default(),
            held,
            nodes,
            work: JoinSet::new(),
            beat,
            is_renewing: false,
            is_checking: false,
            is_reaping: false,
            gathered: HashMap::new(),
            asked: 0,
            late: 0,
            settles: None,
            is_back: false,
            common_topic,
            own_topic,
            hears_all: false,
        };
        // From the moment that it is back; until then for as long as that may be.
        session.settles = was_away.then(|| Instant::now() + SETTLING);
        session.begin();
        session
    }

    fn begin(&mut self) {
        if let Some(lane) = self.lanes.get_mut(self.topology.common) {
            for topic in [&self.own_topic, &self.common_topic] {
                let mut command = cmd("SUBSCRIBE");
                command.arg(topic);
                lane.topics.push_back(command);
            }
        }
        for mut job in std::mem::take(&mut self.engine.backlog) {
            job.wait();
            self.late += 1;
            self.place(job);
        }
    }

    /// Works until something breaks or all is sent that was to be. Says whether the other nodes were reached.
    pub(super) async fn run(mut self) -> (End, bool) {
        let end = loop {
            if let Some(end) = self.turn() {
                break end;
            }
            if let Err(fault) = self.wait().await {
                break End::Fault(fault);
            }
        };
        self.work.shutdown().await;
        if matches!(end, End::Stopped) {
            self.part().await;
        }
        let was_back = self.is_back;
        self.leave();
        (end, was_back)
    }

    /// Sends what can be sent.
    fn turn(&mut self) -> Option<End> {
        let now = Instant::now();
        if self.late == 0 && self.hears_all && !self.is_back {
            self.is_back = true;
            self.settles = self.settles.map(|_| now + SETTLING);
            self.engine.back(self.nodes);
        }
        if let Some(until) = self.engine.ending {
            let is_done = self.engine.inlet.is_empty() && self.lanes.iter().all(Lane::is_idle);
            if is_done || now >= until {
                return Some(End::Stopped);
            }
        }
        if self.news.is_overrun() {
            return Some(End::Fault(Fault::Overrun));
        }
        // A node that was stopped for long asks first whether others have cleared it away.
        if self.held.is_fresh(now) {
            (0..self.lanes.len()).for_each(|shard| self.fill(shard, now));
        } else {
            self.renew();
        }
        self.engine.show_waiting();
        None
    }

    async fn wait(&mut self) -> Result<(), Fault> {
        let far = Instant::now() + self.engine.opener.config.lease;
        let until = self.engine.ending.unwrap_or(far);
        tokio::select! {
            biased;
            Some(done) = self.work.join_next() => self.done(done.map_err(|_| Fault::NoMaster)?)?,
            news = self.news.next() => {
                let (shard, news) = news.ok_or(Fault::NoMaster)?;
                self.hear_all(shard, news)?;
            }
            inlet = self.engine.inlet.recv() => self.take_all(inlet),
            _ = self.beat.tick() => self.beat(),
            () = sleep_until(until) => {}
        }
        Ok(())
    }

    fn fill(&mut self, shard: ShardIndex, now: Instant) {
        let Some(lane) = self.lanes.get_mut(shard) else { return };
        if let Some(batch) = lane.subscriptions() {
            self.work.spawn(work::subscribe(shard, lane.subscriber.clone(), batch));
        }
        let (wording, lease) = (&mut self.engine.wording, self.held.lease);
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

    fn beat(&mut self) {
        self.renew();
        if !self.is_checking {
            self.is_checking = true;
            let links = self.lanes.iter().flat_map(|lane| [lane.link.clone(), lane.subscriber.clone()]).collect();
            self.work.spawn(work::check(std::sync::Arc::clone(&self.engine.opener), links, self.topology.clone()));
        }
        if !self.is_reaping && self.held.is_fresh(Instant::now()) {
            self.is_reaping = true;
            let links = self.lanes.iter().map(|lane| lane.link.clone()).collect();
            self.work.spawn(work::reap(self.engine.opener.registry.clone(), links, self.topology.clone()));
        }
    }

    fn renew(&mut self) {
        let Some(lane) = self.lanes.get(self.topology.common) else { return };
        if !std::mem::replace(&mut self.is_renewing, true) {
            let registry = self.engine.opener.registry.clone();
            self.work.spawn(work::renew(registry, lane.link.clone(), self.held.lease.origin));
        }
    }

    fn done(&mut self, done: Done) -> Result<(), Fault> {
        match done {
            Done::Batch(shard, answers) => self.landed(shard, answers?),
            Done::Subscribed(shard, taken) => {
                if let Some(lane) = self.lanes.get_mut(shard) {
                    lane.is_subscribing = false;
                }
                taken
            }
            Done::Rested => Ok(()),
            Done::Renewed(asked, renewed) => {
                self.is_renewing = false;
                let renewed = renewed?;
                self.held.renewed(&renewed, asked);
                self.count_nodes(renewed.nodes);
                Ok(())
            }
            Done::Checked(found) => {
                self.is_checking = false;
                found
            }
            Done::Reaped(reaped) => {
                self.is_reaping = false;
                self.engine.metrics.reaped.increment(reaped?);
                Ok(())
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn count_nodes(&mut self, nodes: u64) {
        self.engine.metrics.nodes.set(nodes as f64);
        if self.is_back && nodes != self.nodes {
            self.engine.state.send_replace(super::State::Present { nodes });
        }
        self.nodes = nodes;
    }

    fn landed(&mut self, shard: ShardIndex, answers: Vec<Value>) -> Result<(), Fault> {
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
                    if self.answered(job, answer) == Err(Refused::Expired) {
                        expired = Some(Fault::Expired);
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

    fn answered(&mut self, job: Job, answer: Value) -> Result<(), Refused> {
        self.engine.settled(&job.what);
        match job.what {
            What::Request(request) => match self.engine.wording.finish(request, answer) {
                Ok(Some(report)) => (self.engine.ears.homes)(report),
                Ok(None) => {}
                Err(Refused::Expired) => return Err(Refused::Expired),
                Err(Refused::Unreadable(_)) => self.unreadable(),
            },
            What::Part(number, index) => self.gather(number, index, answer),
            What::Control(..) => {}
        }
        Ok(())
    }

    pub(super) fn unreadable(&self) {
        tracing::debug!("could not read what came from Redis");
        self.engine.metrics.unreadable.increment(1);
    }

    fn gather(&mut self, number: u64, index: usize, answer: Value) {
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

    const fn count_late(&mut self, job: &Job) {
        if job.has_waited {
            self.late -= 1;
        }
    }

    fn take_all(&mut self, inlet: Option<Inlet>) {
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

    fn take(&mut self, inlet: Inlet) {
        match inlet {
            Inlet::Request(request) => self.request(request),
            Inlet::Control(node, message) => self.place(Job::new(What::Control(node, message))),
            other @ (Inlet::Lost(_) | Inlet::Apps(_) | Inlet::Stop(_)) => self.engine.always(other),
        }
    }

    fn request(&mut self, request: Request) {
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

    /// Puts a job where it waits for its server.
    fn place(&mut self, job: Job) {
        let shard = match &job.what {
            What::Request(request) => match self.engine.wording.target(request) {
                Target::Bucket(bucket) => self.topology.of(bucket),
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
    fn ask_all(&mut self, question: Question) {
        let request = Request::Ask(question);
        let commands = self.engine.wording.commands(self.held.lease, &request, &mut Sent::default());
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

    fn listen(&mut self, place: Place, ticket: Ticket) {
        let Some(topic) = self.engine.wording.topic(&place) else { return };
        let target = self.engine.wording.target(&Request::Unlisten(place.clone()));
        self.topics.listen(&topic, place, ticket);
        self.subscribe(target, self.subscribing("SUBSCRIBE", &topic));
    }

    fn unlisten(&mut self, place: &Place) {
        let Some(topic) = self.engine.wording.topic(place) else { return };
        let target = self.engine.wording.target(&Request::Unlisten(place.clone()));
        if self.topics.unlisten(&topic) {
            self.subscribe(target, self.subscribing("UNSUBSCRIBE", &topic));
        }
    }

    fn subscribing(&self, word: &str, topic: &str) -> Cmd {
        let is_sharded = self.engine.opener.config.mode == RedisMode::Cluster;
        let mut command = if is_sharded { cmd(&format!("S{word}")) } else { cmd(word) };
        command.arg(topic);
        command
    }

    fn subscribe(&mut self, target: Target, command: Cmd) {
        let Target::Bucket(bucket) = target else { return };
        if let Some(lane) = self.lanes.get_mut(self.topology.of(bucket)) {
            lane.topics.push_back(command);
        }
    }

    fn drop_job(&mut self, job: Job, why: &'static str) {
        match job.what {
            What::Request(Request::Ask(question)) => fail(question),
            what if what.waits() => self.engine.lose(what, why),
            What::Request(_) | What::Part(..) | What::Control(..) => {}
        }
    }

    /// Lets the lease end soon: members who come back elsewhere by then were never gone.
    async fn part(&mut self) {
        let Some(lane) = self.lanes.get_mut(self.topology.common) else { return };
        let registry = self.engine.opener.registry.clone();
        if let Err(error) = registry.part(&mut lane.link, self.held.lease.origin).await {
            tracing::warn!(%error, "could not say goodbye to the other nodes");
        }
    }

    /// Keeps what outlives the session.
    fn leave(self) {
        let Self { engine, lanes, gathered, .. } = self;
        for lane in lanes {
            let (waiting, rest) = lane.into_jobs();
            engine.backlog.extend(waiting);
            for job in rest {
                if let What::Request(Request::Ask(question)) = job.what {
                    fail(question);
                }
            }
        }
        gathered.into_values().for_each(|gathered| fail(gathered.question));
    }
}
