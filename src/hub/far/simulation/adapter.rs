//! A node's adapter, as `adapter::engine` does it with one server: what waits, what is under way, when a session ends.

use std::collections::{BTreeMap, VecDeque};

use crate::hub::far::{Origin, Report, Request};

use super::clock::{AtNode, AtRedis, Clock, Happening, Lease, Listening, News};
use super::memory::{Answer, LEASE, TELLING, Topic, key};
use super::schedule::{MS, SECOND};
use super::wording::{heard, order, report};

/// How long after its own return a node sends so that others still find it who come back later.
const SETTLING: u64 = 12 * SECOND;

/// A request, and how it is sent.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    /// Whether it waited for a session.
    has_waited: bool,
    /// Whether those find it who come back soon.
    pub(super) is_late: bool,
    /// Tells an event that stays when it is sent again.
    pub(super) number: Option<u64>,
}

/// What a node's homes have between them and Redis.
#[derive(Debug)]
pub(super) struct Adapter {
    node: usize,
    life: u64,
    sender: Origin,
    sent: u64,
    /// All lives; the last is the present one.
    pub(super) lives: Vec<Origin>,
    backlog: VecDeque<Job>,
    pub(super) session: Option<Session>,
    /// Whether homes were told `Back` last.
    pub(super) is_present: bool,
    /// Until the first session there is no pause to make longer.
    tries: u32,
    /// Until when what waits may be sent, once the node ends.
    ending: Option<u64>,
    /// Redis' process when the present life was told to it.
    process: Option<u64>,
    /// What homes are to hear.
    pub(super) reports: Vec<Report>,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) number: u64,
    lease: Lease,
    begun: u64,
    confirmed: u64,
    waiting: VecDeque<Job>,
    flying: Vec<Job>,
    topics: VecDeque<Topic>,
    heard: BTreeMap<String, Heard>,
    is_subscribing: bool,
    is_renewing: bool,
    is_reaping: bool,
    /// When to look for nodes that nobody knows.
    adopts: Option<u64>,
    late: usize,
    /// Until when others may come back, who were away when this node was.
    settles: Option<u64>,
    is_asking: bool,
    has_obeyed: bool,
    is_back: bool,
}

#[derive(Debug, Default)]
struct Heard {
    expected: VecDeque<Option<Listening>>,
    is_wanted: bool,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A connection broke.
    Broken,
    /// The lease is over.
    Expired,
}

const fn waits(request: &Request) -> bool {
    matches!(request, Request::Relay(..) | Request::Stay(..))
}

impl Adapter {
    pub(super) fn new(node: usize, life: u64, sender: Origin) -> Self {
        Self {
            node,
            life,
            sender,
            sent: 0,
            lives: Vec::new(),
            backlog: VecDeque::new(),
            session: None,
            is_present: false,
            tries: 0,
            ending: None,
            process: None,
            reports: Vec::new(),
        }
    }

    fn later(&self, clock: &mut Clock, takes: u64, what: AtNode) {
        let at = clock.now + takes;
        clock.at(at, Happening::Node(self.node, self.life, what));
    }

    fn send(clock: &mut Clock, session: u64, at: AtRedis) {
        let takes = clock.delay();
        let then = clock.now + takes;
        clock.at(then, Happening::Redis(session, at));
    }

    /// This life, or the last one.
    pub(super) fn former(&self) -> Option<Origin> {
        self.lives.last().copied()
    }

    /// The same, and whether it goes on with a process of Redis.
    pub(super) fn going_on(&self, process: u64) -> Option<(Origin, bool)> {
        self.former().map(|former| (former, self.process == Some(process)))
    }

    /// Whether nothing waits or is under way.
    pub(super) fn is_idle(&self) -> bool {
        let is_idle = |session: &Session| session.waiting.is_empty() && session.flying.is_empty();
        self.backlog.is_empty() && self.session.as_ref().is_none_or(is_idle)
    }

    /// From the inlet.
    pub(super) fn take(&mut self, clock: &mut Clock, request: Request) {
        let job = Job { request, has_waited: false, is_late: false, number: None };
        match &mut self.session {
            None if waits(&job.request) => self.backlog.push_back(job),
            None => {}
            Some(session) => session.take(clock.now, job),
        }
        self.turn(clock);
    }

    pub(super) fn end(&mut self, clock: &mut Clock) {
        if self.ending.is_none() {
            self.ending = Some(clock.now + 5 * SECOND);
            self.later(clock, 5 * SECOND, AtNode::Stop);
        }
        self.turn(clock);
    }

