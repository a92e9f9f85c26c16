//! Several workers with full queues: watchers know who is online, and whole users are closed.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use crate::hub::slot::Signals;

use super::heard::on_users;
use super::sample::{farewell, many, user};
use super::world::{Model, Peer, Size, World, settle, with_clock};

const USERS: usize = 4;
const PEERS: usize = 8;

#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    Disconnect(usize),
    SignIn(usize, usize),
    /// Of two users at least, so that the first list differs from a change.
    Watch(usize, Vec<usize>),
    Terminate {
        worker: usize,
        user: usize,
    },
    Turn(usize),
    Attend,
    Pass,
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let watched = prop::sample::subsequence((0..USERS).collect::<Vec<_>>(), 2..=USERS);
    prop_oneof![
        4 => (0..4_usize).prop_map(Step::Connect),
        4 => (0..PEERS).prop_map(Step::Disconnect),
        8 => (0..PEERS, 0..USERS).prop_map(|(peer, user)| Step::SignIn(peer, user)),
        8 => (0..PEERS, watched).prop_map(|(peer, users)| Step::Watch(peer, users)),
        1 => (0..4_usize, 0..USERS).prop_map(|(worker, user)| Step::Terminate { worker, user }),
        10 => (0..4_usize).prop_map(Step::Turn),
        4 => Just(Step::Attend),
        3 => Just(Step::Pass),
        1 => Just(Step::Settle),
    ]
}

struct Connection {
    peer: Peer,
    user: Option<usize>,
    /// Whom it watches, and whether it believes them to be online.
    watched: BTreeMap<usize, bool>,
    /// Whom it watched before; a change may have been on its way when it ceased to.
    former: BTreeMap<usize, bool>,
    /// Whom it will watch once the first list is there.
    awaited: Option<Vec<usize>>,
    is_doomed: bool,
    /// It heard its farewell.
    is_over: bool,
}

struct Users {
    world: World,
    connections: Vec<Option<Connection>>,
    /// Users that were terminated at some time.
    terminated: [bool; USERS],
}

impl Model for Users {
    fn world(&mut self) -> &mut World {
        &mut self.world
    }

    fn attend(&mut self) -> bool {
        for index in 0..self.connections.len() {
            let Some(connection) = self.connections[index].as_mut() else {
                continue;
            };
            let signals = connection.peer.signals();
            if signals.has(Signals::CLOSED) {
                assert!(connection.user.is_some_and(|user| self.terminated[user]), "nobody wanted that");
                self.disconnect(index);
            } else {
                connection.listen();
                let waits = connection.peer.hub.is_awaiting_states(connection.peer.key);
                assert!(waits || !signals.has(Signals::RESUMED) || connection.awaited.is_none());
            }
        }
        self.connections.iter().flatten().all(|one| one.awaited.is_none())
    }
}

impl Connection {
    fn new(peer: Peer) -> Self {
        let (watched, former) = (BTreeMap::new(), BTreeMap::new());
        Self { peer, user: None, watched, former, awaited: None, is_doomed: false, is_over: false }
    }

    /// Changes are changes, and the first list is whole.
    fn listen(&mut self) {
        for message in self.peer.listen() {
            if message["event"] == "pusher:error" {
                self.is_over = true;
                return;
            }
            let states = on_users(&message);
            if let [(user, is_online)] = states[..] {
                let known = self.watched.get_mut(&user).or_else(|| self.former.get_mut(&user));
                let known = known.unwrap_or_else(|| panic!("user {user} is nothing to it"));
                assert_ne!(std::mem::replace(known, is_online), is_online, "user {user}");
            } else {
                let mut users: Vec<usize> = states.iter().map(|(user, _)| *user).collect();
                users.sort_unstable();
                assert_eq!(Some(users), self.awaited.take());
                self.former.append(&mut self.watched);
                self.watched = states.into_iter().collect();
                self.former.retain(|user, _| !self.watched.contains_key(user));
            }
        }
    }
}

