//! Becoming the owner, and being it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::contest::command::Command;
use crate::contest::engine::Engine;
use crate::contest::start::WISHES;
use crate::measurement::State;
use crate::store::shared::{Ledger, Shared, Unled};
use crate::telemetry::ContestMetrics;

use super::reign::Reign;

/// Time between two attempts to begin.
const PAUSE: Duration = Duration::from_millis(500);

/// Time for what is under way when it is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Makes an engine of what was kept.
pub(super) type Make = Box<dyn Fn(Ledger, Arc<State>) -> Engine + Send>;

/// Where the owner sits.
pub(super) struct Throne {
    pub(super) shared: Shared,
    pub(super) reign: Reign,
    pub(super) make: Make,
    pub(super) seat: watch::Sender<Option<mpsc::Sender<Command>>>,
    pub(super) metrics: ContestMetrics,
    /// Why it could not begin, as was said already.
    pub(super) hindrance: Option<Unled>,
}

impl Throne {
    /// Owns the contest whenever this node may, until told to stop.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            self.metrics.owner.set(0.0);
            let begun = tokio::select! {
                _ = stop.wait_for(|is_over| *is_over) => return,
                begun = self.begin() => begun,
            };
            let Some(engine) = begun else { continue };
            let (asking, wishes) = mpsc::channel(WISHES);
            self.seat.send_replace(Some(asking));
            self.metrics.owner.set(1.0);
            tokio::select! {
                () = engine.serve(wishes, stop.clone()) => {}
                () = overdue(&mut stop) => tracing::warn!("the database did not take the last changes in time"),
            }
            self.seat.send_replace(None);
            tracing::info!("this node does not own the contest any more");
        }
    }

    /// Waits until this node may own the contest, and reads what was kept. May be cancelled.
    async fn begin(&mut self) -> Option<Engine> {
        self.reign.begins().await;
        let mut reign = self.reign.clone();
        let begun = tokio::select! {
            () = reign.ends() => return None,
            begun = Ledger::begin(&self.shared, &self.reign.name) => begun,
        };
        match begun {
            Ok((ledger, state)) => {
                self.hindrance = None;
                Some((self.make)(ledger, state))
            }
            Err(error) => {
                if self.hindrance.as_ref() != Some(&error) {
                    tracing::warn!(%error, "this node owns the contest and cannot begin");
                }
                self.hindrance = Some(error);
                sleep(PAUSE).await;
                None
            }
        }
    }
}

/// Waits until it should have stopped.
async fn overdue(stop: &mut watch::Receiver<bool>) {
    // Whoever could tell is gone: it is to stop.
    drop(stop.wait_for(|is_over| *is_over).await);
    sleep(GRACE).await;
}
