//! What threads that are no workers bring to homes: events, and reports of the other nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::protocol::SocketId;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::far::{Place, Report};
use super::handle::Busy;
use super::home::Publication;
use super::inbox::{Command, Hand, Handed};
use super::key::{Homing, WorkerId};
use super::links::Mailboxes;
use super::ports::Letter;

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

    /// Brings a report to the home that it concerns, or to all workers; blocks the thread as long as an inbox is full, so
    /// no worker may call it.
    ///
    /// What workers that have ended do not take any more is dropped with them.
    pub fn report(&self, report: Report) {
        let home = match &report {
            Report::Listening(place, _)
            | Report::Synced(place, _)
            | Report::Looked(place, ..)
            | Report::Changed(place, ..) => self.home_of(place),
            Report::Stayed(channel, ..) | Report::Relayed(channel, ..) => self.homing.of(channel),
            Report::Control(control) => return self.report_to_all(|| Report::Control(control.clone())),
            Report::Away => return self.report_to_all(|| Report::Away),
            Report::Back => return self.report_to_all(|| Report::Back),
        };
        if let Some(sender) = self.commands.get(home.0) {
            hand_in(sender, report);
        }
    }

    /// Hands a letter from another node to the connection with this id, wherever it is; `answer` is called once, on
    /// some thread, and must not wait. Blocks as [`report`](Self::report) does.
    pub fn hand(&self, to: SocketId, letter: &Arc<dyn Letter>, answer: impl Fn(Handed) + Send + Sync + 'static) {
        let waiting = Arc::new((AtomicUsize::new(self.commands.len()), answer));
        for sender in &self.commands {
            let waiting = waiting.clone();
            let note = move |handed| {
                // One worker at most has the connection; where none has, the last one says so.
                let left = waiting.0.fetch_sub(1, Ordering::AcqRel) - 1;
                if handed != Handed::Unknown {
                    waiting.0.store(usize::MAX, Ordering::Release);
                    (waiting.1)(handed);
                } else if left == 0 {
                    (waiting.1)(handed);
                }
            };
            put(sender, Command::Hand(Hand { to, letter: letter.clone(), answer: Box::new(note) }));
        }
    }

    fn report_to_all(&self, report: impl Fn() -> Report) {
        for sender in &self.commands {
            hand_in(sender, report());
        }
    }

    fn home_of(&self, place: &Place) -> WorkerId {
        match place {
            Place::Channel(channel) => self.homing.of(channel),
            Place::User(user) => self.homing.of(user),
        }
    }
}

/// Time after which a full inbox is tried again.
const FULL: Duration = Duration::from_micros(200);

/// A worker's inbox empties or closes: it waits for nobody who could wait here.
fn hand_in(inbox: &mpsc::Sender<Command>, report: Report) {
    put(inbox, Command::Report(Box::new(report)));
}

fn put(inbox: &mpsc::Sender<Command>, mut command: Command) {
    while let Err(mpsc::error::TrySendError::Full(refused)) = inbox.try_send(command) {
        command = refused;
        std::thread::sleep(FULL);
    }
}
