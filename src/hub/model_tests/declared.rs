//! Several workers with full queues and channels that keep events: what subscribers hear is what is
//! retained when they come and then every event, each id once, as the history has them.

use std::collections::BTreeMap;
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::hub::handle::{Busy, Joining};
use crate::hub::home::Publication;
use crate::hub::keep::{EventId, History, Keep, Kept, Record, Retain};
use crate::hub::slot::Signals;

use super::heard::{Heard, on_channel};
use super::sample::{channel, event, many};
use super::script::size;
use super::world::{Model, Peer, Size, Task, World, ask, settle, with_clock};

const CHANNELS: [&str; 3] = ["a", "b", "private-c"];
const PEERS: usize = 6;
const HOUR: Duration = Duration::from_secs(3600);

/// Connections and workers are any number; the model takes the rest by how many there are.
#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    Disconnect(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Publish { worker: usize, events: Vec<Wish>, except: Option<usize> },
    Turn(usize),
    Listen(usize),
    Attend,
    Pass(u64),
    Tick(usize),
    Settle,
}

/// An event that is to be published.
#[derive(Debug, Clone, Copy)]
struct Wish {
    channel: usize,
    id: Option<u8>,
    key: Option<u8>,
}

fn step() -> impl Strategy<Value = Step> {
    let (peer, worker) = (0..PEERS, 0..4_usize);
    let wish = (0..CHANNELS.len(), prop::option::of(0..12_u8), prop::option::of(0..4_u8));
    let wish = wish.prop_map(|(channel, id, key)| Wish { channel, id, key });
    let except = prop::option::weighted(0.2, peer.clone());
    let publish = (worker.clone(), prop::collection::vec(wish, 1..4), except);
    let place = (peer.clone(), 0..CHANNELS.len());
    prop_oneof![
        5 => worker.clone().prop_map(Step::Connect),
        2 => peer.prop_map(Step::Disconnect),
        12 => place.clone().prop_map(|(peer, channel)| Step::Join(peer, channel)),
        4 => place.prop_map(|(peer, channel)| Step::Leave(peer, channel)),
        12 => publish.prop_map(|(worker, events, except)| Step::Publish { worker, events, except }),
        10 => worker.clone().prop_map(Step::Turn),
        2 => worker.clone().prop_map(Step::Listen),
        5 => Just(Step::Attend),
        3 => (1..6_u64).prop_map(Step::Pass),
        1 => worker.prop_map(Step::Tick),
        1 => Just(Step::Settle),
    ]
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    InFlight,
    Accepted,
    Refused,
}

#[derive(Debug)]
struct Sent {
    wish: Wish,
    except: Option<usize>,
    fate: Fate,
}

/// Events of one publisher that are not accepted yet.
struct InFlight {
    task: Task<Result<(), Busy>>,
    worker: usize,
    numbers: Vec<usize>,
}

/// A subscription from its greeting to its end.
#[derive(Debug)]
struct Stint {
    channel: usize,
    connection: usize,
    heard: Vec<usize>,
    is_live: bool,
    /// Events in the history when all was at rest, before it was asked for.
    asked: usize,
}

struct Connection {
    peer: Peer,
    stints: BTreeMap<usize, usize>,
    /// The channel that it waits for.
    pending: Option<usize>,
}

struct Declared {
    world: World,
    connections: Vec<Option<Connection>>,
    /// By number.
    sent: Vec<Sent>,
    in_flight: Vec<InFlight>,
    stints: Vec<Stint>,
    /// Events of each channel when all was at rest.
    settled: [usize; 3],
}

impl Model for Declared {
    fn world(&mut self) -> &mut World {
        &mut self.world
    }

    fn attend(&mut self) -> bool {
        for mut one in std::mem::take(&mut self.in_flight) {
            let fate = match one.task.poll() {
                Poll::Pending => {
                    self.in_flight.push(one);
                    continue;
                }
                Poll::Ready(Ok(())) => Fate::Accepted,
                Poll::Ready(Err(Busy)) => Fate::Refused,
            };
            one.numbers.iter().for_each(|number| self.sent[*number].fate = fate);
        }
        for index in 0..self.connections.len() {
            let signals = self.connections[index].as_ref().map_or_else(Signals::default, |one| one.peer.signals());
            assert!(!signals.has(Signals::BROKEN) && !signals.has(Signals::CLOSED));
            if signals.has(Signals::RESUMED) {
                self.listen(index);
                let connection = self.connections[index].as_mut().unwrap();
                if connection.peer.hub.take_outcome(connection.peer.key).is_some() {
                    assert!(connection.stints.contains_key(&connection.pending.take().unwrap()));
                }
            }
        }
        self.in_flight.is_empty() && self.connections.iter().flatten().all(|one| one.pending.is_none())
    }
}

