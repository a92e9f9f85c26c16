//! What pages and raw clients are told.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::measurement::{Category, Clear, EndedBy, Frequency, Lane, Run, RunId, Scope, State, local};

use super::clock::Moment;

/// A text frame for all raw clients, encoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// The JSON.
    pub text: Bytes,
    /// The client that caused it and does not get it back.
    pub except: Option<u64>,
}

/// The whole truth for pages: the data of `state` on `private-session`.
#[derive(Debug, Serialize)]
pub struct StateTold {
    revision: u64,
    server_time_ms: i64,
    timestamp: String,
    category: Category,
    frequency: Frequency,
    realtime: RealtimeTold,
    frozen: bool,
    run_seconds: f64,
    session: Option<RunTold>,
    last: Option<RunTold>,
    undo: Vec<ClearTold>,
    teams_revision: u64,
}

#[derive(Debug, Serialize)]
struct RealtimeTold {
    enabled: bool,
    session_id: Option<RunId>,
    since: Option<String>,
}

/// A run as everybody is told of it.
#[derive(Debug, Clone, Serialize)]
pub struct RunTold {
    /// Its number.
    pub session_id: RunId,
    /// Whose models shake.
    pub category: Category,
    /// How fast.
    pub frequency: Frequency,
    /// `running` or `stopped`.
    pub status: &'static str,
    /// When it began, local time.
    pub started_at: String,
    /// The same in unix milliseconds.
    pub started_at_ms: i64,
    /// Milliseconds so far, or all it took.
    pub elapsed_ms: u64,
    /// When it ended, local time.
    pub stopped_at: Option<String>,
    /// Whole seconds that it took.
    pub duration_seconds: Option<u32>,
    /// Whether its time was over.
    pub auto_stopped: bool,
    /// Whether the model collapsed.
    pub collapsed: bool,
    /// Why it ended.
    pub ended_by: Option<EndedBy>,
}

/// A clear that can be undone.
#[derive(Debug, Serialize)]
struct ClearTold {
    clear_id: i64,
    scope: &'static str,
    session_id: Option<RunId>,
    laptop_id: Option<Lane>,
    category: Option<Category>,
    points: u64,
    until_ms: i64,
}

impl StateTold {
    /// What holds at a moment; `length` is a run's.
    #[must_use]
    pub fn new(state: &State, now: &Moment, length: Duration) -> Self {
        let told = |run: &Run| RunTold::new(run, now, length);
        let realtime = state.realtime;
        Self {
            revision: state.revision,
            server_time_ms: now.unix_ms,
            timestamp: local(now.unix_ms),
            category: state.category,
            frequency: state.frequency,
            realtime: RealtimeTold {
                enabled: realtime.enabled,
                session_id: realtime.session_id,
                since: realtime.since_ms.map(local),
            },
            frozen: state.frozen,
            run_seconds: length.as_secs_f64(),
            session: state.running().map(told),
            last: state.ended().map(told),
            undo: state.clears.iter().map(ClearTold::new).collect(),
            teams_revision: state.teams_revision,
        }
    }
}

impl RunTold {
    /// A run at a moment; `length` is the longest that it may take.
    #[must_use]
    pub fn new(run: &Run, now: &Moment, length: Duration) -> Self {
        let longest = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let elapsed = run.elapsed_ms(&now.tick, now.unix_ms).min(longest);
        Self {
            session_id: run.id,
            category: run.category,
            frequency: run.frequency,
            status: if run.is_running() { "running" } else { "stopped" },
            started_at: local(run.started_at_ms),
            started_at_ms: run.started_at_ms,
            elapsed_ms: run.stop.map_or(elapsed, |stop| u64::from(stop.duration_ms)),
            stopped_at: run.stop.map(|stop| local(stop.at_ms)),
            duration_seconds: run.stop.map(|stop| stop.duration_ms / 1000),
            auto_stopped: run.auto_stopped(),
            collapsed: run.collapsed(),
            ended_by: run.stop.map(|stop| stop.by),
        }
    }
}

impl ClearTold {
    fn new(clear: &Clear) -> Self {
        let (session_id, laptop_id, category) = parts(clear.scope);
        let Clear { id, points, until_ms, .. } = *clear;
        Self { clear_id: id, scope: clear.scope.name(), session_id, laptop_id, category, points, until_ms }
    }
}

/// A scope's parts as they stand on the wire.
pub(super) fn parts(scope: Scope) -> (Option<RunId>, Option<Lane>, Option<Category>) {
    match scope {
        Scope::Run { session_id } => (Some(session_id), None, None),
        Scope::Lane { laptop_id, category } => (None, Some(laptop_id), category),
        Scope::All => (None, None, None),
    }
}
