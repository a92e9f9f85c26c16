//! The thread's work: wishes in, changes kept, published and answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::config;
use crate::measurement::{Entry, State};
use crate::store::{Progress, Seq, Standing};
use crate::telemetry::ContestMetrics;

use super::clock::{Clock, Moment};
use super::command::{Command, Recent as Answer};
use super::health::{DatabaseHealth, Lanes, StoreHealth};
use super::keeping::{Keeping, NotKept};
use super::lanes::Books;
use super::publisher::{LANES, Publisher, SESSION};
use super::recent::Recent;
use super::refused::NotDone;
use super::relays::Relays;
use super::shared::Reign;
use super::taking::Taking;
use super::told::StateTold;

/// Wishes that are taken in one go.
const BATCH: usize = 256;

/// Time between two looks at lanes, clears and the disk.
const TICK: Duration = Duration::from_secs(1);

/// Everything that the contest is.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) state: Arc<State>,
    pub(super) keeping: Keeping,
    pub(super) settings: config::Contest,
    pub(super) clock: Clock,
    pub(super) publisher: Publisher,
    pub(super) recent: Recent,
    pub(super) books: Books,
    pub(super) kept: watch::Sender<Seq>,
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) relays: Relays,
    pub(super) metrics: ContestMetrics,
    /// The last change that is no point: what reads from the database must have seen.
    pub(super) changed: Seq,
    /// Whether the last change found no room.
    pub(super) is_full: bool,
    /// Where several nodes share the contest: as long as this one owns it.
    pub(super) reign: Option<Reign>,
    /// Whether what is in memory may not be what was kept: then nothing more may be said of it.
    pub(super) is_lost: bool,
    /// What pages know of lanes, but for times.
    pub(super) told: Option<Lanes>,
}

impl Engine {
    /// Serves wishes until told to stop or the contest is another node's, then saves what holds.
    pub(super) async fn serve(mut self, mut commands: mpsc::Receiver<Command>, mut stop: watch::Receiver<bool>) {
        self.begin().await;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut wishes = Vec::with_capacity(BATCH);
        let mut reign = self.reign.clone();
        while self.is_in_office() {
            let end = self.end_of_run();
            tokio::select! {
                biased;
                _ = stop.wait_for(|is_over| *is_over) => break,
                () = over(&mut reign) => break,
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => self.end_run().await,
                _ = ticks.tick() => self.tick().await,
                count = commands.recv_many(&mut wishes, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    self.perform_all(&mut wishes).await;
                }
            }
        }
        self.keeping.close(&self.state);
    }

    /// Whether this node may speak for the contest: always, where it is the only one.
    pub(super) fn is_in_office(&self) -> bool {
        !self.is_lost && self.reign.as_ref().is_none_or(Reign::is_on)
    }

    /// Keeps changes, all or none, and lets them happen.
    pub(super) async fn keep(&mut self, entries: &[Entry]) -> Result<(), NotDone> {
        self.write(entries).await?;
        self.apply(entries);
        Ok(())
    }

    /// Keeps changes, all or none.
    pub(super) async fn write(&mut self, entries: &[Entry]) -> Result<(), NotDone> {
        match self.keeping.append(entries).await {
            Ok(()) => {}
            Err(NotKept::Full(error)) => {
                if !self.is_full {
                    tracing::error!(%error, "the journal took nothing: points are refused until it does");
                }
                self.is_full = true;
                return Err(NotDone::StoreFull);
            }
            Err(NotKept::Unknown(error)) => {
                tracing::warn!(%error, "what was kept is read again");
                self.is_lost = true;
                return Err(NotDone::Busy);
            }
        }
        if self.is_full {
            tracing::info!("the journal takes points again");
        }
        self.is_full = false;
        // It may have taken long.
        if self.is_in_office() { Ok(()) } else { Err(NotDone::Busy) }
    }