impl Declared {
    fn new(size: Size) -> Self {
        let (connections, sent, in_flight, stints) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { world: World::new(size), connections, sent, in_flight, stints, settled: [0; 3] }
    }

    async fn step(&mut self, step: &Step) {
        let worker = |number: usize| number % self.world.hubs.len();
        match *step {
            Step::Connect(number) if self.connections.len() < PEERS => {
                let peer = Peer::connect(&self.world.hubs[worker(number)], self.connections.len());
                self.connections.push(Some(Connection { peer, stints: BTreeMap::new(), pending: None }));
            }
            Step::Connect(_) => {}
            Step::Disconnect(peer) => self.disconnect(peer),
            Step::Join(peer, channel) => self.join(peer, channel),
            Step::Leave(peer, channel) => self.leave(peer, channel),
            Step::Publish { worker: number, ref events, except } => self.publish(worker(number), events, except),
            Step::Turn(number) => self.world.turn(number),
            Step::Listen(number) => self.world.hubs[worker(number)].listen(),
            Step::Attend => drop(self.attend()),
            Step::Pass(milliseconds) => World::pass(milliseconds).await,
            Step::Tick(number) => self.world.hubs[worker(number)].tick(Instant::now()),
            Step::Settle => self.settle().await,
        }
        tokio::task::yield_now().await;
    }

    fn open(&mut self, index: usize) -> Option<&mut Connection> {
        let connection = self.connections.get_mut(index)?.as_mut();
        connection.filter(|one| one.pending.is_none() && !one.peer.hub.is_greeting(one.peer.key))
    }

    fn join(&mut self, index: usize, at: usize) {
        let Some(connection) = self.open(index).filter(|one| !one.stints.contains_key(&at)) else {
            return;
        };
        connection.pending = Some(at);
        let joining = Joining {
            channel: channel(CHANNELS[at]),
            member: None,
            member_limit: 0,
            subscriber_limit: Some(PEERS),
            counts: false,
        };
        connection.peer.hub.join(connection.peer.key, joining);
    }

    fn leave(&mut self, index: usize, at: usize) {
        if self.open(index).is_some_and(|one| one.stints.contains_key(&at)) {
            self.listen(index);
            let connection = self.connections[index].as_mut().unwrap();
            self.stints[connection.stints.remove(&at).unwrap()].is_live = false;
            connection.peer.hub.leave(connection.peer.key, channel(CHANNELS[at]), None, false);
        }
    }

    fn disconnect(&mut self, index: usize) {
        self.listen(index);
        let Some(connection) = self.connections.get_mut(index).and_then(Option::take) else {
            return;
        };
        assert!(connection.peer.hub.take_outcome(connection.peer.key).is_none_or(|outcome| outcome == Ok(())));
        connection.peer.hub.remove(connection.peer.key);
        for (at, stint) in connection.stints {
            self.stints[stint].is_live = false;
            connection.peer.hub.leave(connection.peer.key, channel(CHANNELS[at]), None, false);
        }
    }

    fn listen(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        for message in connection.peer.listen() {
            let (name, heard) = on_channel(&message);
            let at = CHANNELS.iter().position(|one| *one == name).unwrap();
            match heard {
                Heard::Joined(_) => {
                    assert_eq!(connection.pending, Some(at), "greeted unasked");
                    assert!(connection.stints.insert(at, self.stints.len()).is_none());
                    let asked = self.settled[at];
                    let heard = Vec::new();
                    self.stints.push(Stint { channel: at, connection: index, heard, is_live: true, asked });
                }
                Heard::Event(number) => self.stints[connection.stints[&at]].heard.push(number),
                other => panic!("{other:?}"),
            }
        }
    }

