//! The judge's wishes: runs, valve, freeze, teams, clears.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::measurement::{
    Category, Clear, EndedBy, Entry, Frequency, Run, RunId, Scope, Stop, TallyKey, Team, iso, local,
};

use super::command::Replace;
use super::engine::Engine;
use super::handle::Cleared;
use super::publisher::SESSION;
use super::refused::NotDone;
use super::told::parts;

impl Engine {
    /// What a start begins with: a fresh contest gets its teams, and a run that should be over ends.
    pub(super) async fn begin(&mut self) {
        if self.state.applied == 0 {
            let enabled = self.settings.realtime;
            let at_ms = self.now().unix_ms;
            let first =
                [Entry::Teams { teams: self.state.teams.list() }, Entry::Realtime { enabled, session_id: None, at_ms }];
            // Without room nothing else works either, and every point is told so.
            drop(self.keep(&first).await);
        }
        if let Some(run) = self.state.running() {
            let now = self.now();
            let session = run.id.0;
            if run.elapsed_ms(&now.tick, now.unix_ms) >= self.length_ms() {
                tracing::warn!(session, "a run's time was over while the broker was not there");
                drop(self.end(run.id, EndedBy::Restart).await);
            } else {
                tracing::info!(session, "a run goes on after a restart");
            }
        }
        self.tell_state().await;
    }

    /// When the run that goes on is over; now, if that has passed.
    pub(super) fn end_of_run(&self) -> Option<Instant> {
        let now = self.now();
        let elapsed = self.state.running()?.elapsed_ms(&now.tick, now.unix_ms);
        Some(Instant::now() + Duration::from_millis(self.length_ms().saturating_sub(elapsed)))
    }

    /// Ends the run whose time is over.
    pub(super) async fn end_run(&mut self) {
        let now = self.now();
        let Some(run) = self.state.running() else { return };
        if run.elapsed_ms(&now.tick, now.unix_ms) >= self.length_ms() {
            drop(self.end(run.id, EndedBy::Time).await);
        }
    }

    pub(super) async fn start(
        &mut self,
        category: Category,
        frequency: Frequency,
        replace: Replace,
    ) -> Result<Run, NotDone> {
        if let Some(run) = self.state.running() {
            if replace == Replace::No {
                return Err(NotDone::Running(Box::new(run.clone())));
            }
            self.end(run.id, EndedBy::Replaced).await?;
        }
        let now = self.now();
        let run = Run {
            id: self.state.next_run(),
            category,
            frequency,
            started_at_ms: now.unix_ms,
            started: now.tick,
            stop: None,
        };
        self.keep(&[Entry::RunStarted { run: run.clone() }]).await?;
        tracing::info!(session = run.id.0, %category, %frequency, "a run began");
        let told = json!({
            "session_id": run.id, "frequency": frequency, "category": category,
            "started_at": local(run.started_at_ms), "elapsed_seconds": 0, "timestamp": iso(now.unix_ms),
        });
        self.announce("session-started", "session_started", &told).await;
        Ok(run)
    }

    pub(super) async fn stop(&mut self, run: Option<RunId>, by: EndedBy) -> Result<Run, NotDone> {
        let run = match run {
            None => self.state.current.ok_or(NotDone::NotRunning)?,
            Some(id) => match self.state.runs.get(&id) {
                None => return Err(NotDone::UnknownRun(id.0)),
                Some(run) if !run.is_running() => return Err(NotDone::Over(Box::new(run.clone()))),
                Some(run) => run.id,
            },
        };
        self.end(run, by).await
    }

    pub(super) async fn realtime(&mut self, enabled: bool, session_id: Option<RunId>) -> Result<(), NotDone> {
        let now = self.now().unix_ms;
        self.keep(&[Entry::Realtime { enabled, session_id, at_ms: now }]).await?;
        tracing::info!(enabled, "data saving was switched");
        let (event, old) = if enabled {
            ("realtime-saving-started", "realtime_saving_started")
        } else {
            ("realtime-saving-stopped", "realtime_saving_stopped")
        };
        self.announce(event, old, &json!({ "session_id": session_id, "timestamp": iso(now) })).await;
        Ok(())
    }

    pub(super) async fn freeze(&mut self, frozen: bool) -> Result<(), NotDone> {
        self.keep(&[Entry::Frozen { frozen }]).await?;
        let told = json!({ "frozen": frozen, "timestamp": iso(self.now().unix_ms) });
        self.announce("freeze-data", "freeze_data", &told).await;
        Ok(())
    }

    pub(super) async fn select(&mut self, category: Category, frequency: Option<Frequency>) -> Result<(), NotDone> {
        let frequency = frequency.unwrap_or(self.state.frequency);
        if let Some(run) = self.state.running()
            && (run.category, run.frequency) != (category, frequency)
        {
            return Err(NotDone::Locked(category));
        }
        self.keep(&[Entry::Selected { category, frequency }]).await?;
        let told = json!({ "category": category, "timestamp": local(self.now().unix_ms) });
        self.announce("category-change", "category_change", &told).await;
        Ok(())
    }

