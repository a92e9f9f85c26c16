//! What holds, folded from the snapshot and the ledger after it.

use std::sync::Arc;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::measurement::{Entry, State};
use crate::store::Seq;
use crate::store::apply::place;
use crate::store::fault::Fault;

/// Attempts to read snapshot and ledger as of one moment: both may go on in between.
const TRIES: usize = 5;

/// Brings a state up to what the database has; says how far that is.
pub(super) async fn catch_up(connection: &mut AnyConnection, state: &mut Arc<State>) -> Result<Seq, Fault> {
    if follow(connection, state).await? {
        return Ok(state.applied);
    }
    for _ in 0..TRIES {
        *state = Arc::new(snapshot(connection).await?.unwrap_or_default());
        if follow(connection, state).await? {
            return Ok(state.applied);
        }
    }
    Err(Fault::away("its ledger has a gap: bring the database back from a copy"))
}

/// Applies what the ledger has after this state; false when it does not go on from there.
async fn follow(connection: &mut AnyConnection, state: &mut Arc<State>) -> Result<bool, Fault> {
    // One statement sees one moment.
    let rows = sqlx::query(
        "SELECT c.applied, l.last, l.entries FROM contest c LEFT JOIN ledger l ON l.last > $1 WHERE c.id = 1 \
         ORDER BY l.last",
    )
    .bind(place(state.applied))
    .fetch_all(connection)
    .await?;
    let mut applied = 0;
    for row in &rows {
        applied = number(row, 0)?;
        if row.try_get::<Option<i64>, _>(1)?.is_none() {
            break;
        }
        let (last, entries) = (number(row, 1)?, row.try_get::<String, _>(2)?);
        let entries: Vec<Entry> = serde_json::from_str(&entries).map_err(|_| damaged())?;
        let count = u64::try_from(entries.len()).map_err(|_| damaged())?;
        if state.applied + count != last {
            return Ok(false);
        }
        let state = Arc::make_mut(state);
        entries.iter().for_each(|entry| state.apply(entry));
    }
    Ok(state.applied == applied)
}

async fn snapshot(connection: &mut AnyConnection) -> Result<Option<State>, Fault> {
    let row = sqlx::query("SELECT state FROM snapshot WHERE id = 1").fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    serde_json::from_str(&row.try_get::<String, _>(0)?).map(Some).map_err(|_| damaged())
}

fn number(row: &AnyRow, column: usize) -> Result<Seq, Fault> {
    Seq::try_from(row.try_get::<i64, _>(column)?).map_err(|_| damaged())
}

fn damaged() -> Fault {
    Fault::away("what it holds of the contest cannot be read: is it of a newer version of this program?")
}
