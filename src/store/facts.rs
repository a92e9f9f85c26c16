//! Runs, teams and clears, as rows. Written twice, they are as written once.

use sqlx::AnyConnection;

use crate::measurement::{Clear, Run, RunId, Scope, Stop, Team, local};

use super::fault::Fault;

pub(super) async fn put_run(connection: &mut AnyConnection, run: &Run) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO sessions (id, category, frequency, status, started_at, started_at_ms) \
         VALUES ($1, $2, $3, 'running', $4, $5) ON CONFLICT (id) DO UPDATE SET category = excluded.category, \
         frequency = excluded.frequency, status = 'running', started_at = excluded.started_at, \
         started_at_ms = excluded.started_at_ms, stopped_at = NULL, stopped_at_ms = NULL, duration_seconds = NULL, \
         duration_ms = NULL, auto_stopped = 0, collapsed = 0, ended_by = NULL",
    )
    .bind(run.id.0)
    .bind(run.category.as_str())
    .bind(run.frequency.hertz())
    .bind(local(run.started_at_ms))
    .bind(run.started_at_ms)
    .execute(&mut *connection)
    .await?;
    match &run.stop {
        Some(stop) => stop_run(connection, run.id, stop).await,
        None => Ok(()),
    }
}

pub(super) async fn stop_run(connection: &mut AnyConnection, run: RunId, stop: &Stop) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE sessions SET status = 'stopped', stopped_at = $2, stopped_at_ms = $3, duration_seconds = $4, \
         duration_ms = $5, auto_stopped = $6, collapsed = $7, ended_by = $8 WHERE id = $1",
    )
    .bind(run.0)
    .bind(local(stop.at_ms))
    .bind(stop.at_ms)
    .bind(i64::from(stop.duration_ms / 1000))
    .bind(i64::from(stop.duration_ms))
    .bind(i16::from(stop.by == crate::measurement::EndedBy::Time))
    .bind(i16::from(stop.by == crate::measurement::EndedBy::Collapse))
    .bind(serde_json::to_value(stop.by).ok().and_then(|by| by.as_str().map(ToOwned::to_owned)))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn put_teams(connection: &mut AnyConnection, teams: &[Team]) -> Result<(), Fault> {
    for team in teams {
        sqlx::query(
            "INSERT INTO teams (laptop_id, category, nama_tim, alias) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (laptop_id, category) DO UPDATE SET nama_tim = excluded.nama_tim",
        )
        .bind(i16::from(team.laptop_id.number()))
        .bind(team.category.as_str())
        .bind(&*team.nama_tim)
        .bind(team.alias())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn put_clear(connection: &mut AnyConnection, clear: &Clear) -> Result<(), Fault> {
    let (run, lane, category) = match clear.scope {
        Scope::Run { session_id } => (Some(session_id.0), None, None),
        Scope::Lane { laptop_id, category } => (None, Some(i16::from(laptop_id.number())), category),
        Scope::All => (None, None, None),
    };
    sqlx::query(
        "INSERT INTO clears (id, scope, session_id, laptop_id, category, last_id, at_ms, until_ms, status) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active') ON CONFLICT (id) DO UPDATE SET status = 'active'",
    )
    .bind(clear.id)
    .bind(clear.scope.name())
    .bind(run)
    .bind(lane)
    .bind(category.map(|category| category.as_str()))
    .bind(clear.last)
    .bind(clear.at_ms)
    .bind(clear.until_ms)
    .execute(connection)
    .await?;
    Ok(())
}