impl Users {
    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Connect(worker) if self.connections.len() < PEERS => {
                let hub = &self.world.hubs[worker % self.world.hubs.len()];
                let peer = Peer::connect(hub, self.connections.len());
                self.connections.push(Some(Connection::new(peer)));
            }
            Step::Connect(_) => {}
            Step::Disconnect(index) => self.disconnect(index),
            Step::SignIn(index, id) => {
                if let Some(one) = self.open(index).filter(|one| one.user.is_none()) {
                    one.user = Some(id);
                    one.peer.hub.sign_in(one.peer.key, user(id));
                }
            }
            Step::Watch(index, ref users) => self.watch(index, users),
            Step::Terminate { worker, user } => self.terminate(worker, user),
            Step::Turn(worker) => self.world.turn(worker),
            Step::Attend => drop(self.attend()),
            Step::Pass => World::pass(1).await,
            Step::Settle => self.settle().await,
        }
        tokio::task::yield_now().await;
    }

    fn open(&mut self, index: usize) -> Option<&mut Connection> {
        self.connections.get_mut(index)?.as_mut().filter(|one| one.awaited.is_none())
    }

    /// As a second sign-in does: whom it watched so far, it watches no longer.
    fn watch(&mut self, index: usize, users: &[usize]) {
        let Some(connection) = self.open(index) else {
            return;
        };
        connection.listen();
        if connection.is_over {
            return;
        }
        let peer = &connection.peer;
        peer.hub.unwatch(peer.key, connection.watched.keys().copied().map(user).collect());
        connection.awaited = Some(users.to_vec());
        let waits = peer.hub.watch(peer.key, users.iter().copied().map(user).collect());
        connection.listen();
        assert_eq!(connection.awaited.is_some(), waits);
    }

    fn disconnect(&mut self, index: usize) {
        let Some(mut connection) = self.connections.get_mut(index).and_then(Option::take) else {
            return;
        };
        connection.listen();
        let Connection { peer, user: id, watched, awaited, .. } = connection;
        let watched = watched.into_keys().filter(|_| awaited.is_none());
        peer.hub.unwatch(peer.key, watched.chain(awaited.iter().flatten().copied()).map(user).collect());
        if let Some(id) = id {
            peer.hub.sign_out(peer.key, user(id));
        }
        peer.hub.remove(peer.key);
    }

    /// All that are signed in by now must go, who signs in meanwhile may; or the worker is busy, and
    /// nobody goes.
    fn terminate(&mut self, worker: usize, id: usize) {
        let hub = &self.world.hubs[worker % self.world.hubs.len()];
        if hub.terminate(&user(id), &farewell("terminated")).is_err() {
            return;
        }
        self.terminated[id] = true;
        for connection in self.connections.iter_mut().flatten() {
            connection.is_doomed |= connection.user == Some(id);
        }
    }

    async fn settle(&mut self) {
        settle(self).await;
        self.connections.iter_mut().flatten().for_each(|one| one.former.clear());
        let of = |id: usize| self.connections.iter().flatten().filter(move |one| one.user == Some(id)).count();
        for connection in self.connections.iter().flatten() {
            assert!(!connection.is_doomed, "left open");
            for (id, is_online) in &connection.watched {
                assert_eq!(*is_online, of(*id) > 0, "user {id}");
            }
        }
    }
}

proptest! {
    #![proptest_config(many())]

    /// The first list is whole and true, every change comes once, and what remains is true.
    #[test]
    fn watchers_know_who_is_online(
        workers in 1..=4_usize,
        capacity in 1..=4_usize,
        steps in prop::collection::vec(step(), 1..150),
    ) {
        with_clock(async {
            let world = World::new(Size { workers, capacity, busy_wait: Duration::from_secs(1) });
            let mut users = Users { world, connections: Vec::new(), terminated: [false; USERS] };
            for step in &steps {
                users.step(step).await;
            }
            users.settle().await;
        });
    }
}
