//! Clears: rows out of sight, back, and gone.
//!
//! A hidden row carries the number of the first clear that hides it. When that is undone, the next one that
//! hides it takes it over, so that a row is in sight exactly when no clear hides it.

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::measurement::{Clear, Scope};

use super::facts;
use super::fault::Fault;
use super::points::{MERGING, TALLIES};

pub(super) async fn clear(connection: &mut AnyConnection, clear: &Clear) -> Result<(), Fault> {
    facts::put_clear(connection, clear).await?;
    hide_points(connection, clear).await?;
    // A clear means all that is there when it is said, so it takes statistics whole.
    let tallies = format!("UPDATE tallies SET clear_id = $1 WHERE clear_id = 0 AND {}", covers(&clear.scope));
    sqlx::query(AssertSqlSafe(tallies)).persistent(false).bind(clear.id).execute(connection).await?;
    Ok(())
}

pub(super) async fn hide_points(connection: &mut AnyConnection, clear: &Clear) -> Result<(), Fault> {
    let points =
        format!("UPDATE points SET clear_id = $1 WHERE clear_id IS NULL AND id <= $2 AND {}", covers(&clear.scope));
    sqlx::query(AssertSqlSafe(points)).persistent(false).bind(clear.id).bind(clear.last).execute(connection).await?;
    Ok(())
}

pub(super) async fn undo(connection: &mut AnyConnection, clear: i64) -> Result<(), Fault> {
    let undone = sqlx::query("UPDATE clears SET status = 'undone' WHERE id = $1 AND status = 'active'")
        .bind(clear)
        .execute(&mut *connection)
        .await?;
    if undone.rows_affected() == 0 {
        return Ok(());
    }
    let points = format!("UPDATE points SET clear_id = ({}) WHERE clear_id = $1", next_clear("points"));
    sqlx::query(AssertSqlSafe(points)).bind(clear).execute(&mut *connection).await?;
    let next = next_clear("t");
    let tallies = format!(
        "INSERT INTO {TALLIES} SELECT t.session_id, t.category, t.laptop_id, COALESCE(({next}), 0), t.count, \
         t.max_dista, t.max_distb, t.sum_dista, t.sum_distb FROM tallies t WHERE t.clear_id = $1 {MERGING}"
    );
    sqlx::query(AssertSqlSafe(tallies)).bind(clear).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM tallies WHERE clear_id = $1").bind(clear).execute(connection).await?;
    Ok(())
}

pub(super) async fn purge(connection: &mut AnyConnection, clear: i64) -> Result<(), Fault> {
    for statement in [
        "DELETE FROM points WHERE clear_id = $1",
        "DELETE FROM tallies WHERE clear_id = $1",
        "UPDATE clears SET status = 'purged' WHERE id = $1 AND status = 'active'",
    ] {
        sqlx::query(statement).bind(clear).execute(&mut *connection).await?;
    }
    Ok(())
}

/// What [`Scope::covers`] says, of a row of points or tallies; nothing in it is anybody's text.
fn covers(scope: &Scope) -> String {
    match scope {
        Scope::Run { session_id } => format!("session_id = {}", session_id.0),
        Scope::Lane { laptop_id, category: None } => format!("laptop_id = {laptop_id}"),
        Scope::Lane { laptop_id, category: Some(category) } => {
            format!("laptop_id = {laptop_id} AND category = '{category}'")
        }
        Scope::All => "1 = 1".to_owned(),
    }
}

/// Selects the next clear after $1 that hides a row of points or tallies; like `covers`, the other way round.
fn next_clear(row: &str) -> String {
    format!(
        "SELECT MIN(c.id) FROM clears c WHERE c.status = 'active' AND c.id > $1 AND (c.scope = 'all' \
         OR (c.scope = 'run' AND c.session_id = {row}.session_id) OR (c.scope = 'lane' \
         AND c.laptop_id = {row}.laptop_id AND (c.category IS NULL OR c.category = {row}.category)))"
    )
}
