//! The queues between workers.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use crate::protocol::Frame;

use super::far::Request;
use super::inbox::{Audience, Command, Notice};
use super::key::{ChannelKey, WorkerId};

/// Where homes post what shards must be told.
pub(super) trait Post {
    fn post(&mut self, to: WorkerId, notice: Notice);

    /// Asks the adapter; without one nobody asks.
    fn ask(&mut self, request: Request) {
        drop(request);
    }

    /// Posts a frame for a channel's subscribers; a shard at hand can take it as it is.
    fn deliver(&mut self, to: WorkerId, channel: &ChannelKey, frame: &Frame, audience: Audience) {
        self.post(to, Notice::Deliver { channel: channel.clone(), frame: frame.clone(), audience });
    }
}

/// One worker's ends of all queues: its own inboxes and the ways to the others.
#[derive(Debug)]
pub struct Mailboxes {
    pub(super) id: WorkerId,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) notices: mpsc::Receiver<Notice>,
    pub(super) links: Links,
}

/// The ways from one worker to all, itself included.
///
/// Both kinds of queue are bounded by `server`'s `inbox_commands`. A full command queue makes its
/// senders wait, and refuse after a time. A full notice queue makes the sending worker keep the
/// rest aside and take no further commands until it is gone, so what is kept aside is bounded by
/// what one batch of commands can cause.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) commands: Vec<mpsc::Sender<Command>>,
    notices: Vec<mpsc::Sender<Notice>>,
    aside: VecDeque<(WorkerId, Notice)>,
}

/// Makes the queues for `workers` workers, each with room for `capacity` entries.
#[must_use]
pub fn mailboxes(workers: usize, capacity: usize) -> Vec<Mailboxes> {
    let (command_senders, commands): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(capacity)).unzip();
    let (notice_senders, notices): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(capacity)).unzip();
    commands
        .into_iter()
        .zip(notices)
        .enumerate()
        .map(|(id, (commands, notices))| Mailboxes {
            id: WorkerId(id),
            commands,
            notices,
            links: Links { commands: command_senders.clone(), notices: notice_senders.clone(), aside: VecDeque::new() },
        })
        .collect()
}

impl Links {
    /// Whether a peer's inbox is so full that nothing further may be caused.
    pub(super) fn is_congested(&self) -> bool {
        !self.aside.is_empty()
    }

    /// Sends what was kept aside, as far as there is room now.
    pub(super) fn retry(&mut self) {
        for (to, notice) in std::mem::take(&mut self.aside) {
            self.post(to, notice);
        }
    }
}

impl Post for Links {
    fn post(&mut self, to: WorkerId, notice: Notice) {
        // Order towards a worker holds only if nothing overtakes what was kept aside for it.
        if self.aside.iter().any(|(waiting, _)| *waiting == to) {
            self.aside.push_back((to, notice));
            return;
        }
        let Some(sender) = self.notices.get(to.0) else {
            return;
        };
        match sender.try_send(notice) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(notice)) => self.aside.push_back((to, notice)),
            // A worker that has ended has no connections left to tell.
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }
}
