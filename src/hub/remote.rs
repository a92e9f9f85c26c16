//! Publishing from threads that are no workers.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::handle::Busy;
use super::home::Publication;
use super::inbox::Command;
use super::key::{Homing, WorkerId};
use super::links::Mailboxes;

/// The way to all homes; cheap to clone, for every thread.
#[derive(Debug, Clone)]
pub struct Remote {
    commands: Vec<mpsc::Sender<Command>>,
    homing: Homing,
    busy_wait: Duration,
}

impl Mailboxes {
    /// A way to all workers for threads that are none; `busy_wait` is how long a publish waits for room.
    #[must_use]
    pub fn remote(&self, busy_wait: Duration) -> Remote {
        let commands = self.links.commands.clone();
        Remote { homing: Homing::new(commands.len()), commands, busy_wait }
    }
}

impl Remote {
    /// Publishes; what one caller publishes on one channel stays in order.
    ///
    /// # Errors
    /// `Busy` when a worker's inbox stayed full for the configured time; the rest is published all the same.
    pub async fn publish(&self, publications: Vec<Publication>) -> Result<(), Busy> {
        let mut homes: BTreeMap<usize, Vec<Publication>> = BTreeMap::new();
        for publication in publications {
            let WorkerId(home) = self.homing.of(&publication.channel);
            homes.entry(home).or_default().push(publication);
        }
        let mut outcome = Ok(());
        for (home, publications) in homes {
            let sent = match self.commands.get(home) {
                Some(sender) => timeout(self.busy_wait, sender.send(Command::Publish(publications))).await,
                None => return Err(Busy),
            };
            if !matches!(sent, Ok(Ok(()))) {
                outcome = Err(Busy);
            }
        }
        outcome
    }
}
