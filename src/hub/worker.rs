//! One worker's part of the hub: where its homes, its shard and its queues meet, and its turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::protocol::Frame;
use crate::telemetry::HubMetrics;

use super::far::{Adapter, Control, Link, Place, Report, Request, Wide};
use super::handle::Hub;
use super::homes::{HomeBounds, Homes};
use super::inbox::{Audience, Command, Hand, Joined, Leave, Notice};
use super::key::{ChannelKey, Homing, WorkerId};
use super::links::{Links, Mailboxes, Post};
use super::outbox::Bounds;
use super::query::Query;
use super::shard::Shard;
use super::slot::Farewell;
use super::user::Users;

/// What a worker's hub must be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much may wait for one connection.
    pub outbox: Bounds,
    /// How much this worker's homes may keep.
    pub homes: HomeBounds,
    /// Time that a command waits for room in an inbox.
    pub busy_wait: Duration,
    /// What a connection is told that does not read.
    pub slow: Farewell,
    /// What a connection is told whose user was thrown out at another node.
    pub terminated: Farewell,
    /// What a connection is told whose tokens were revoked at another node.
    pub revoked: Farewell,
    /// The way to the other nodes, where there are any.
    pub adapter: Option<Arc<dyn Adapter>>,
}

/// Entries taken from each inbox in one turn.
const BATCH: usize = 256;

/// Calls to connections' wires in one turn, one for most connections, so that readers get the processor in between.
const FLUSHES: usize = 512;

/// Time after which a congested worker tries its peers again.
const CONGESTED: Duration = Duration::from_millis(1);

/// The synchronous whole of one worker.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) id: WorkerId,
    pub(super) homing: Homing,
    pub(super) shard: Shard,
    homes: Homes,
    users: Users,
    pub(super) links: Links,
    commands: mpsc::Receiver<Command>,
    notices: mpsc::Receiver<Notice>,
    /// The way to the other nodes, where there are any.
    pub(super) adapter: Option<Arc<dyn Adapter>>,
    terminated: Farewell,
    revoked: Farewell,
    /// Commands that must not be lost and found no room yet; bounded by what connections hold.
    owed: VecDeque<(WorkerId, Command)>,
    turn: Option<Waker>,
    metrics: HubMetrics,
}

/// How a turn ended when there is more to do.
enum Turn {
    More,
    Congested,
}

/// Posts to its own shard directly and to others through their inboxes.
struct Router<'a> {
    id: WorkerId,
    shard: &'a mut Shard,
    links: &'a mut Links,
    adapter: Option<&'a dyn Adapter>,
    /// Subscriptions whose connections have gone.
    returned: Vec<Joined>,
}

impl Post for Router<'_> {
    fn post(&mut self, to: WorkerId, notice: Notice) {
        if to != self.id {
            self.links.post(to, notice);
        } else if let Some(joined) = apply(self.shard, notice) {
            self.returned.push(joined);
        }
    }

    fn ask(&mut self, request: Request) {
        if let Some(adapter) = self.adapter {
            adapter.ask(request);
        }
    }

    fn deliver(&mut self, to: WorkerId, channel: &ChannelKey, frame: &Frame, audience: Audience) {
        if to == self.id {
            self.shard.deliver(channel, frame, audience);
        } else {
            self.links.deliver(to, channel, frame, audience);
        }
    }
}

/// Tells a shard; gives back a subscription whose connection has gone.
fn apply(shard: &mut Shard, notice: Notice) -> Option<Joined> {
    match notice {
        Notice::Deliver { channel, frame, audience } => shard.deliver(&channel, &frame, audience),
        Notice::Joined(joined) => return shard.joined(*joined),
        Notice::Watched { connection, online, offline } => shard.watched(connection, online, offline),
        Notice::Status { connections, user, online, frame } => {
            for connection in connections {
                shard.status(connection, &user, online, &frame);
            }
        }
        Notice::Terminate { user, farewell } => shard.terminate(&user, u64::MAX, &farewell),
        Notice::CutOff { bearer, farewell } => shard.cut_off(&bearer, u64::MAX, &farewell),
    }
    None
}