    /// A node that ends does not wait for Redis for long.
    fn is_over(&self, now: u64) -> bool {
        self.ending.is_some_and(|until| self.backlog.is_empty() || now >= until)
    }

    /// A session begins.
    pub(super) fn opened(&mut self, clock: &mut Clock, number: u64, lease: Lease, process: u64) {
        let was_away = !self.lives.is_empty();
        if !self.lives.contains(&lease.origin) {
            self.lives.push(lease.origin);
        }
        self.process = Some(process);
        let mut session = Session {
            number,
            lease,
            begun: lease.asked,
            confirmed: lease.asked,
            waiting: VecDeque::new(),
            flying: Vec::new(),
            topics: VecDeque::from([Topic::Common]),
            heard: BTreeMap::new(),
            is_subscribing: false,
            is_renewing: false,
            is_reaping: false,
            adopts: Some(clock.now + LEASE + TELLING),
            late: 0,
            settles: was_away.then_some(clock.now + SETTLING),
            is_asking: false,
            has_obeyed: false,
            is_back: false,
        };
        for mut job in std::mem::take(&mut self.backlog) {
            job.has_waited = true;
            job.is_late = true;
            session.late += 1;
            session.waiting.push_back(job);
        }
        self.session = Some(session);
        self.later(clock, LEASE / 3, AtNode::Beat(number));
        self.turn(clock);
    }

    /// Does what can be done now.
    fn turn(&mut self, clock: &mut Clock) {
        let is_over = self.is_over(clock.now);
        let Some(session) = &mut self.session else {
            if is_over {
                self.later(clock, 1, AtNode::Gone);
            }
            return;
        };
        if session.late == 0 && session.has_obeyed && !session.is_back {
            session.is_back = true;
            session.settles = session.settles.map(|_| clock.now + SETTLING);
            self.is_present = true;
            self.tries = 0;
            self.reports.push(Report::Back);
        }
        let is_idle = session.waiting.is_empty() && session.flying.is_empty();
        if self.ending.is_some_and(|until| is_idle || clock.now >= until) {
            Self::send(clock, session.number, AtRedis::Part(session.lease.origin));
            return self.later(clock, SECOND, AtNode::Gone);
        }
        if clock.now - session.confirmed >= LEASE {
            return session.renew(clock);
        }
        if !session.is_subscribing && !session.topics.is_empty() {
            session.is_subscribing = true;
            let topics = session.topics.drain(..).collect();
            Self::send(clock, session.number, AtRedis::Subscribe(topics));
        }
        if session.flying.is_empty() && !session.waiting.is_empty() {
            let (lease, sender) = (session.lease(clock.now), self.sender);
            let mut waiting = std::mem::take(&mut session.waiting);
            let orders = waiting.iter_mut().map(|job| order(job, lease, sender, &mut self.sent)).collect();
            session.flying = waiting.into();
            Self::send(clock, session.number, AtRedis::Batch(orders, Vec::new()));
        }
    }

    pub(super) fn beat(&mut self, clock: &mut Clock, number: u64) {
        let Some(session) = self.session.as_mut().filter(|session| session.number == number) else { return };
        session.renew(clock);
        if !session.is_reaping && clock.now - session.confirmed < LEASE {
            session.is_reaping = true;
            if session.adopts.take_if(|due| *due <= clock.now).is_some() {
                Self::send(clock, number, AtRedis::Adopt);
            }
            Self::send(clock, number, AtRedis::Claim);
        }
        self.later(clock, LEASE / 3, AtNode::Beat(number));
        self.turn(clock);
    }

    pub(super) fn landed(&mut self, clock: &mut Clock, answers: Vec<Answer>) {
        let Some(session) = &mut self.session else { return };
        let mut fault = None;
        for (job, answer) in std::mem::take(&mut session.flying).into_iter().zip(answers) {
            session.late -= usize::from(job.has_waited);
            match report(job.request, answer, self.sender) {
                Ok(Some(report)) => self.reports.push(report),
                Ok(None) => {}
                Err(broken) => fault = Some(broken),
            }
        }
        match fault {
            Some(fault) => self.broken(clock, fault),
            None => self.turn(clock),
        }
    }

