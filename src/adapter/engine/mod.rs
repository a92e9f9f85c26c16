//! The adapter's thread: opens a session with Redis, works while it lasts, and opens the next.
//!
//! While there is none, events wait in order and questions fail at once. Read `open` for what makes a session, `session`
//! for its turns, `taking` and `hearing` for what comes in, `sending` for what goes out, `keeping` for its lease, `work` for
//! what it does at the same time.

mod hearing;
mod keeping;
mod open;
mod sending;
mod session;
mod taking;
mod work;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use redis::Cmd;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::hub::ChannelKey;
use crate::hub::far::{Number, Outcome, Report, Request};
use crate::protocol::AppId;
use crate::telemetry::AdapterMetrics;

use super::apps::Apps;
use super::backlog::{Gauge, weight};
use super::control::{Control, Note};
use super::fault::Fault;
use super::fit::Unfit;
use super::pipeline::{Job, What};
use super::start::State;
use super::topology::Topology;
use super::wording::{Sent, Wording, fail};

use open::Life;
pub(super) use open::Opener;
use session::Session;

/// The first pause between two tries, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// A session that breaks sooner was none: the next pause is longer.
const STEADY: Duration = Duration::from_secs(3);

/// How long after its own return a node sends so that others still find it who come back later: the longest pause, and
/// time to notice, to connect and to look.
const SETTLING: Duration = Duration::from_secs(12);

/// How long nothing more is said of answers that cannot be read.
const SILENCE: Duration = Duration::from_secs(60);

/// What comes in, in order.
#[derive(Debug)]
pub(super) enum Inlet {
    /// From a home or the HTTP API.
    Request(Request),
    /// An event found no room; with its number if it was to stay.
    Lost(Option<(ChannelKey, Number)>),
    /// For all nodes, or for one.
    Control(Option<u32>, Vec<u8>),
    /// The apps that this node serves are others now.
    Apps(Apps),
    /// Send what waits until then, and end.
    Stop(Instant),
}

impl Inlet {
    /// What is left of an event that found no room.
    pub(super) fn lost(request: Request) -> Self {
        if let Request::Stay(channel, stay, _) = request {
            return Self::Lost(Some((channel, stay.event.number)));
        }
        Self::Lost(None)
    }
}

/// Tells how many connections each app has at this node.
pub(super) type Counts = Box<dyn Fn() -> Vec<(AppId, usize)> + Send>;

/// Who hears what comes.
pub(super) struct Ears {
    /// Homes: a place's report goes to the worker of the place, one without a place to all.
    pub(super) homes: Box<dyn Fn(Report) + Send>,
    /// Whoever cares for what concerns all nodes.
    pub(super) all: Box<dyn Fn(Control) + Send>,
    /// Whoever cares for what concerns this node.
    pub(super) one: Box<dyn Fn(Note) + Send>,
    /// Whoever knows how many connections each app has here.
    pub(super) counts: Counts,
}

/// The adapter's thread.
pub(super) struct Engine {
    pub(super) opener: Arc<Opener>,
    pub(super) wording: Wording,
    pub(super) gauge: Arc<Gauge>,
    pub(super) inlet: mpsc::UnboundedReceiver<Inlet>,
    pub(super) ears: Ears,
    /// This node's number in socket ids.
    pub(super) node: u32,
    pub(super) state: watch::Sender<State>,
    pub(super) metrics: AdapterMetrics,
    backlog: VecDeque<Job>,
    /// This node's life.
    life: Option<Life>,
    /// Sessions that were tried.
    sessions: u64,
    /// When the last of what was said to all nodes came that this one has read, in Unix milliseconds.
    obeyed: Option<u64>,
    topology: Option<Topology>,
    /// Until when what waits may be sent, once the broker ends.
    ending: Option<Instant>,
    /// When it was last said that something cannot be read.
    complained: Option<Instant>,
}

/// How a session ended.
enum End {
    Fault(Fault),
    Stopped,
}

