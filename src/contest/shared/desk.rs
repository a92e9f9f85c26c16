//! Where a node's wishes go: to the owner, wherever it is, or to the database.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::adapter::{Called, Heard, Peers};
use crate::contest::command::{Command, Recent};
use crate::contest::relays::Relays;
use crate::measurement::{Page, Serial};
use crate::store::shared::Replica;

use super::wire::{pack, unpack};

/// Time for an answer; whoever asks gives up a moment before.
const PATIENCE: Duration = Duration::from_secs(6);

/// Takes wishes of this node and of others. Never waits: what finds no room is refused, and those who asked are told
/// that the broker is busy.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) heard: mpsc::Receiver<Heard>,
    pub(super) peers: Peers,
    pub(super) replica: Replica,
    /// The engine, while this node owns the contest.
    pub(super) throne: watch::Receiver<Option<mpsc::Sender<Command>>>,
    pub(super) relays: Relays,
    /// Answers that are waited for: no more than wishes, which have bounds where they wait.
    pub(super) errands: JoinSet<()>,
}

impl Desk {
    /// Serves until told to stop, or until nobody can ask any more.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.wait_for(|is_over| *is_over) => return,
                Some(_) = self.errands.join_next() => {}
                command = self.commands.recv() => match command {
                    Some(command) => self.asked(command),
                    None => return,
                },
                heard = self.heard.recv() => match heard {
                    Some(Heard::Called(called)) => self.called(called),
                    Some(Heard::Said(text)) => self.relays.pass_on(text),
                    None => return,
                },
            }
        }
    }

    /// A wish of this node. To let its reply go is to refuse it.
    fn asked(&mut self, command: Command) {
        if let Command::State(reply) = command {
            let replica = self.replica.clone();
            self.errands.spawn(async move {
                if let Ok(state) = replica.state().await {
                    drop(reply.send(state));
                }
            });
            return;
        }
        if let Command::Recent(_, _, _, reply) = command {
            // The database has all that was kept, and no point is in memory only.
            drop(reply.send(Recent { first: Serial::MAX, changed: 0, page: Page::default() }));
            return;
        }
        let engine = self.throne.borrow().clone();
        match engine {
            Some(engine) => drop(engine.try_send(command)),
            None => self.call(command),
        }
    }

    /// Hands a wish to the owner, which is another node.
    fn call(&mut self, command: Command) {
        let holder = self.peers.role().borrow().holder.as_ref().map(|holder| holder.life);
        let Some(owner) = holder.filter(|life| *life != self.peers.life()) else { return };
        let Some((body, open)) = pack(command, self.peers.life().0) else { return };
        let Some(open) = open else {
            // Numbers for the judge's page; they are not worth more.
            self.peers.notify(owner, &body);
            return;
        };
        if let Some(answer) = self.peers.call(owner, &body) {
            self.errands.spawn(async move {
                if let Ok(Ok(body)) = timeout(PATIENCE, answer).await {
                    open(&body);
                }
            });
        }
    }

    /// Another node's wish.
    fn called(&mut self, called: Called) {
        let engine = self.throne.borrow().clone();
        let Some((engine, (command, coming))) = engine.zip(unpack(&called.body)) else {
            return self.peers.answer(&called, None);
        };
        if engine.try_send(command).is_err() {
            return self.peers.answer(&called, None);
        }
        if let Some(coming) = coming.filter(|_| called.waits()) {
            let peers = self.peers.clone();
            self.errands.spawn(async move {
                let body = timeout(PATIENCE, coming).await.ok().flatten();
                peers.answer(&called, body.as_deref());
            });
        }
    }
}