    fn publish(&mut self, worker: usize, wishes: &[Wish], except: Option<usize>) {
        if self.in_flight.iter().any(|one| one.worker == worker) {
            return;
        }
        let socket_id = |index: usize| Some(self.connections.get(index)?.as_ref()?.peer.socket_id);
        let except = except.and_then(|index| Some((index, socket_id(index)?)));
        let (mut numbers, mut publications) = (Vec::new(), Vec::new());
        for wish in wishes {
            let number = self.sent.len();
            let channel = channel(CHANNELS[wish.channel]);
            let keep = Keep {
                id: wish.id.map(|id| EventId { key: id.into(), window: HOUR }),
                retain: wish.key.map(|key| Retain { key: key.to_string().into(), age: HOUR, keys: 100 }),
                history: Some(History { events: 10_000, age: HOUR }),
                record: Record { name: "event".into(), data: number.to_string().into(), at_ms: 1 },
            };
            let (frame, except_id) = (event(&channel, number), except.map(|(_, id)| id));
            let keep = Some(Box::new(keep));
            publications.push(Publication { channel, frame, except: except_id, cache: None, keep, receipt: None });
            self.sent.push(Sent { wish: *wish, except: except.map(|(index, _)| index), fate: Fate::InFlight });
            numbers.push(number);
        }
        let hub = self.world.hubs[worker].clone();
        let task = Task::new(async move { hub.publish(publications).await });
        self.in_flight.push(InFlight { task, worker, numbers });
    }

    async fn settle(&mut self) {
        settle(self).await;
        (0..self.connections.len()).for_each(|index| self.listen(index));
        for (at, name) in CHANNELS.into_iter().enumerate() {
            let hub = self.world.hubs[at % self.world.hubs.len()].clone();
            let key = channel(name);
            let questions = async move { (hub.history(key.clone(), None, usize::MAX).await, hub.retained(key).await) };
            let (page, retained) = ask(&mut self.world, questions).await;
            let history = numbers(&page.unwrap().events);
            assert_eq!(numbers(&retained.unwrap()), self.retained_after(&history));
            self.check_once(at, &history);
            self.stints.iter().filter(|stint| stint.channel == at).for_each(|stint| self.check(stint, &history));
            self.settled[at] = history.len();
        }
    }

    /// The newest of each key, in the order of their coming.
    fn retained_after(&self, history: &[usize]) -> Vec<usize> {
        let mut newest: Vec<usize> = Vec::new();
        for number in history.iter().filter(|number| self.sent[**number].wish.key.is_some()) {
            newest.retain(|known| self.sent[*known].wish.key != self.sent[*number].wish.key);
            newest.push(*number);
        }
        newest
    }

    /// What was accepted is there once, of each id one, and nothing that was refused.
    fn check_once(&self, at: usize, history: &[usize]) {
        let count = |number: usize| history.iter().filter(|one| **one == number).count();
        let mut by_id: BTreeMap<u8, (usize, usize)> = BTreeMap::new();
        for (number, sent) in self.sent.iter().enumerate().filter(|(_, sent)| sent.wish.channel == at) {
            let found = count(number);
            match (sent.fate, sent.wish.id) {
                (Fate::InFlight, _) => panic!("all is at rest"),
                (Fate::Refused, _) => assert_eq!(found, 0, "{number} was refused"),
                (Fate::Accepted, None) => assert_eq!(found, 1, "{number}"),
                (Fate::Accepted, Some(id)) => {
                    let (accepted, kept) = by_id.entry(id).or_default();
                    *accepted += 1;
                    *kept += found;
                }
            }
        }
        for (id, (accepted, kept)) in by_id {
            assert!(accepted > 0 && kept == 1, "id {id} was accepted {accepted} times and is there {kept} times");
        }
    }

    /// It heard what was retained at some moment since it asked, then all that came after.
    fn check(&self, stint: &Stint, history: &[usize]) {
        let is_right = |moment: usize| {
            let (before, after) = history.split_at(moment);
            let mut due = self.retained_after(before);
            let greeting = due.len();
            due.extend(after.iter().filter(|number| self.sent[**number].except != Some(stint.connection)));
            let is_whole = if stint.is_live { due == stint.heard } else { due.starts_with(&stint.heard) };
            is_whole && stint.heard.len() >= greeting
        };
        assert!((stint.asked..=history.len()).any(is_right), "{stint:?} of {history:?}");
    }
}

fn numbers(kept: &[Kept]) -> Vec<usize> {
    assert!(kept.is_sorted_by(|a, b| a.serial < b.serial));
    kept.iter().map(|one| std::str::from_utf8(&one.data).unwrap().parse().unwrap()).collect()
}

proptest! {
    #![proptest_config(many())]

    /// Nothing missing, nothing twice, nothing newer before, whatever is retried.
    #[test]
    fn newcomers_hear_what_is_retained_and_then_everything(
        size in size(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        with_clock(async {
            let mut declared = Declared::new(size);
            for step in &steps {
                declared.step(step).await;
            }
            declared.settle().await;
        });
    }
}