/// What an engine is made of.
pub(super) struct Parts {
    pub(super) opener: Opener,
    pub(super) wording: Wording,
    pub(super) gauge: Arc<Gauge>,
    pub(super) inlet: mpsc::UnboundedReceiver<Inlet>,
    pub(super) ears: Ears,
    pub(super) node: u32,
    pub(super) state: watch::Sender<State>,
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { opener, wording, gauge, inlet, ears, node, state } = parts;
        let opener = Arc::new(opener);
        let (metrics, backlog) = (AdapterMetrics::new(), VecDeque::new());
        Self {
            opener,
            wording,
            gauge,
            inlet,
            ears,
            node,
            state,
            metrics,
            backlog,
            life: None,
            sessions: 0,
            obeyed: None,
            topology: None,
            ending: None,
            complained: None,
        }
    }

    /// Works until it is stopped. `first` hears how the first try went: only then is a bad set-up anybody's to mend.
    pub(super) async fn run(mut self, first: SyncSender<Result<(), Unfit>>) {
        let mut first = Some(first);
        let mut pause = PAUSES[0];
        let [shortest, longest] = PAUSES;
        while !self.is_over() {
            let opener = Arc::clone(&self.opener);
            self.sessions += 1;
            let (life, topology, session) = (self.life.clone(), self.topology.clone(), self.sessions);
            let opened = self.meanwhile(async move { opener.open(life, topology, session).await }).await;
            let Some(opened) = opened else { break };
            // Only at the start somebody is there to mend it, and hears of it from who started us.
            let unfit = match (&opened, &first) {
                (Err(Fault::Unfit(unfit)), Some(_)) => Some(unfit.clone()),
                (Err(_) | Ok(_), _) => None,
            };
            let is_unfit = unfit.is_some();
            if let Err(fault) = &opened
                && !is_unfit
            {
                self.away(fault.clone());
            }
            if first.take().is_some_and(|first| first.send(unfit.map_or(Ok(()), Err)).is_err()) || is_unfit {
                return;
            }
            let fault = match opened {
                Err(fault) => fault,
                Ok(opened) => {
                    let begun = Instant::now();
                    let (end, was_back) = Session::new(&mut self, opened).run().await;
                    if was_back && begun.elapsed() > STEADY {
                        pause = shortest;
                    }
                    match end {
                        End::Stopped => break,
                        End::Fault(fault) => fault,
                    }
                }
            };
            let at_once = fault.is_passing() && pause == shortest;
            self.away(fault);
            if !at_once && self.rest(pause).await.is_none() {
                break;
            }
            pause = (pause * 2).min(longest);
        }
        self.give_up();
    }

    /// Whether the broker ends, and nothing is left to be sent, or no time.
    fn is_over(&self) -> bool {
        self.ending.is_some_and(|until| self.backlog.is_empty() && self.inlet.is_empty() || Instant::now() >= until)
    }

    /// Takes in what comes while something else is waited for; nothing when that is to end.
    async fn meanwhile<T>(&mut self, doing: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(doing);
        loop {
            let over = self.ending.unwrap_or_else(|| Instant::now() + PAUSES[1]);
            tokio::select! {
                done = &mut doing => return Some(done),
                inlet = self.inlet.recv() => self.absorb(inlet?),
                () = sleep_until(over) => {}
            }
            if self.is_over() {
                return None;
            }
        }
    }

    /// Waits before the next try, not for long when the broker ends; nothing when nobody is left to ask anything.
    async fn rest(&mut self, pause: Duration) -> Option<()> {
        let mut until = Instant::now() + pause.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        loop {
            if self.ending.is_some() {
                until = until.min(Instant::now() + PAUSES[0]);
            }
            tokio::select! {
                () = sleep_until(until) => return Some(()),
                inlet = self.inlet.recv() => self.absorb(inlet?),
            }
        }
    }

    /// Without Redis events wait, questions fail, and homes ask all else again when it is back.
    fn absorb(&mut self, inlet: Inlet) {
        match inlet {
            Inlet::Request(request) if weight(&request).is_some() => {
                self.backlog.push_back(Job::new(What::Request(request)));
            }
            Inlet::Request(Request::Ask(question)) => fail(question),
            Inlet::Request(_) => {}
            Inlet::Control(None, message) => self.backlog.push_back(Job::new(What::Control(None, message))),
            // Whoever waits for its answer gives up first.
            Inlet::Control(Some(_), _) => {}
            other @ (Inlet::Lost(_) | Inlet::Apps(_) | Inlet::Stop(_)) => self.always(other),
        }
        self.show_waiting();
    }

    /// What is done with or without Redis.
    fn always(&mut self, inlet: Inlet) {
        match inlet {
            Inlet::Lost(stay) => {
                self.metrics.lost("full", 1);
                if let Some((channel, number)) = stay {
                    (self.ears.homes)(Report::Stayed(channel, number, Outcome::Lost));
                }
            }
            Inlet::Apps(apps) => self.wording.apps = apps,
            Inlet::Stop(until) => self.ending = Some(until),
            Inlet::Request(_) | Inlet::Control(..) => {}
        }
    }

    fn away(&mut self, why: Fault) {
        self.metrics.present.set(0.0);
        let was = self.state.borrow().clone();
        match was {
            State::Present { .. } => {
                if self.may_tell(&why) {
                    tracing::warn!(error = %why, "lost the other nodes");
                }
                self.metrics.broke(why.label());
                self.state.send_replace(State::Away { since: Instant::now(), why });
                (self.ears.homes)(Report::Away);
            }
            State::Away { since, why: before } => {
                if before != why && self.may_tell(&why) {
                    tracing::warn!(error = %why, "could not reach the other nodes");
                }
                self.state.send_replace(State::Away { since, why });
            }
        }
    }

    /// Whoever writes what cannot be read writes it again and again.
    fn may_tell(&mut self, why: &Fault) -> bool {
        !matches!(why, Fault::Unreadable { .. }) || self.may_complain()
    }

    fn may_complain(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self.complained.is_none_or(|last| now.duration_since(last) >= SILENCE);
        if is_due {
            self.complained = Some(now);
        }
        is_due
    }

    fn back(&mut self, nodes: u64) {
        tracing::info!(nodes, "reached the other nodes");
        self.metrics.present.set(1.0);
        self.state.send_replace(State::Present { nodes });
        (self.ears.homes)(Report::Back);
    }

    /// An event has reached Redis, or never will.
    fn settled(&mut self, what: &What) {
        match what {
            What::Request(request) => {
                if let Some(bytes) = weight(request) {
                    self.gauge.release(bytes);
                }
            }
            What::Control(None, _) => self.gauge.release_control(),
            What::Control(Some(_), _) | What::Part(..) => {}
        }
    }

    /// Redis will not take an event.
    fn lose(&mut self, what: What, why: &'static str) {
        self.settled(&what);
        if !matches!(what, What::Control(..)) {
            self.metrics.lost(why, 1);
        }
        if let What::Request(Request::Stay(channel, stay, _)) = what {
            (self.ears.homes)(Report::Stayed(channel, stay.event.number, Outcome::Lost));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn show_waiting(&self) {
        let (events, bytes) = self.gauge.waiting();
        self.metrics.waiting_events.set(events as f64);
        self.metrics.waiting_bytes.set(bytes as f64);
    }

    /// What still waits when the thread ends is lost, and said to be.
    fn give_up(&mut self) {
        while let Ok(inlet) = self.inlet.try_recv() {
            self.absorb(inlet);
        }
        let events = self.backlog.len();
        if events > 0 {
            tracing::warn!(events, "ended with events that other nodes do not have");
        }
        for job in std::mem::take(&mut self.backlog) {
            self.lose(job.what, "ended");
        }
        self.show_waiting();
    }

    /// A command for one server, or several for all buckets.
    fn commands(wording: &mut Wording, lease: super::script::Lease, what: &What, sent: &mut Sent) -> Vec<Cmd> {
        match what {
            What::Request(request) => wording.commands(lease, request, sent),
            What::Control(None, message) => vec![wording.scripts.order(&wording.keys, message)],
            What::Control(Some(node), message) => vec![wording.scripts.tell(&wording.keys, *node, message)],
            // Made with all the others.
            What::Part(..) => Vec::new(),
        }
    }
}
