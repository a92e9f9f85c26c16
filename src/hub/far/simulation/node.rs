//! One node: its homes, its users, its connections, and the ways between them and its adapter.

use std::collections::VecDeque;
use std::time::Duration;

use slotmap::SlotMap;
use tokio::time::Instant;

use crate::hub::far::{Link, Origin, Place, Report, Request, Wide};
use crate::hub::homes::{HomeBounds, Homes};
use crate::hub::inbox::{Command, Notice};
use crate::hub::key::{ConnectionKey, WorkerId};
use crate::hub::links::Post;
use crate::hub::user::Users;

use super::adapter::Adapter;
use super::clock::{AtNode, Clock, Happening, Way};
use super::memory::key;

/// Ample: what makes room is looked at elsewhere.
const BOUNDS: HomeBounds =
    HomeBounds { cache_bytes: 1 << 20, event_ids: 1 << 12, retained_bytes: 1 << 22, history_bytes: 1 << 22 };

/// Who has a connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    Client(usize),
    Onlooker(usize),
}

/// What homes caused.
#[derive(Debug, Default)]
pub(super) struct Posted {
    pub(super) notices: Vec<Notice>,
    requests: Vec<Request>,
}

impl Post for Posted {
    fn post(&mut self, _: WorkerId, notice: Notice) {
        self.notices.push(notice);
    }

    fn ask(&mut self, request: Request) {
        self.requests.push(request);
    }
}

/// A node from its start to its end.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: usize,
    /// Tells it from those that had its place before.
    pub(super) life: u64,
    pub(super) homes: Homes,
    pub(super) users: Users,
    pub(super) adapter: Adapter,
    /// The session that is being opened.
    pub(super) opening: Option<u64>,
    pub(super) slots: SlotMap<ConnectionKey, Owner>,
    pub(super) is_alive: bool,
    /// What comes while it is stopped.
    pub(super) held: Option<VecDeque<AtNode>>,
    /// Ways to the adapter and from it.
    inlet: Way,
    inbox: Way,
    /// When its homes were told `Away`, and `Back`.
    pub(super) aways: Vec<(u64, Option<u64>)>,
    /// Events that it said to have missed.
    pub(super) lost: u64,
    pub(super) gaps: u64,
}

impl Node {
    pub(super) fn new(place: usize, life: u64, sender: Origin) -> Self {
        Self {
            place,
            life,
            homes: Homes::new(&BOUNDS, Some(Link::new())),
            users: Users::new(Some(Wide::new())),
            adapter: Adapter::new(place, life, sender),
            opening: None,
            slots: SlotMap::with_key(),
            is_alive: true,
            held: None,
            inlet: Way::default(),
            inbox: Way::default(),
            aways: vec![(0, None)],
            lost: 0,
            gaps: 0,
        }
    }

    /// Does a command as a worker does it; what that caused is to be told.
    pub(super) fn execute(&mut self, clock: &mut Clock, now: Instant, command: Command) -> Vec<Notice> {
        let mut posted = Posted::default();
        let Self { homes, users, .. } = self;
        match command {
            Command::Join(join) => homes.join(join, now, &mut posted),
            Command::Leave(leave) => homes.leave(&leave, now, &mut posted),
            Command::Publish(all) => all.into_iter().for_each(|one| homes.publish(one, now, &mut posted)),
            Command::SignIn(user) => users.sign_in(&user, &mut posted),
            Command::SignOut(user) => users.sign_out(&user, &mut posted),
            Command::Watch(watcher, all) => users.watch(watcher, all, &mut posted),
            Command::Unwatch(watcher, all) => users.unwatch(watcher, &all, &mut posted),
            Command::Report(report) => self.hear(clock, now, *report, &mut posted),
            Command::Query(_) | Command::Hand(_) => unreachable!("nobody asks"),
        }
        self.ask(clock, posted)
    }

    pub(super) fn tick(&mut self, clock: &mut Clock, now: Instant) -> Vec<Notice> {
        let mut posted = Posted::default();
        self.homes.tick(now, &mut posted);
        self.users.tick(now, &mut posted);
        let (lost, gaps) = self.homes.take_counts();
        self.lost += lost;
        self.gaps += gaps;
        self.ask(clock, posted)
    }

    fn hear(&mut self, clock: &Clock, now: Instant, report: Report, posted: &mut Posted) {
        if matches!(report, Report::Away) {
            self.aways.push((clock.now, None));
        }
        if let (Report::Back, Some((_, back))) = (&report, self.aways.last_mut()) {
            *back = Some(clock.now);
        }
        crate::hub::worker::hear(&mut self.homes, &mut self.users, report, now, posted);
    }

    /// Brings requests to the adapter. Homes are in an order of their own, which must not decide anything here.
    fn ask(&mut self, clock: &mut Clock, posted: Posted) -> Vec<Notice> {
        let Posted { notices, mut requests } = posted;
        requests.sort_by_key(concerned);
        for request in requests {
            clock.note(|| format!("node {} asks {}", self.place, brief(&request)));
            let takes = clock.moment();
            let at = self.inlet.arrival(clock, takes);
            clock.at(at, Happening::Node(self.place, self.life, AtNode::Request(request)));
        }
        notices
    }

    /// Brings the adapter's reports to the homes.
    pub(super) fn report(&mut self, clock: &mut Clock) {
        for report in std::mem::take(&mut self.adapter.reports) {
            let takes = clock.moment();
            let at = self.inbox.arrival(clock, takes);
            let command = Command::Report(Box::new(report));
            clock.at(at, Happening::Node(self.place, self.life, AtNode::Command(command)));
        }
    }
}

fn concerned(request: &Request) -> String {
    match request {
        Request::Listen(place, _) | Request::Unlisten(place) | Request::Sync(place, _) | Request::Look(place, ..) => {
            key(place)
        }
        Request::Relay(channel, ..) | Request::Stay(channel, ..) => key(&Place::Channel(channel.clone())),
        Request::Ask(_) => String::new(),
    }
}

fn brief(request: &Request) -> String {
    let what = match request {
        Request::Listen(_, ticket) => format!("to listen, {ticket}"),
        Request::Unlisten(_) => "to listen no more".to_owned(),
        Request::Sync(_, share) => format!("to set {share:?}"),
        Request::Look(_, ticket, after) => format!("to look after {after:?}, {ticket}"),
        Request::Relay(_, event, _) => format!("to relay {:?}", event.number),
        Request::Stay(_, stay, _) => format!("to let {:?} stay", stay.event.number),
        Request::Ask(_) => String::new(),
    };
    format!("{} {what}", concerned(request))
}

/// The start of a run, and so long after.
pub(super) fn instant(start: Instant, now_us: u64) -> Instant {
    start + Duration::from_micros(now_us)
}
