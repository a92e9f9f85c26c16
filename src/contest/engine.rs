//! The thread's work: wishes in, changes kept, published and answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::config;
use crate::measurement::{Entry, State};
use crate::store::{Journal, Progress, Seq, Standing};
use crate::telemetry::ContestMetrics;

use super::clock::{Clock, Moment};
use super::command::{Command, Recent as Answer};
use super::health::{DatabaseHealth, Lanes, StoreHealth};
use super::lanes::Books;
use super::publisher::{LANES, Publisher, SESSION};
use super::recent::Recent;
use super::refused::NotDone;
use super::told::{Relay, StateTold};

/// Wishes that are taken in one go.
const BATCH: usize = 256;

/// Time between two looks at lanes, clears and the disk.
const TICK: Duration = Duration::from_secs(1);

/// Everything that the contest is.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) state: Arc<State>,
    pub(super) journal: Journal,
    pub(super) settings: config::Contest,
    pub(super) clock: Clock,
    pub(super) publisher: Publisher,
    pub(super) recent: Recent,
    pub(super) books: Books,
    pub(super) kept: watch::Sender<Seq>,
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) relays: broadcast::Sender<Relay>,
    pub(super) metrics: ContestMetrics,
    /// The last change that is no point: what reads from the database must have seen.
    pub(super) changed: Seq,
    /// Whether the last change found no room.
    pub(super) is_full: bool,
    /// What pages know of lanes, but for times.
    pub(super) told: Option<Lanes>,
}

impl Engine {
    /// Serves wishes until told to stop, then saves what holds.
    pub(super) async fn serve(mut self, mut commands: mpsc::Receiver<Command>, mut stop: watch::Receiver<bool>) {
        self.begin().await;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut wishes = Vec::with_capacity(BATCH);
        loop {
            let end = self.end_of_run();
            tokio::select! {
                biased;
                _ = stop.wait_for(|is_over| *is_over) => break,
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => self.end_run().await,
                _ = ticks.tick() => self.tick().await,
                count = commands.recv_many(&mut wishes, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    for wish in wishes.drain(..) {
                        // A run that is over must not take what comes after its end.
                        self.end_run().await;
                        self.perform(wish).await;
                    }
                }
            }
        }
        self.journal.close(&self.state);
    }

    /// Keeps changes, all or none, and lets them happen.
    pub(super) fn keep(&mut self, entries: &[Entry]) -> Result<(), NotDone> {
        if let Err(error) = self.journal.append(entries) {
            if !self.is_full {
                tracing::error!(%error, "the journal took nothing: points are refused until it does");
            }
            self.is_full = true;
            return Err(NotDone::StoreFull);
        }
        if self.is_full {
            tracing::info!("the journal takes points again");
        }
        self.is_full = false;
        let before = self.state.applied;
        let state = Arc::make_mut(&mut self.state);
        for (seq, entry) in (before + 1..).zip(entries) {
            if let Entry::Purged { clear } = entry {
                self.recent.purge(*clear, state);
            }
            state.apply(entry);
            if let Entry::Point { point, .. } = entry {
                self.recent.push(seq, *point);
            } else {
                self.changed = seq;
            }
        }
        self.kept.send_replace(self.state.applied);
        Ok(())
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Tells pages all that holds.
    pub(super) async fn tell_state(&self) {
        let told = StateTold::new(&self.state, &self.now(), self.settings.run);
        self.publisher.publish(SESSION, "state", &told).await;
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
        self.journal.sync();
        self.journal.release(applied, &self.state);
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
        let store = StoreHealth {
            database,
            behind,
            journal_bytes: self.journal.bytes(),
            journal_limit_bytes: self.journal.limit(),
            full: self.is_full,
        };
        Lanes { server_time_ms: now.unix_ms, lanes: self.books.health(&self.state, &now), store }
    }

    async fn probe(&self) -> Result<(), NotDone> {
        let now = serde_json::json!({ "server_time_ms": self.now().unix_ms });
        if self.publisher.publish(SESSION, "self-test", &now).await { Ok(()) } else { Err(NotDone::Busy) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge may be off by one in 2^52")]
const fn as_gauge(number: u64) -> f64 {
    number as f64
}