impl Core {
    pub(super) fn new(mailboxes: Mailboxes, settings: &Settings) -> Self {
        let Mailboxes { id, commands, notices, links } = mailboxes;
        Self {
            id,
            homing: Homing::new(links.commands.len()),
            shard: Shard::new(settings.outbox, settings.slow.clone()),
            homes: Homes::new(&settings.homes, settings.adapter.as_ref().map(|_| Link::new())),
            users: Users::new(settings.adapter.as_ref().map(|_| Wide::new())),
            links,
            commands,
            notices,
            adapter: settings.adapter.clone(),
            terminated: settings.terminated.clone(),
            revoked: settings.revoked.clone(),
            owed: VecDeque::new(),
            turn: None,
            metrics: HubMetrics::new(),
        }
    }

    /// Does a command at its home, which this worker is.
    fn execute(&mut self, command: Command, now: Instant) {
        let Self { id, shard, links, homes, users, adapter, terminated, revoked, .. } = self;
        let mut router = Router { id: *id, shard, links, adapter: adapter.as_deref(), returned: Vec::new() };
        match command {
            Command::Join(join) => homes.join(join, now, &mut router),
            Command::Leave(leave) => homes.leave(&leave, now, &mut router),
            Command::Publish(publications) => {
                for publication in publications {
                    homes.publish(publication, now, &mut router);
                }
            }
            Command::SignIn(user) => users.sign_in(&user, &mut router),
            Command::SignOut(user) => users.sign_out(&user, &mut router),
            Command::Watch(watcher, watched) => users.watch(watcher, watched, &mut router),
            Command::Unwatch(watcher, watched) => users.unwatch(watcher, &watched, &mut router),
            Command::Query(query) => answer(homes, query, now),
            Command::Report(report) => {
                if let Report::Control(control) = &*report {
                    match control {
                        Control::Terminate(user, before) => router.shard.terminate(user, *before, terminated),
                        Control::CutOff(bearer, until) => router.shard.cut_off(bearer, *until, revoked),
                    }
                } else {
                    hear(homes, users, *report, now, &mut router);
                }
            }
            // Whoever asked may have given up waiting; the letter has arrived nevertheless.
            Command::Hand(Hand { to, letter, answer }) => answer(router.shard.hand(to, letter)),
        }
        for joined in router.returned {
            self.leave_for(joined);
        }
    }

    fn take(&mut self, notice: Notice) {
        if let Some(joined) = apply(&mut self.shard, notice) {
            self.leave_for(joined);
        }
    }

    /// Takes what other workers have posted so far, at most a batch.
    ///
    /// Done before a connection's message is looked at, so that its answer never comes before what
    /// had already happened: whoever acts on an answer finds the others informed.
    pub(super) fn listen(&mut self) {
        for _ in 0..BATCH {
            let Ok(notice) = self.notices.try_recv() else {
                return;
            };
            self.take(notice);
        }
    }

    /// Gives up a subscription whose connection has gone meanwhile.
    fn leave_for(&mut self, joined: Joined) {
        let Joined { channel, member, counts, .. } = joined;
        let home = self.homing.of(&channel);
        // The turn pays: paying here could call this function again, as deep as the inbox is long.
        self.owed.push_back((home, Command::Leave(Leave { channel, worker: self.id, member, counts })));
    }

    /// Sends a command that must not be lost: now, or as soon as there is room.
    pub(super) fn owe(&mut self, home: WorkerId, command: Command) {
        self.owed.push_back((home, command));
        self.pay(Instant::now());
    }

    /// Sends what is owed, in order, as far as there is room.
    fn pay(&mut self, now: Instant) {
        while let Some((home, command)) = self.owed.pop_front() {
            let Err(command) = self.attempt(home, command, now) else {
                continue;
            };
            self.owed.push_front((home, command));
            return;
        }
    }

