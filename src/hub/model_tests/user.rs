//! Users' homes against lists of sign-ins and watchers.

use std::collections::BTreeSet;

use proptest::prelude::*;
use slotmap::SlotMap;

use crate::hub::inbox::{Notice, Watcher};
use crate::hub::key::{ConnectionKey, WorkerId};
use crate::hub::links::Post;
use crate::hub::user::Users;
use crate::protocol::outbound;

use super::sample::user;

const USERS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    SignIn(usize),
    SignOut(usize),
    Watch(usize, BTreeSet<usize>),
    Unwatch(usize, BTreeSet<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    let users = || prop::collection::btree_set(0..USERS, 1..=USERS);
    prop_oneof![
        3 => (0..USERS).prop_map(Step::SignIn),
        3 => (0..USERS).prop_map(Step::SignOut),
        2 => (0..4_usize, users()).prop_map(|(watcher, users)| Step::Watch(watcher, users)),
        1 => (0..4_usize, users()).prop_map(|(watcher, users)| Step::Unwatch(watcher, users)),
    ]
}

/// What a watcher was told: users with their new state.
#[derive(Debug, Default)]
struct Told(Vec<(Watcher, Vec<(String, bool)>)>);

impl Post for Told {
    fn post(&mut self, worker: WorkerId, notice: Notice) {
        match notice {
            Notice::Watched { connection, online, offline } => {
                let online = online.iter().map(|id| (id.as_str().to_owned(), true));
                let offline = offline.iter().map(|id| (id.as_str().to_owned(), false));
                self.0.push((Watcher { worker, connection }, online.chain(offline).collect()));
            }
            Notice::Status { connections, user, online, frame } => {
                let one = std::slice::from_ref(&user);
                let expected =
                    if online { outbound::watchlist_events(one, &[]) } else { outbound::watchlist_events(&[], one) };
                assert_eq!(frame, expected);
                for connection in connections {
                    self.0.push((Watcher { worker, connection }, vec![(user.as_str().to_owned(), online)]));
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Told {
    /// In an order that does not depend on that of the watchers.
    fn sorted(mut self) -> Vec<(Watcher, Vec<(String, bool)>)> {
        self.0.iter_mut().for_each(|(_, states)| states.sort());
        self.0.sort_by_key(|(watcher, _)| (watcher.worker.0, watcher.connection));
        self.0
    }
}

#[derive(Default)]
struct Model {
    sign_ins: [usize; USERS],
    pairs: BTreeSet<(usize, usize)>,
}

impl Model {
    fn state(&self, user: usize) -> (String, bool) {
        (user.to_string(), self.sign_ins[user] > 0)
    }

    fn tell_watchers(&self, user: usize, watchers: &[Watcher], told: &mut Told) {
        for (watcher, _) in self.pairs.iter().filter(|(_, watched)| *watched == user) {
            told.0.push((watchers[*watcher], vec![self.state(user)]));
        }
    }

    fn step(&mut self, step: &Step, watchers: &[Watcher]) -> Told {
        let mut told = Told::default();
        match step {
            Step::SignIn(user) => {
                self.sign_ins[*user] += 1;
                if self.sign_ins[*user] == 1 {
                    self.tell_watchers(*user, watchers, &mut told);
                }
            }
            Step::SignOut(user) => {
                self.sign_ins[*user] -= 1;
                if self.sign_ins[*user] == 0 {
                    self.tell_watchers(*user, watchers, &mut told);
                }
            }
            Step::Watch(watcher, users) => {
                self.pairs.extend(users.iter().map(|user| (*watcher, *user)));
                told.0.push((watchers[*watcher], users.iter().map(|user| self.state(*user)).collect()));
            }
            Step::Unwatch(watcher, users) => {
                self.pairs.retain(|(by, user)| by != watcher || !users.contains(user));
            }
        }
        told
    }
}

proptest! {
    /// Who is online, and who hears of it: the first list, then each change, once.
    #[test]
    fn watchers_hear_of_edges_only(steps in prop::collection::vec(step(), 1..80)) {
        let mut keys: SlotMap<ConnectionKey, ()> = SlotMap::with_key();
        let watchers: Vec<Watcher> =
            (0..4).map(|n| Watcher { worker: WorkerId(n % 2), connection: keys.insert(()) }).collect();
        let (mut users, mut model) = (Users::default(), Model::default());
        for step in steps {
            if matches!(step, Step::SignOut(user) if model.sign_ins[user] == 0) {
                continue;
            }
            let mut told = Told::default();
            let keys = |set: &BTreeSet<usize>| set.iter().map(|n| user(*n)).collect::<Vec<_>>();
            match &step {
                Step::SignIn(n) => users.sign_in(&user(*n), &mut told),
                Step::SignOut(n) => users.sign_out(&user(*n), &mut told),
                Step::Watch(watcher, set) => users.watch(watchers[*watcher], keys(set), &mut told),
                Step::Unwatch(watcher, set) => users.unwatch(watchers[*watcher], &keys(set), &mut told),
            }
            let expected = model.step(&step, &watchers);
            prop_assert_eq!(told.sorted(), expected.sorted(), "{:?}", step);
        }
    }
}
