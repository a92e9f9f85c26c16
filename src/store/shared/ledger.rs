//! Writing what several nodes share, by the one that may.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AnyConnection, Connection as _, Row as _};
use tokio::time::timeout;

use crate::measurement::{Entry, State};
use crate::store::Seq;
use crate::store::apply::{carry_out, place};
use crate::store::fault::Fault;

use super::start::Shared;
use super::{MARK, folding};

/// Time for the database to take a change; more where rows that were written long ago are to change. Whoever asks waits
/// a little longer than the first.
const PATIENCE: Duration = Duration::from_secs(4);
const PATIENCE_FOR_CLEARS: Duration = Duration::from_secs(120);

/// Time to read all that holds.
const READING: Duration = Duration::from_secs(60);

/// Changes after which what holds is saved, so that whoever goes on has no more than these to read.
const SAVED: u64 = 10_000;

/// Why a node does not begin to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unled {
    /// The database is not there, or does not do what it should.
    #[error("the database cannot be used: {reason}")]
    Away {
        /// What it said; without addresses and passwords.
        reason: String,
    },
    /// The database goes on from a journal on somebody's disk.
    #[error("the database holds the contest of a single node: give the nodes that share one an empty database")]
    Foreign,
}

/// Why a change was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// Nobody knows whether it was, or another node writes now: all that is known of the contest must be read anew.
    #[error("what was to be kept may be lost: {reason}")]
    Unknown {
        /// What the database said.
        reason: String,
    },
    /// The database refuses what is in it; nothing has changed.
    #[error("the database refuses a change ({code})")]
    Refused {
        /// Its name for that.
        code: String,
    },
}

/// The way to write, for the node that began last.
#[derive(Debug)]
pub struct Ledger {
    connection: AnyConnection,
    shared: Shared,
    term: i64,
    applied: Seq,
    saved: Seq,
}

impl Ledger {
    /// Begins: from now on nobody who began before can write. With what holds.
    ///
    /// # Errors
    /// When the database cannot be had, or is another's.
    pub async fn begin(shared: &Shared, owner: &str) -> Result<(Self, Arc<State>), Unled> {
        let begun = timeout(READING, Self::read(shared, owner)).await;
        let begun = begun.unwrap_or_else(|_| Err(Fault::away("it does not answer in time")));
        match begun {
            Ok(begun) => begun.ok_or(Unled::Foreign),
            Err(fault) => Err(Unled::Away { reason: fault.reason() }),
        }
    }

    async fn read(shared: &Shared, owner: &str) -> Result<Option<(Self, Arc<State>)>, Fault> {
        let mut connection = shared.database.connect().await?;
        // Waits for a transaction of whoever began before, and lets none of them follow.
        let begun = sqlx::query(
            "UPDATE contest SET term = term + 1, owner = $1, journal = $2 WHERE id = 1 \
             AND (journal IS NULL OR journal = $2) RETURNING term",
        )
        .bind(owner)
        .bind(MARK)
        .fetch_optional(&mut connection)
        .await?;
        let Some(row) = begun else { return Ok(None) };
        let term = row.try_get(0)?;
        let mut state = Arc::new(State::default());
        let applied = folding::catch_up(&mut connection, &mut state).await?;
        shared.tell(applied);
        tracing::info!(term, applied, "this node writes the contest from here on");
        // Saved soon: whatever was read just now need not be read again.
        let saved = applied.saturating_sub(SAVED);
        Ok(Some((Self { connection, shared: shared.clone(), term, applied, saved }, state)))
    }

    /// Keeps all of `entries` or none, in the order of their making.
    ///
    /// # Errors
    /// After `Unknown` the ledger is of no use any more.
    pub async fn append(&mut self, entries: &[Entry]) -> Result<(), Lost> {
        let is_about_old_rows =
            |entry: &Entry| matches!(entry, Entry::Cleared { .. } | Entry::Undone { .. } | Entry::Purged { .. });
        let patience = if entries.iter().any(is_about_old_rows) { PATIENCE_FOR_CLEARS } else { PATIENCE };
        let last = self.applied + u64::try_from(entries.len()).unwrap_or_default();
        let keeping = self.commit(last, entries);
        match timeout(patience, keeping).await.unwrap_or_else(|_| Err(Fault::away("it does not answer in time"))) {
            Ok(()) => {
                self.applied = last;
                self.shared.tell(last);
                Ok(())
            }
            Err(Fault::Content { code }) => Err(Lost::Refused { code }),
            Err(fault) => {
                self.shared.lose(&fault);
                Err(Lost::Unknown { reason: fault.reason() })
            }
        }
    }

    async fn commit(&mut self, last: Seq, entries: &[Entry]) -> Result<(), Fault> {
        let text = serde_json::to_string(entries).map_err(|_| Fault::away("an entry is no JSON"))?;
        let mut transaction = self.connection.begin().await?;
        let claimed = sqlx::query("UPDATE contest SET applied = $1 WHERE id = 1 AND applied = $2 AND term = $3")
            .bind(place(last))
            .bind(place(self.applied))
            .bind(self.term)
            .execute(&mut *transaction)
            .await?;
        if claimed.rows_affected() != 1 {
            return Err(Fault::Moved);
        }
        sqlx::query("INSERT INTO ledger (last, entries) VALUES ($1, $2)")
            .bind(place(last))
            .bind(text)
            .execute(&mut *transaction)
            .await?;
        carry_out(&mut transaction, entries).await?;
        Ok(transaction.commit().await?)
    }

    /// Saves what holds when it is time to, and forgets the changes before it.
    ///
    /// # Errors
    /// As `append`.
    pub async fn tidy(&mut self, state: &State) -> Result<(), Lost> {
        if self.applied < self.saved + SAVED || state.applied != self.applied {
            return Ok(());
        }
        let saving = timeout(PATIENCE, self.save(state)).await;
        match saving.unwrap_or_else(|_| Err(Fault::away("it does not answer in time"))) {
            Ok(()) => {
                self.saved = self.applied;
                Ok(())
            }
            Err(fault) => {
                self.shared.lose(&fault);
                Err(Lost::Unknown { reason: fault.reason() })
            }
        }
    }

    async fn save(&mut self, state: &State) -> Result<(), Fault> {
        let text = serde_json::to_string(state).map_err(|_| Fault::away("what holds is no JSON"))?;
        let mut transaction = self.connection.begin().await?;
        let claimed = sqlx::query("UPDATE contest SET applied = applied WHERE id = 1 AND applied = $1 AND term = $2")
            .bind(place(self.applied))
            .bind(self.term)
            .execute(&mut *transaction)
            .await?;
        if claimed.rows_affected() != 1 {
            return Err(Fault::Moved);
        }
        sqlx::query(
            "INSERT INTO snapshot (id, applied, state) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET \
             applied = excluded.applied, state = excluded.state",
        )
        .bind(place(self.applied))
        .bind(text)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM ledger WHERE last <= $1").bind(place(self.applied)).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
