//! What load, watchers and checks share.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::ledger::Ledger;
use super::options::Options;
use super::plan::NODES;
use super::watchers::Watcher;

/// Time after which somebody who waits looks again.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// What a channel does with its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    Nothing,
    /// The last one, for newcomers.
    Cached,
    /// The last one of each key, for newcomers.
    Retained,
    /// All, to be read later.
    History,
    /// Nothing; clients send on it.
    Private,
}

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) keeps: Keeps,
}

/// A member's seat: a room and a user.
pub(super) type Seat = (usize, usize);

/// What load, watchers and checks share.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) options: Options,
    pub(super) channels: Vec<Channel>,
    pub(super) rooms: Vec<String>,
    /// Where each node is; nothing while it is dead.
    pub(super) addresses: RefCell<[Option<SocketAddr>; NODES]>,
    pub(super) ledger: RefCell<Ledger>,
    /// Who is a member, by connection.
    pub(super) seats: RefCell<Vec<Option<Seat>>>,
    pub(super) watchers: RefCell<Vec<Rc<Watcher>>>,
    pub(super) edges: Cell<Edges>,
    /// Whether there is load.
    pub(super) on: watch::Sender<bool>,
    /// Those of the load who are in the middle of something.
    pub(super) busy: Cell<usize>,
    /// Authors so far.
    pub(super) authors: Cell<usize>,
    /// Answers that nobody should get.
    pub(super) surprises: RefCell<Vec<String>>,
}

/// What watchers were told of members.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Edges {
    pub(super) added: u64,
    pub(super) removed: u64,
    /// Added who were there, or removed who were not.
    pub(super) wrong: u64,
    /// Watchers who were said to be gone and were not.
    pub(super) flaps: u64,
    /// Members who came or went.
    pub(super) moves: u64,
}

impl Scene {
    pub(super) fn new(options: Options) -> Self {
        let kinds = [
            (Keeps::Nothing, "plain-"),
            (Keeps::Nothing, "open-"),
            (Keeps::History, "kept."),
            (Keeps::Private, "private-"),
            (Keeps::Cached, "cache-"),
            (Keeps::Retained, "state."),
        ];
        let channel = |number: usize| {
            let (keeps, name) = kinds[number % kinds.len()];
            Channel { name: format!("{name}{number}"), keeps }
        };
        Self {
            channels: (0..options.channels).map(channel).collect(),
            rooms: (0..options.rooms).map(|number| format!("presence-room-{number}")).collect(),
            options,
            addresses: RefCell::default(),
            ledger: RefCell::default(),
            seats: RefCell::default(),
            watchers: RefCell::default(),
            edges: Cell::default(),
            on: watch::channel(false).0,
            busy: Cell::default(),
            authors: Cell::default(),
            surprises: RefCell::default(),
        }
    }

    /// What the nodes are told of apps and channels.
    pub(super) fn configuration(app: crate::support::AppKeys) -> String {
        format!(
            r#"
[[app]]
id = "{}"
key = "{}"
secret = "{}"
client_events = true
client_event_rate = 100000
subscription_count = false
limits = {{ batch_events = 1000, presence_members = 10000 }}

[[channel]]
name = "kept.{{number}}"
publish = ["app"]
subscribe = ["anyone"]
history = {{ events = 10000, age = "1h" }}

[[channel]]
name = "state.{{number}}"
publish = ["app"]
subscribe = ["anyone"]
retain = "k"
"#,
            app.id, app.key, app.secret
        )
    }

    /// A new author, by number.
    pub(super) fn author(&self) -> usize {
        self.authors.replace(self.authors.get() + 1)
    }

    pub(super) fn channel(&self, name: &str) -> Option<usize> {
        self.channels.iter().position(|channel| channel.name == name)
    }

    pub(super) fn surprise(&self, what: String) {
        let mut surprises = self.surprises.borrow_mut();
        if surprises.len() < 20 {
            surprises.push(what);
        }
    }

    pub(super) fn edge(&self, change: impl FnOnce(&mut Edges)) {
        let mut edges = self.edges.get();
        change(&mut edges);
        self.edges.set(edges);
    }

    /// Where a node is, once it is there.
    pub(super) async fn address(&self, node: usize) -> SocketAddr {
        loop {
            let address = self.addresses.borrow()[node];
            match address {
                Some(address) => return address,
                None => sleep(LOOK).await,
            }
        }
    }

    /// Waits until there is load; who has its result is busy until it is dropped.
    pub(super) async fn turn(self: &Rc<Self>) -> Busy {
        let mut on = self.on.subscribe();
        on.wait_for(|on| *on).await.expect("a scene lasts");
        self.busy.set(self.busy.get() + 1);
        Busy(Rc::clone(self))
    }
}

/// Somebody is in the middle of something.
pub(super) struct Busy(Rc<Scene>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
    }
}
