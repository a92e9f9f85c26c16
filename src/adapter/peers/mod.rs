//! Nodes of which one has a role: who has it, calls to that one, and what each says to all.
//!
//! Has connections of its own to the server of leases, so that neither waits for events on their way to other nodes.
//! A call is lost with the connection: whoever waits is told at once, and never that something was done that was not.
//! Knows nothing of what is called for. Read `role`, `calls`, then `session`.

mod calls;
mod message;
mod role;
mod session;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::config;
use crate::hub::far::Origin;

use super::connect::Connector;
use super::keys::Keys;
use super::lease::GRACE;
use super::script::Scripts;
use super::start::Error;

pub use calls::{Called, Heard, Peers};
pub use role::{Holder, Holding, Role};
pub use session::PeersTask;

use calls::{Calls, Gauge};

/// Messages that wait to be sent, and to be looked at.
const MESSAGES: usize = 4096;

/// The longest time between two looks at who has the role.
const LOOK: Duration = Duration::from_secs(1);

/// A node among those that may have a role, before it is heard of.
#[derive(Debug)]
pub struct Joined {
    /// The way to the others.
    pub peers: Peers,
    /// What comes from them.
    pub heard: mpsc::Receiver<Heard>,
    /// What must run meanwhile.
    pub task: PeersTask,
}

impl Peers {
    /// Makes a node one of those that may have `role`; `name` is how people know it. It is when the task runs.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub fn join(config: &config::Adapter, role: &'static str, name: &str) -> Result<Joined, Error> {
        let life = Origin(rand::random());
        let (messages, outgoing) = mpsc::channel(MESSAGES);
        let (hearing, heard) = mpsc::channel(MESSAGES);
        let (known, knows) = watch::channel(Role::default());
        let (calls, gauge) = (Arc::new(Calls::default()), Arc::new(Gauge::default()));
        let peers = Self { life, messages, role: knows, calls: Arc::clone(&calls), gauge: Arc::clone(&gauge) };
        let task = PeersTask {
            config: config.clone(),
            connector: Connector::new(config)?,
            keys: Keys::new(&config.prefix),
            // Topics of roles are plain ones, also in a cluster: its servers pass them on to each other.
            scripts: Arc::new(Scripts::new(false)),
            candidate: session::Candidacy { role, life, name: name.into(), lease: config.lease, grace: GRACE },
            outgoing,
            hearing,
            known,
            calls,
            gauge,
        };
        Ok(Joined { peers, heard, task })
    }
}
