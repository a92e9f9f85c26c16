//! Where the database stands in the journal, when a connection to it has come about.

use std::path::Path;
use std::sync::Arc;

use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::measurement::State;

use super::apply::place;
use super::fault::Fault;
use super::{Follower, Seq, clearing, facts};

/// Changes that a loss of power takes from the journal at most: it is made safe once a second.
const LOST: u64 = 20_000;

/// The journal that is to be followed.
pub(super) struct Source<'a> {
    pub(super) folder: &'a Path,
    /// Which journal it is.
    pub(super) id: &'a str,
    /// What held when it was opened.
    pub(super) state: &'a Arc<State>,
    /// Whether nothing has been written since, by the time the database answered for the first time.
    pub(super) is_first: bool,
}

/// The last entry that the database has, and the journal after it.
pub(super) async fn reconcile(connection: &mut AnyConnection, source: &Source<'_>) -> Result<(Seq, Follower), Fault> {
    let row = sqlx::query("SELECT applied, journal FROM contest WHERE id = 1").fetch_one(&mut *connection).await?;
    let applied = Seq::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default();
    let journal: Option<String> = row.try_get(1)?;
    let opened = source.state.applied;
    match journal {
        Some(journal) if journal != source.id => {
            return Err(Fault::away("it holds another contest: choose another database, or bring its folder back"));
        }
        Some(_) if source.is_first && applied > opened + LOST => {
            return Err(Fault::away("it is far ahead of the journal: bring the journal back from a copy"));
        }
        Some(_) if source.is_first && applied > opened => {
            tracing::error!(
                behind = applied - opened,
                "the journal had lost its last changes, as by a loss of power; the database gave them up too"
            );
            rewind(connection, source.state).await?;
        }
        Some(_) => {}
        None => adopt(connection, source).await?,
    }
    let applied = if source.is_first { applied.min(opened) } else { applied };
    let follower = Follower::open(source.folder, applied).map_err(|error| unreadable(&error))?;
    if follower.position() > applied {
        // Another database had these entries; the points among them are there.
        tracing::error!(
            missing = follower.position() - applied,
            "the journal no longer has entries that this database lacks; runs and teams were taken from its snapshot"
        );
        seed(connection, source.state).await?;
    }
    Ok((applied, follower))
}

pub(super) fn unreadable(error: &std::io::Error) -> Fault {
    Fault::away(format!("the journal cannot be read: {error}"))
}

/// Makes an empty database that of this journal.
async fn adopt(connection: &mut AnyConnection, source: &Source<'_>) -> Result<(), Fault> {
    let mut transaction = connection.begin().await?;
    sqlx::query("UPDATE contest SET journal = $1 WHERE id = 1 AND journal IS NULL")
        .bind(source.id)
        .execute(&mut *transaction)
        .await?;
    facts::put_teams(&mut transaction, &source.state.teams.list()).await?;
    Ok(transaction.commit().await?)
}

/// Takes over what a snapshot knows.
async fn seed(connection: &mut AnyConnection, state: &State) -> Result<(), Fault> {
    let mut transaction = connection.begin().await?;
    put_state(&mut transaction, state).await?;
    Ok(transaction.commit().await?)
}

async fn put_state(connection: &mut AnyConnection, state: &State) -> Result<(), Fault> {
    facts::put_teams(connection, &state.teams.list()).await?;
    for run in state.runs.values() {
        facts::put_run(connection, run).await?;
    }
    for clear in &state.clears {
        facts::put_clear(connection, clear).await?;
    }
    Ok(())
}

/// Goes back to what held when the journal was opened.
async fn rewind(connection: &mut AnyConnection, state: &State) -> Result<(), Fault> {
    let mut transaction = connection.begin().await?;
    let last_run = state.runs.last_key_value().map_or(0, |(id, _)| id.0);
    for (statement, last) in [
        ("DELETE FROM points WHERE id > $1", state.last_serial),
        ("DELETE FROM sessions WHERE id > $1", last_run),
        ("DELETE FROM clears WHERE id > $1", state.last_clear),
        ("DELETE FROM passed_over WHERE seq > $1", place(state.applied)),
        ("UPDATE contest SET applied = $1 WHERE id = 1", place(state.applied)),
    ] {
        sqlx::query(statement).bind(last).execute(&mut *transaction).await?;
    }
    for statement in [
        "UPDATE points SET clear_id = NULL WHERE clear_id IS NOT NULL",
        "UPDATE clears SET status = 'undone' WHERE status = 'active'",
        "DELETE FROM tallies",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    put_state(&mut transaction, state).await?;
    for clear in &state.clears {
        clearing::hide_points(&mut transaction, clear).await?;
    }
    sqlx::query(
        "INSERT INTO tallies (session_id, category, laptop_id, clear_id, count, max_dista, max_distb, sum_dista, \
         sum_distb) SELECT session_id, category, laptop_id, COALESCE(clear_id, 0), COUNT(*), MAX(ABS(dista)), \
         MAX(ABS(distb)), SUM(ABS(dista)), SUM(ABS(distb)) FROM points \
         GROUP BY session_id, category, laptop_id, COALESCE(clear_id, 0)",
    )
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}