    pub(super) async fn rename(&mut self, teams: Vec<Team>) -> Result<(), NotDone> {
        self.keep(&[Entry::Teams { teams }]).await?;
        let told = json!({ "revision": self.state.teams_revision, "timestamp": iso(self.now().unix_ms) });
        self.announce("teams-changed", "teams_changed", &told).await;
        Ok(())
    }

    pub(super) async fn clear(&mut self, scope: Scope) -> Result<Cleared, NotDone> {
        if let Scope::Run { session_id } = scope
            && !self.state.runs.contains_key(&session_id)
        {
            return Err(NotDone::UnknownRun(session_id.0));
        }
        let is_meant = |run: &RunId| match scope {
            Scope::Run { session_id } => session_id == *run,
            Scope::Lane { .. } => false,
            Scope::All => true,
        };
        let stopped = self.state.current.filter(is_meant);
        if let Some(run) = stopped {
            self.end(run, EndedBy::Clear).await?;
        }
        let now = self.now().unix_ms;
        let until_ms = now.saturating_add(i64::try_from(self.settings.undo.as_millis()).unwrap_or(i64::MAX));
        let id = self.state.last_clear + 1;
        let covered = |key: &&TallyKey| scope.covers(key) && key.run.is_some();
        let statistics = self.state.tallies.keys().filter(covered).count();
        self.keep(&[Entry::Cleared { clear: Clear::new(id, scope, self.state.last_serial, now, until_ms) }]).await?;
        let points = self.state.clear(id).map_or(0, |clear| clear.points);
        tracing::warn!(clear = id, scope = scope.name(), points, "points were cleared");
        let told = scoped(id, scope, now, Some("All data cleared by admin"));
        self.announce("clear-data", "clear_data", &told).await;
        Ok(Cleared {
            clear_id: id,
            points,
            statistics: u64::try_from(statistics).unwrap_or(u64::MAX),
            sessions_stopped: u64::from(stopped.is_some()),
            until_ms,
        })
    }

    pub(super) async fn undo(&mut self, id: i64) -> Result<u64, NotDone> {
        let Some((scope, points)) = self.state.clear(id).map(|clear| (clear.scope, clear.points)) else {
            return Err(NotDone::Expired(id));
        };
        self.keep(&[Entry::Undone { clear: id }]).await?;
        tracing::warn!(clear = id, points, "cleared points came back");
        let told = scoped(id, scope, self.now().unix_ms, None);
        self.announce("clear-undone", "clear_undone", &told).await;
        Ok(points)
    }

    /// Lets go of clears that are too old to be undone.
    pub(super) async fn purge(&mut self) {
        let now = self.now().unix_ms;
        let old = self.state.clears.iter().filter(|clear| clear.until_ms <= now);
        let entries: Vec<Entry> = old.map(|clear| Entry::Purged { clear: clear.id }).collect();
        if !entries.is_empty() && self.keep(&entries).await.is_ok() {
            self.tell_state().await;
        }
    }

    async fn end(&mut self, id: RunId, by: EndedBy) -> Result<Run, NotDone> {
        let now = self.now();
        let run = self.state.runs.get(&id).cloned().ok_or(NotDone::UnknownRun(id.0))?;
        let elapsed = run.elapsed_ms(&now.tick, now.unix_ms).min(self.length_ms());
        let duration_ms = u32::try_from(elapsed).unwrap_or(u32::MAX);
        let stop = Stop { at_ms: run.started_at_ms.saturating_add(i64::from(duration_ms)), duration_ms, by };
        self.keep(&[Entry::RunStopped { run: id, stop }]).await?;
        let run = Run { stop: Some(stop), ..run };
        tracing::info!(session = id.0, duration_ms, ?by, "a run ended");
        let told = json!({
            "session_id": id, "duration_seconds": duration_ms / 1000, "auto_stopped": run.auto_stopped(),
            "collapsed": run.collapsed(), "ended_by": by, "timestamp": iso(now.unix_ms),
        });
        self.announce("session-stopped", "session_stopped", &told).await;
        Ok(run)
    }

    /// Tells pages and raw clients of a change, each in their words, and pages the whole of it.
    async fn announce(&self, event: &str, old: &str, told: &Value) {
        self.publisher.publish(SESSION, event, told).await;
        self.tell_state().await;
        let mut raw = serde_json::Map::from_iter([("type".to_owned(), Value::from(old))]);
        raw.extend(told.as_object().cloned().unwrap_or_default());
        self.relays.send(Bytes::from(Value::Object(raw).to_string()), None);
    }

    fn length_ms(&self) -> u64 {
        u64::try_from(self.settings.run.as_millis()).unwrap_or(u64::MAX)
    }
}

/// What a clear is about, as it stands on the wire.
fn scoped(clear_id: i64, scope: Scope, now_ms: i64, message: Option<&str>) -> Value {
    let (session_id, laptop_id, category) = parts(scope);
    let scope = scope.name();
    json!({
        "message": message, "clear_id": clear_id, "scope": scope, "session_id": session_id, "laptop_id": laptop_id,
        "category": category, "timestamp": iso(now_ms),
    })
}
