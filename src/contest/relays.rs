//! What raw clients are told, here and at other nodes.

use bytes::Bytes;
use tokio::sync::broadcast;

use crate::adapter::Peers;

use super::told::Relay;

/// Passes texts on to all raw clients; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Relays {
    here: broadcast::Sender<Relay>,
    /// The other nodes, where there are any.
    others: Option<Peers>,
}

impl Relays {
    pub(super) const fn new(here: broadcast::Sender<Relay>, others: Option<Peers>) -> Self {
        Self { here, others }
    }

    /// Tells all of them but one; that none listens is fine. Other nodes hear it in the same order, and not what finds
    /// no room on the way to them.
    pub(super) fn send(&self, text: Bytes, except: Option<u64>) {
        if let Some(others) = &self.others {
            others.say(&text);
        }
        drop(self.here.send(Relay { text, except }));
    }

    /// Tells those of this node what another one has said.
    pub(super) fn pass_on(&self, text: Bytes) {
        drop(self.here.send(Relay { text, except: None }));
    }

    /// Whether anybody may be listening.
    pub(super) fn have_listeners(&self) -> bool {
        self.others.is_some() || self.here.receiver_count() > 0
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Relay> {
        self.here.subscribe()
    }

    pub(super) fn listeners(&self) -> usize {
        self.here.receiver_count()
    }
}