    pub(super) fn renewed(&mut self, clock: &mut Clock, asked: u64, end: Option<u64>) {
        let Some(session) = &mut self.session else { return };
        session.is_renewing = false;
        match end {
            None => self.broken(clock, Fault::Expired),
            Some(end_ms) => {
                session.lease.end_ms = end_ms;
                session.confirmed = asked;
                self.turn(clock);
            }
        }
    }

    pub(super) fn did(&mut self, clock: &mut Clock, done: &AtNode) {
        if let Some(session) = &mut self.session {
            session.is_subscribing &= !matches!(done, AtNode::Subscribed(_));
            session.is_reaping &= !matches!(done, AtNode::Reaped(_));
            session.has_obeyed |= matches!(done, AtNode::Obeyed(_));
        }
        self.turn(clock);
    }

    pub(super) fn hear(&mut self, clock: &mut Clock, news: News) {
        let Some(session) = &mut self.session else { return };
        match news {
            News::Subscribed(None) => {
                if !std::mem::replace(&mut session.is_asking, true) {
                    Self::send(clock, session.number, AtRedis::Orders);
                }
            }
            News::Subscribed(Some(place)) => {
                let heard = session.heard.get_mut(&key(&place)).expect("it was asked for");
                let (place, ticket) = heard.expected.pop_front().flatten().expect("confirmations come in order");
                self.reports.push(Report::Listening(place, ticket));
            }
            News::Unsubscribed(place) => {
                let heard = session.heard.get_mut(&key(&place)).expect("it was asked for");
                assert!(heard.expected.pop_front().is_some_and(|expected| expected.is_none()));
                if heard.expected.is_empty() && !heard.is_wanted {
                    session.heard.remove(&key(&place));
                }
            }
            News::Message(place, _, message) => {
                if session.heard.get(&key(&place)).is_some_and(|heard| heard.is_wanted) {
                    self.reports.extend(heard(place, message, self.sender));
                }
            }
        }
        self.turn(clock);
    }

    /// A session ends; the next one is opened at once or after a pause.
    pub(super) fn broken(&mut self, clock: &mut Clock, fault: Fault) {
        if let Some(session) = self.session.take() {
            clock.note(|| format!("node {} lost session {}: {fault:?}", self.node, session.number));
            let jobs = session.flying.into_iter().chain(session.waiting);
            let mut kept: VecDeque<_> = jobs.filter(|job| waits(&job.request)).collect();
            kept.append(&mut self.backlog);
            self.backlog = kept;
        }
        if std::mem::take(&mut self.is_present) {
            self.reports.push(Report::Away);
        }
        self.tries += 1;
        let pause = if self.tries == 1 { 0 } else { ((100 * MS) << self.tries.min(6)).min(5 * SECOND) };
        let takes = clock.delay() + if pause > 0 { clock.dice.within(pause / 2..pause) } else { 0 };
        self.later(clock, takes, AtNode::Open);
        if self.is_over(clock.now) {
            self.later(clock, 1, AtNode::Gone);
        }
    }
}

impl Session {
    fn take(&mut self, now: u64, mut job: Job) {
        match &job.request {
            Request::Relay(..) | Request::Stay(..) => {
                job.is_late = self.settles.is_some_and(|until| now < until);
                self.waiting.push_back(job);
            }
            // Homes were not told that they may ask.
            _ if !self.is_back => {}
            Request::Listen(place, ticket) => {
                let heard = self.heard.entry(key(place)).or_default();
                heard.is_wanted = true;
                heard.expected.push_back(Some((place.clone(), *ticket)));
                self.topics.push_back(Topic::Listen(place.clone()));
            }
            Request::Unlisten(place) => {
                if let Some(heard) = self.heard.get_mut(&key(place)).filter(|heard| heard.is_wanted) {
                    heard.is_wanted = false;
                    heard.expected.push_back(None);
                    self.topics.push_back(Topic::Unlisten(place.clone()));
                }
            }
            Request::Sync(..) | Request::Look(..) => self.waiting.push_back(job),
            Request::Ask(_) => unreachable!("nobody asks"),
        }
    }

    /// The lease; with the life before while something may be left of that.
    fn lease(&self, now: u64) -> Lease {
        let former = self.lease.former.filter(|_| now - self.begun < 2 * TELLING);
        Lease { former, ..self.lease }
    }

    fn renew(&mut self, clock: &mut Clock) {
        if !std::mem::replace(&mut self.is_renewing, true) {
            let asked = clock.now;
            Adapter::send(clock, self.number, AtRedis::Renew(self.lease.origin, asked));
        }
    }
}