    /// Does a command here, or puts it in its home's inbox; gives it back when neither is possible.
    pub(super) fn attempt(&mut self, home: WorkerId, command: Command, now: Instant) -> Result<(), Command> {
        if home == self.id && self.catch_up(now) {
            self.execute(command, now);
            return Ok(());
        }
        let Some(sender) = self.links.commands.get(home.0) else {
            return Ok(());
        };
        match sender.try_send(command) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(command)) => Err(command),
        }
    }

    /// Does what other workers sent before, so that a direct call does not overtake it; whether
    /// nothing is left that a direct call could overtake.
    pub(super) fn catch_up(&mut self, now: Instant) -> bool {
        while !self.links.is_congested() {
            let Ok(command) = self.commands.try_recv() else {
                return true;
            };
            self.execute(command, now);
        }
        false
    }

    /// Wakes the worker's turn if it has anything to do.
    pub(super) fn wake(&mut self) {
        let has_work = self.shard.is_dirty() || self.links.is_congested() || !self.owed.is_empty();
        if has_work && let Some(waker) = self.turn.take() {
            waker.wake();
        }
    }

    /// This node is about to end.
    pub(super) const fn part(&mut self) {
        self.homes.part();
        self.users.part();
    }

    /// Tells due numbers, drops what was kept long enough, and hands counts to the metrics.
    pub(super) fn tick(&mut self, now: Instant) {
        let Self { id, shard, links, homes, users, adapter, .. } = self;
        let mut router = Router { id: *id, shard, links, adapter: adapter.as_deref(), returned: Vec::new() };
        homes.tick(now, &mut router);
        users.tick(now, &mut router);
        // Somebody whom this tick lets in may have gone meanwhile.
        for joined in router.returned {
            self.leave_for(joined);
        }
        let counts = self.shard.take_counts();
        self.metrics.delivered.increment(counts.delivered);
        self.metrics.slow.increment(counts.slow);
        let (lost, gaps) = self.homes.take_counts();
        self.metrics.lost.increment(lost);
        self.metrics.gaps.increment(gaps);
        self.wake();
    }

    /// Drains the inboxes up to a bound, then flushes what became dirty.
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        self.turn = Some(context.waker().clone());
        let now = Instant::now();
        self.links.retry();
        let mut is_heard_out = false;
        for _ in 0..BATCH {
            let Poll::Ready(Some(notice)) = self.notices.poll_recv(context) else {
                is_heard_out = true;
                break;
            };
            self.take(notice);
        }
        let mut is_cut_short = true;
        for _ in 0..BATCH {
            if self.links.is_congested() {
                break;
            }
            let Poll::Ready(Some(command)) = self.commands.poll_recv(context) else {
                is_cut_short = false;
                break;
            };
            self.execute(command, now);
        }
        self.pay(now);
        let has_more = self.shard.flush_dirty(FLUSHES);
        if self.links.is_congested() || !self.owed.is_empty() {
            Poll::Ready(Turn::Congested)
        } else if has_more || is_cut_short || !is_heard_out {
            Poll::Ready(Turn::More)
        } else {
            Poll::Pending
        }
    }
}

/// Brings a report where it belongs; what concerns the adapter itself goes to both.
pub(super) fn hear(homes: &mut Homes, users: &mut Users, report: Report, now: Instant, post: &mut impl Post) {
    match report {
        Report::Away | Report::Back => {
            let is_away = matches!(report, Report::Away);
            users.hear(if is_away { Report::Away } else { Report::Back }, post);
            homes.hear(report, now, post);
        }
        Report::Listening(Place::User(_), _)
        | Report::Synced(Place::User(_), _)
        | Report::Looked(Place::User(_), ..)
        | Report::Changed(Place::User(_), ..) => users.hear(report, post),
        Report::Listening(..)
        | Report::Synced(..)
        | Report::Looked(..)
        | Report::Changed(..)
        | Report::Stayed(..)
        | Report::Control(_)
        | Report::Relayed(..) => homes.hear(report, now, post),
    }
}

fn answer(homes: &Homes, query: Query, now: Instant) {
    // Whoever asked may have given up waiting; then nobody misses the answer.
    match query {
        Query::Channels { app, prefix, answer } => drop(answer.send(homes.occupied(app, &prefix))),
        Query::Channel { channel, answer } => drop(answer.send(homes.state(&channel, now))),
        Query::Members { channel, answer } => drop(answer.send(homes.members(&channel))),
        Query::Retained { channel, answer } => drop(answer.send(homes.retained(&channel, now))),
        Query::History { channel, after, limit, answer } => {
            drop(answer.send(homes.history(&channel, after, limit, now)));
        }
    }
}

/// Takes turns for ever; runs as a task of its own on the hub's worker.
///
/// Cancel-safe: between turns it holds nothing.
pub async fn run(hub: Hub) {
    loop {
        match std::future::poll_fn(|context| hub.core().borrow_mut().poll_turn(context)).await {
            Turn::More => tokio::task::yield_now().await,
            Turn::Congested => tokio::time::sleep(CONGESTED).await,
        }
    }
}