    /// Lets changes happen.
    pub(super) fn apply(&mut self, entries: &[Entry]) {
        let before = self.state.applied;
        let state = Arc::make_mut(&mut self.state);
        for (seq, entry) in (before + 1..).zip(entries) {
            if let Entry::Purged { clear } = entry {
                self.recent.purge(*clear, state);
            }
            state.apply(entry);
            let Entry::Point { point, .. } = entry else {
                self.changed = seq;
                continue;
            };
            // Where several nodes share a database, it has them already.
            if self.reign.is_none() {
                self.recent.push(seq, *point);
            }
        }
        self.kept.send_replace(self.state.applied);
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Tells pages all that holds.
    pub(super) async fn tell_state(&self) {
        let told = StateTold::new(&self.state, &self.now(), self.settings.run);
        self.publisher.publish(SESSION, "state", &told).await;
    }

    /// Several points' wishes in a row are kept together where that takes a journey to the database.
    async fn perform_all(&mut self, wishes: &mut Vec<Command>) {
        let mut takings = Vec::new();
        for wish in wishes.drain(..) {
            let wish = match Taking::of(wish) {
                Ok(taking) if self.reign.is_some() => {
                    takings.push(taking);
                    continue;
                }
                Ok(taking) => taking.into(),
                Err(other) => other,
            };
            self.take_together(std::mem::take(&mut takings)).await;
            // A run that is over must not take what comes after its end.
            self.end_run().await;
            if !self.is_in_office() {
                return;
            }
            self.perform(wish).await;
        }
        self.take_together(takings).await;
    }

    async fn perform(&mut self, wish: Command) {
        // Whoever has stopped waiting does not need an answer.
        match wish {
            Command::Take(readings, origin, reply) => drop(reply.send(self.take(readings, origin).await)),
            Command::TurnedAway(lane, reason) => self.books.turned_away(lane, reason),
            Command::Gone(client) => self.books.gone(client),
            Command::Start(category, frequency, replace, reply) => {
                let outcome = self.start(category, frequency, replace).await;
                drop(reply.send(outcome));
            }
            Command::Stop(run, by, reply) => drop(reply.send(self.stop(run, by).await)),
            Command::Realtime(enabled, session, reply) => drop(reply.send(self.realtime(enabled, session).await)),
            Command::Freeze(frozen, reply) => drop(reply.send(self.freeze(frozen).await)),
            Command::Select(category, frequency, reply) => drop(reply.send(self.select(category, frequency).await)),
            Command::Rename(teams, reply) => drop(reply.send(self.rename(teams).await)),
            Command::Clear(scope, reply) => drop(reply.send(self.clear(scope).await)),
            Command::Undo(clear, reply) => drop(reply.send(self.undo(clear).await)),
            Command::State(reply) => drop(reply.send(self.state.clone())),
            Command::Lanes(reply) => drop(reply.send(self.lanes())),
            Command::Recent(filter, after, limit, reply) => {
                let page = self.recent.page(&self.state, &filter, after, limit);
                let first = self.recent.first();
                drop(reply.send(Answer { first, changed: self.changed, page }));
            }
            Command::Probe(reply) => drop(reply.send(self.probe().await)),
        }
    }

    /// What is due by the clock, once a second.
    async fn tick(&mut self) {
        let applied = self.progress.borrow().applied;
        if let Err(error) = self.keeping.tidy(applied, &self.state).await {
            tracing::warn!(%error, "what was kept is read again");
            self.is_lost = true;
            return;
        }
        self.recent.release(applied);
        self.purge().await;
        let lanes = self.lanes();
        self.metrics.journal.set(as_gauge(lanes.store.journal_bytes));
        self.metrics.behind.set(as_gauge(lanes.store.behind));
        let timeless = lanes.timeless();
        if self.told.as_ref() != Some(&timeless) {
            self.told = Some(timeless);
            self.publisher.publish(LANES, "lanes", &lanes).await;
        }
    }

    fn lanes(&self) -> Lanes {
        let now = self.now();
        let progress = self.progress.borrow();
        let behind = progress.behind(self.state.applied);
        let database = match progress.standing(self.state.applied) {
            Standing::Away => DatabaseHealth::Away,
            Standing::Behind => DatabaseHealth::Behind,
            Standing::Ok => DatabaseHealth::Ok,
        };
        let (journal_bytes, journal_limit_bytes) = self.keeping.bytes();
        let store = StoreHealth { database, behind, journal_bytes, journal_limit_bytes, full: self.is_full };
        let owner = self.reign.as_ref().map(|reign| reign.name.clone());
        Lanes { server_time_ms: now.unix_ms, lanes: self.books.health(&self.state, &now), store, owner }
    }

    async fn probe(&self) -> Result<(), NotDone> {
        let now = serde_json::json!({ "server_time_ms": self.now().unix_ms });
        if self.publisher.publish(SESSION, "self-test", &now).await { Ok(()) } else { Err(NotDone::Busy) }
    }
}

/// Waits until the contest is another node's, if that can be.
async fn over(reign: &mut Option<Reign>) {
    match reign {
        Some(reign) => reign.ends().await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge may be off by one in 2^52")]
const fn as_gauge(number: u64) -> f64 {
    number as f64
}
