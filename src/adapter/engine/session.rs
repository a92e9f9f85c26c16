//! What happens while Redis can be reached.

use std::collections::HashMap;
use std::time::Duration;

use redis::cmd;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};

use crate::adapter::fault::Fault;
use crate::adapter::lease::{Held, TELLING};
use crate::adapter::pipeline::{Lane, What};
use crate::adapter::subscription::{NewsReader, Topics};
use crate::adapter::topology::Topology;
use crate::adapter::wording::fail;
use crate::hub::far::Request;

use super::open::{Life, Opened};
use super::sending::Gathered;
use super::work::Done;
use super::{End, Engine, SETTLING};

/// Requests and news that are taken in before answers are looked at again.
pub(super) const AT_ONCE: usize = 512;

/// Time for a goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A session with Redis.
pub(super) struct Session<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) topology: Topology,
    pub(super) lanes: Vec<Lane>,
    pub(super) news: NewsReader,
    pub(super) topics: Topics,
    pub(super) held: Held,
    pub(super) nodes: u64,
    pub(super) work: JoinSet<Done>,
    beat: Interval,
    pub(super) is_renewing: bool,
    pub(super) is_checking: bool,
    pub(super) is_reaping: bool,
    /// When to look for nodes that nobody knows: once all who are there have noticed that Redis was emptied.
    pub(super) adopts: Option<Instant>,
    /// Questions that go to all buckets, and the parts that are there.
    pub(super) gathered: HashMap<u64, Gathered>,
    pub(super) asked: u64,
    /// Jobs that waited before the session and are not done.
    pub(super) late: usize,
    /// Until when others may come back, who were away when this node was.
    pub(super) settles: Option<Instant>,
    pub(super) is_back: bool,
    pub(super) common_topic: Vec<u8>,
    pub(super) own_topic: Vec<u8>,
    /// Whether what concerns all nodes is heard, and what was said while it was not is being asked for, or known.
    pub(super) hears_all: bool,
    pub(super) is_asking: bool,
    pub(super) has_obeyed: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(engine: &'a mut Engine, opened: Opened) -> Self {
        let Opened { topology, links, news, held, nodes, processes } = opened;
        let mut beat = interval(engine.opener.config.lease / 3);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let was_away = engine.life.replace(Life { origin: held.origin(), processes }).is_some();
        engine.topology = Some(topology.clone());
        let adopts = Some(Instant::now() + engine.opener.config.lease + TELLING);
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
            adopts,
            gathered: HashMap::new(),
            asked: 0,
            late: 0,
            settles: None,
            is_back: false,
            common_topic,
            own_topic,
            hears_all: false,
            is_asking: false,
            has_obeyed: false,
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
        if self.hears_all && !std::mem::replace(&mut self.is_asking, true) {
            self.ask_orders();
        }
        if self.late == 0 && self.has_obeyed && !self.is_back {
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

    /// Lets the lease end soon: members who come back elsewhere by then were never gone.
    async fn part(&mut self) {
        let Some(lane) = self.lanes.get_mut(self.topology.common) else { return };
        let registry = self.engine.opener.registry.clone();
        // The broker's end has a bound.
        match timeout(GOODBYE, registry.part(&mut lane.link, self.held.origin())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "could not say goodbye to the other nodes"),
            Err(_) => tracing::warn!("had no time for a goodbye to the other nodes"),
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
