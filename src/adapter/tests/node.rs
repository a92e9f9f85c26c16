//! A node with an adapter, without homes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::time::Instant;

use crate::adapter::{Adapter, Apps, Control, Digest, Ears, Error, Requests, Served, State};
use crate::config;
use crate::hub::far::Adapter as _;
use crate::hub::far::{Change, Event, Number, Outcome, Place, Position, Report, Request, Share, Stay, Totals};
use crate::hub::{AppIndex, ChannelKey, History, Record};
use crate::protocol::{AppId, ChannelName, Frame, UserId};

use super::processes::{WAIT, eventually};

pub(super) struct Node {
    pub(super) adapter: Adapter,
    pub(super) requests: Requests,
    reports: mpsc::Receiver<Report>,
    pub(super) controls: mpsc::Receiver<Control>,
    /// In socket ids.
    pub(super) number: u32,
    /// Letters that came: who asks, and the number for the answer.
    pub(super) letters: mpsc::Receiver<(u32, u64)>,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

pub(super) fn app(secret: &str) -> config::App {
    config::App::new(AppId::parse("7").unwrap(), "key", secret)
}

pub(super) fn try_start(config: &config::Adapter, secret: &str) -> Result<Node, Error> {
    let (homes, reports) = mpsc::channel();
    let (all, controls) = mpsc::channel();
    let (came, letters) = mpsc::channel();
    let ears = Ears {
        homes: Box::new(move |report| drop(homes.send(report))),
        all: Box::new(move |control| drop(all.send(control))),
        letters: Box::new(move |from, number, _, _| came.send((from, number)).unwrap_or_default()),
        counts: Box::new(|| vec![(AppId::parse("7").unwrap(), 3)]),
    };
    // Each node has its own.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let apps = Apps::new(vec![AppId::parse("7").unwrap()]);
    let served = Served {
        apps,
        digests: vec![Digest::of(&app(secret))],
        node: number,
        recorder: Arc::new(crate::telemetry::recorder().0),
        about: vec![("name", "test".to_owned())],
    };
    let adapter = Adapter::start(config, served, ears)?;
    let requests = adapter.requests();
    Ok(Node { adapter, requests, reports, controls, number, letters })
}

pub(super) fn start(config: &config::Adapter) -> Node {
    try_start(config, "secret").unwrap()
}

pub(super) fn channel(name: &str) -> ChannelKey {
    ChannelKey { app: AppIndex(0), name: ChannelName::parse(name, 100).unwrap() }
}

pub(super) fn event(number: u64) -> Event {
    let text = format!("event {number}");
    let frame = Frame::text(text.len(), |out| out.extend_from_slice(text.as_bytes()));
    Event { number: Number { value: number, since: 0 }, except: None, frame }
}

pub(super) fn stay(number: u64) -> Box<Stay> {
    let event = event(number);
    let record = Record { name: "n".into(), data: event.frame.bytes().slice(2..), at_ms: 1 };
    let history = Some(History { events: 10_000, age: Duration::from_secs(3600) });
    Box::new(Stay { event, id: None, retain: None, history, cache: None, is_late: false, record })
}

impl Node {
    /// The first report that `pick` wants; others are passed over.
    pub(super) fn expect<T>(&self, what: &str, mut pick: impl FnMut(Report) -> Option<T>) -> T {
        let deadline = Instant::now() + WAIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left);
            let report = report.unwrap_or_else(|_| panic!("{what} did not come; {:?}", self.state()));
            if let Some(found) = pick(report) {
                return found;
            }
        }
    }

    pub(super) fn back(&self) {
        self.expect("Back", |report| matches!(report, Report::Back).then_some(()));
    }

    pub(super) fn away(&self) {
        self.expect("Away", |report| matches!(report, Report::Away).then_some(()));
    }

    pub(super) fn state(&self) -> State {
        self.adapter.state().borrow().clone()
    }

    pub(super) fn ask(&self, request: Request) {
        self.requests.ask(request);
    }

    pub(super) fn listen(&self, channel: &ChannelKey) {
        self.ask(Request::Listen(Place::Channel(channel.clone()), 1));
        self.expect("Listening", |report| matches!(report, Report::Listening(..)).then_some(()));
    }

    pub(super) fn stay(&self, channel: &ChannelKey, number: u64) {
        self.ask(Request::Stay(channel.clone(), stay(number), None));
    }

    pub(super) fn stayed(&self) -> (u64, Outcome) {
        self.expect("Stayed", |report| {
            let Report::Stayed(_, number, outcome) = report else { return None };
            Some((number.value, outcome))
        })
    }

    /// Numbers of a channel's past events.
    pub(super) fn past(&self, channel: &ChannelKey) -> Vec<u64> {
        self.ask(Request::Look(Place::Channel(channel.clone()), 9, Some(Position(0))));
        self.expect("Looked", |report| {
            let Report::Looked(_, 9, look) = report else { return None };
            Some(look.missed.iter().map(|past| past.stay.event.number.value).collect())
        })
    }

    pub(super) fn share(&self, channel: &ChannelKey, subscriptions: usize, member: &str) {
        let member = UserId::parse(member, 100).unwrap();
        let members = vec![(member, Some(None))];
        let share = Share { ticket: 5, subscriptions, totals: Totals::All, members, member_limit: 100 };
        self.ask(Request::Sync(Place::Channel(channel.clone()), share));
        self.expect("Synced", |report| matches!(report, Report::Synced(..)).then_some(()));
    }

    /// Numbers of so many events of a channel, as they are heard, of both kinds.
    pub(super) fn heard(&self, count: usize) -> Vec<u64> {
        let next = || {
            self.expect("an event", |report| {
                if let Report::Changed(_, _, _, Change::Stayed(_, stay)) = &report {
                    return Some(stay.event.number.value);
                }
                let Report::Relayed(_, _, event) = report else { return None };
                Some(event.number.value)
            })
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    pub(super) fn nodes(&self, count: u64) {
        eventually("so many nodes", || self.state() == State::Present { nodes: count });
    }

    /// The next event that is heard, also of its own.
    pub(super) fn relayed(&self) -> u64 {
        self.expect("Relayed", |report| {
            let Report::Relayed(_, _, event) = report else { return None };
            Some(event.number.value)
        })
    }
}
