//! Other rules for a running broker: all workers, or none.

use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::auth::Keeper;
use crate::config::Config;
use crate::rules::{Apps, UnusableKeys};
use crate::socket::Context;

/// The apps to go on by, and where to say that all connections do.
type Reload = (Arc<Apps>, oneshot::Sender<()>);

/// What a worker is told of reloads by; one at a time, since each is awaited.
pub(super) type Reloads = mpsc::Receiver<Reload>;

/// The ways to all workers, and what runs now.
#[derive(Debug)]
pub(super) struct Reloading {
    workers: Vec<mpsc::Sender<Reload>>,
    keeper: Keeper,
    /// Followed by threads that are no workers.
    apps: watch::Sender<Arc<Apps>>,
}

/// Makes the ways to `workers` workers.
pub(super) fn channels(workers: usize, keeper: Keeper, apps: Arc<Apps>) -> (Reloading, Vec<Reloads>) {
    let (senders, receivers) = (0..workers).map(|_| mpsc::channel(1)).unzip();
    (Reloading { workers: senders, keeper, apps: watch::channel(apps).0 }, receivers)
}

impl Reloading {
    /// The apps of this moment, and of those to come.
    pub(super) fn apps(&self) -> watch::Receiver<Arc<Apps>> {
        self.apps.subscribe()
    }

    /// Makes the configured apps ready, then lets every worker go on by them.
    pub(super) async fn reload(&mut self, config: &Config) -> Result<(), UnusableKeys> {
        let apps = Arc::new(Apps::new(config, &self.keeper, &self.apps.borrow())?);
        self.apps.send_replace(apps.clone());
        let mut answers = Vec::with_capacity(self.workers.len());
        for worker in &self.workers {
            let (answer, answered) = oneshot::channel();
            // A worker that has ended has no connections that could go by anything.
            if worker.send((apps.clone(), answer)).await.is_ok() {
                answers.push(answered);
            }
        }
        for answered in answers {
            drop(answered.await);
        }
        Ok(())
    }
}

/// Takes reloads for ever; runs as a task of its own on the worker.
///
/// Cancel-safe: between reloads it holds nothing.
pub(super) async fn follow(context: Rc<Context>, mut reloads: Reloads) {
    while let Some((apps, answer)) = reloads.recv().await {
        context.reload(apps).await;
        // The broker may be gone by now.
        let _nobody_waits = answer.send(());
    }
}
