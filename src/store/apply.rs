//! Entries, as changes of the tables.

use sqlx::{AnyConnection, Connection as _};

use crate::measurement::{Entry, Point};

use super::fault::Fault;
use super::{Seq, clearing, facts, points};

/// Lets entries happen, all or none, each exactly once.
///
/// `from` is the last entry that the database is thought to have. That is claimed first: whoever is
/// second to claim it, even a commit of ours whose answer was lost, waits for the first and finds it `Moved`.
pub(super) async fn apply(connection: &mut AnyConnection, from: Seq, entries: &[(Seq, Entry)]) -> Result<(), Fault> {
    let Some((last, _)) = entries.last() else { return Ok(()) };
    let mut transaction = connection.begin().await?;
    advance(&mut transaction, from, *last).await?;
    carry_out(&mut transaction, entries.iter().map(|(_, entry)| entry)).await?;
    Ok(transaction.commit().await?)
}

/// Lets entries happen, in a transaction of the caller's.
pub(super) async fn carry_out<'e>(
    transaction: &mut AnyConnection,
    entries: impl IntoIterator<Item = &'e Entry>,
) -> Result<(), Fault> {
    let mut waiting: Vec<&Point> = Vec::new();
    for entry in entries {
        // Clears mean the points before them: those go in first.
        if matches!(entry, Entry::Cleared { .. } | Entry::Undone { .. } | Entry::Purged { .. }) {
            points::insert(transaction, &waiting).await?;
            waiting.clear();
        }
        match entry {
            Entry::Point { point, .. } => waiting.push(point),
            Entry::RunStarted { run } => facts::put_run(transaction, run).await?,
            Entry::RunStopped { run, stop } => facts::stop_run(transaction, *run, stop).await?,
            Entry::Teams { teams } => facts::put_teams(transaction, teams).await?,
            Entry::Cleared { clear } => clearing::clear(transaction, clear).await?,
            Entry::Undone { clear } => clearing::undo(transaction, *clear).await?,
            Entry::Purged { clear } => clearing::purge(transaction, *clear).await?,
            // Of the moment; pages and the snapshot have them.
            Entry::Realtime { .. } | Entry::Frozen { .. } | Entry::Selected { .. } => {}
        }
    }
    points::insert(transaction, &waiting).await
}

/// Puts aside an entry that the database refuses, so that the rest goes on.
pub(super) async fn pass_over(
    connection: &mut AnyConnection,
    from: Seq,
    (seq, entry): &(Seq, Entry),
    code: &str,
) -> Result<(), Fault> {
    let mut transaction = connection.begin().await?;
    advance(&mut transaction, from, *seq).await?;
    let text = serde_json::to_string(entry).map_err(|_| Fault::away("an entry is no JSON"))?;
    sqlx::query("INSERT INTO passed_over (seq, reason, entry) VALUES ($1, $2, $3)")
        .bind(place(*seq))
        .bind(code)
        .bind(text)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

async fn advance(connection: &mut AnyConnection, from: Seq, to: Seq) -> Result<(), Fault> {
    let claimed = sqlx::query("UPDATE contest SET applied = $1 WHERE id = 1 AND applied = $2")
        .bind(place(to))
        .bind(place(from))
        .execute(connection)
        .await?;
    if claimed.rows_affected() == 1 { Ok(()) } else { Err(Fault::Moved) }
}

/// A place in the journal as databases count.
pub(super) fn place(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
