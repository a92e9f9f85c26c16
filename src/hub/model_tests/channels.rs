//! Several workers with full queues: what subscribers hear is what was published, once and in order.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::hub::cache::Cacheable;
use crate::hub::handle::{Busy, Joining};
use crate::hub::home::{JoinRefused, Publication};
use crate::hub::key::AppIndex;
use crate::hub::shard::Signals;
use crate::protocol::Member;

use super::heard::{Heard, on_channel};
use super::sample::{channel, event, many, user_id};
use super::stint::{Accepted, Log, Stint};
use super::world::{Model, Peer, Size, Task, World, ask, settle, with_clock};

const CHANNELS: [&str; 5] = ["a", "counted", "presence-m", "cache-d", "presence-cache-e"];
const COUNTED: usize = 1;
const MEMBERS: usize = 3;
const PEERS: usize = 8;
/// Where the numbers of publishers over HTTP begin, one for each worker; below are connections.
const PUBLISHERS: usize = 1000;

#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    Disconnect(usize),
    Join {
        peer: usize,
        channel: usize,
        member: usize,
    },
    Leave {
        peer: usize,
        channel: usize,
    },
    /// Both back to back, as pusher-js does.
    Return {
        peer: usize,
        channel: usize,
        member: usize,
    },
    ClientEvent {
        peer: usize,
        channel: usize,
    },
    Publish {
        worker: usize,
        channels: Vec<usize>,
        except: Option<usize>,
    },
    Turn(usize),
    Listen(usize),
    Attend,
    Pass(u64),
    Tick(usize),
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let (peer, channel) = (0..PEERS, 0..CHANNELS.len());
    let join = (peer.clone(), channel.clone(), 0..=MEMBERS);
    let publish = (0..4_usize, prop::collection::vec(channel.clone(), 1..4), prop::option::weighted(0.2, peer.clone()));
    prop_oneof![
        4 => (0..4_usize).prop_map(Step::Connect),
        2 => peer.clone().prop_map(Step::Disconnect),
        4 => join.clone().prop_map(|(peer, channel, member)| Step::Return { peer, channel, member }),
        12 => join.prop_map(|(peer, channel, member)| Step::Join { peer, channel, member }),
        4 => (peer.clone(), channel.clone()).prop_map(|(peer, channel)| Step::Leave { peer, channel }),
        6 => (peer, channel).prop_map(|(peer, channel)| Step::ClientEvent { peer, channel }),
        8 => publish.prop_map(|(worker, channels, except)| Step::Publish { worker, channels, except }),
        10 => (0..4_usize).prop_map(Step::Turn),
        2 => (0..4_usize).prop_map(Step::Listen),
        5 => Just(Step::Attend),
        3 => (1..6_u64).prop_map(Step::Pass),
        1 => (0..4_usize).prop_map(Step::Tick),
        1 => Just(Step::Settle),
    ]
}

/// How many workers, how small their queues, how impatient those who wait for room.
fn size() -> impl Strategy<Value = Size> {
    let busy_wait = prop_oneof![Just(Duration::from_millis(3)), Just(Duration::from_secs(3600))];
    let size = (1..=4_usize, 1..=4_usize, busy_wait);
    size.prop_map(|(workers, capacity, busy_wait)| Size { workers, capacity, busy_wait })
}

struct Connection {
    peer: Peer,
    /// Its stints, with the member's number on presence channels.
    subscriptions: BTreeMap<usize, (usize, Option<usize>)>,
    /// The channel that it waits for, as whom, and what was accepted before.
    pending: Option<(usize, Option<usize>, usize)>,
}

/// Events of one publisher that are not accepted yet.
struct InFlight {
    task: Task<Result<(), Busy>>,
    events: Vec<Accepted>,
}

struct Channels {
    world: World,
    connections: Vec<Option<Connection>>,
    in_flight: Vec<InFlight>,
    log: Log,
    stints: Vec<Stint>,
    /// Events accepted when all was at rest.
    settled: usize,
    /// Events and infos so far.
    number: usize,
}

fn is_presence(index: usize) -> bool {
    channel(CHANNELS[index]).name.kind().is_presence()
}

impl Model for Channels {
    fn world(&mut self) -> &mut World {
        &mut self.world
    }

    fn attend(&mut self) -> bool {
        for mut one in std::mem::take(&mut self.in_flight) {
            match one.task.poll() {
                Poll::Pending => self.in_flight.push(one),
                Poll::Ready(Ok(())) => self.log.0.append(&mut one.events),
                Poll::Ready(Err(Busy)) => {}
            }
        }
        for index in 0..self.connections.len() {
            let signals = self.connections[index].as_ref().map_or_else(Signals::default, |one| one.peer.signals());
            assert!(!signals.has(Signals::CLOSED) && !signals.has(Signals::BROKEN));
            if signals.has(Signals::RESUMED) {
                self.resume(index);
            }
        }
        self.in_flight.is_empty() && self.connections.iter().flatten().all(|one| one.pending.is_none())
    }
}

impl Channels {
    fn new(size: Size) -> Self {
        let world = World::new(size);
        let (connections, in_flight, log, stints) = (Vec::new(), Vec::new(), Log::default(), Vec::new());
        Self { world, connections, in_flight, log, stints, settled: 0, number: 0 }
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Connect(worker) if self.connections.len() < PEERS => {
                let hub = &self.world.hubs[worker % self.world.hubs.len()];
                let peer = Peer::connect(hub, self.connections.len());
                self.connections.push(Some(Connection { peer, subscriptions: BTreeMap::new(), pending: None }));
            }
            Step::Connect(_) => {}
            Step::Disconnect(index) => self.disconnect(index),
            Step::Join { peer, channel, member } => self.join(peer, channel, member),
            Step::Leave { peer, channel } => self.leave(peer, channel),
            Step::Return { peer, channel, member } => {
                self.leave(peer, channel);
                self.join(peer, channel, member);
            }
            Step::ClientEvent { peer, channel } => self.client_event(peer, channel),
            Step::Publish { worker, ref channels, except } => self.publish(worker, channels, except),
            Step::Turn(worker) => self.world.turn(worker),
            Step::Listen(worker) => self.world.hubs[worker % self.world.hubs.len()].listen(),
            Step::Attend => drop(self.attend()),
            Step::Pass(milliseconds) => World::pass(milliseconds).await,
            Step::Tick(worker) => self.world.hubs[worker % self.world.hubs.len()].tick(Instant::now()),
            Step::Settle => self.settle().await,
        }
        tokio::task::yield_now().await;
    }

    /// A connection that waits for nothing: only those read messages.
    fn open(&self, index: usize) -> Option<&Connection> {
        let waits = self.in_flight.iter().any(|one| one.events[0].publisher == index);
        self.connections.get(index)?.as_ref().filter(|one| one.pending.is_none() && !waits)
    }

    fn join(&mut self, index: usize, at: usize, member: usize) {
        let Some(connection) = self.open(index).filter(|one| !one.subscriptions.contains_key(&at)) else {
            return;
        };
        let member = is_presence(at).then_some(member);
        let info = format!("{{\"n\":{}}}", self.number);
        let person = member.map(|number| Member { id: user_id(number), info: Some(info.into()) });
        let channel = channel(CHANNELS[at]);
        let joining = Joining { channel, member: person, member_limit: MEMBERS, counts: at == COUNTED };
        connection.peer.hub.join(connection.peer.key, joining);
        self.number += 1;
        let settled = self.settled;
        self.connections[index].as_mut().unwrap().pending = Some((at, member, settled));
    }

    /// The home has answered.
    fn resume(&mut self, index: usize) {
        self.listen(index);
        let connection = self.connections[index].as_mut().unwrap();
        let Some((channel, member, _)) = connection.pending.take() else {
            return;
        };
        match connection.peer.hub.take_outcome(connection.peer.key).expect("resumed by an answer") {
            Ok(()) => {
                let stint = connection.subscriptions.get(&channel).expect("greeted").0;
                self.stints[stint].granted = Some(self.log.0.len());
            }
            Err(JoinRefused::Full { limit }) => {
                assert!(limit == MEMBERS && member.is_some() && !connection.subscriptions.contains_key(&channel));
            }
        }
    }

    fn listen(&mut self, index: usize) {
        let Some(connection) = self.connections[index].as_mut() else {
            return;
        };
        for message in connection.peer.listen() {
            let (name, heard) = on_channel(&message);
            let channel = CHANNELS.iter().position(|one| *one == name).unwrap();
            if let Heard::Joined(roster) = heard {
                let (wanted, member, asked) = connection.pending.expect("greeted unasked");
                assert_eq!(wanted, channel);
                assert!(connection.subscriptions.insert(channel, (self.stints.len(), member)).is_none());
                let is_cache = name.contains("cache-");
                self.stints.push(Stint::new((channel, is_cache), index, asked, roster));
            } else {
                let stint = connection.subscriptions.get(&channel).expect("a subscriber hears it").0;
                self.stints[stint].hear(heard);
            }
        }
    }

    fn leave(&mut self, index: usize, at: usize) {
        if self.open(index).is_some() {
            self.listen(index);
            self.end(index, at);
        }
    }

    fn end(&mut self, index: usize, at: usize) {
        let connection = self.connections[index].as_mut().unwrap();
        if let Some((stint, member)) = connection.subscriptions.remove(&at) {
            self.stints[stint].is_live = false;
            let peer = &connection.peer;
            peer.hub.leave(peer.key, channel(CHANNELS[at]), member.map(user_id), at == COUNTED);
        }
    }

    /// As a connection is dropped, whatever it waits for.
    fn disconnect(&mut self, index: usize) {
        if self.connections.get(index).is_none_or(Option::is_none) {
            return;
        }
        self.in_flight.retain(|one| one.events[0].publisher != index);
        self.listen(index);
        let peer = &self.connections[index].as_ref().unwrap().peer;
        let outcome = peer.hub.take_outcome(peer.key);
        let is_granted = self.connections[index].as_mut().unwrap().pending.take().is_some() && outcome == Some(Ok(()));
        (0..CHANNELS.len()).for_each(|at| self.end(index, at));
        let connection = self.connections[index].take().unwrap();
        assert!(!is_granted || self.stints.iter().any(|stint| stint.connection == index));
        connection.peer.hub.remove(connection.peer.key);
    }

    fn publication(&mut self, at: usize, except: Option<usize>) -> Publication {
        let channel = channel(CHANNELS[at]);
        let number = self.number;
        self.number += 1;
        let except = except.and_then(|index| Some(self.connections.get(index)?.as_ref()?.peer.socket_id));
        let data = number.to_string().into();
        let cache = CHANNELS[at].contains("cache-").then(|| Cacheable { ttl: Duration::from_secs(1 << 20), data });
        Publication { frame: event(&channel, number), channel, except, cache }
    }

    fn client_event(&mut self, index: usize, at: usize) {
        if self.open(index).is_none_or(|one| !one.subscriptions.contains_key(&at)) {
            return;
        }
        let accepted = Accepted { publisher: index, channel: at, number: self.number, except: Some(index) };
        let publication = self.publication(at, Some(index));
        let hub = &self.connections[index].as_ref().unwrap().peer.hub;
        match hub.publish_one(publication) {
            None => self.log.0.push(accepted),
            Some(waiting) => self.in_flight.push(InFlight { task: Task::new(waiting), events: vec![accepted] }),
        }
    }

    fn publish(&mut self, worker: usize, channels: &[usize], except: Option<usize>) {
        let worker = worker % self.world.hubs.len();
        let publisher = PUBLISHERS + worker;
        if self.in_flight.iter().any(|one| one.events[0].publisher == publisher) {
            return;
        }
        let except = except.filter(|index| self.connections.get(*index).is_some_and(Option::is_some));
        let (mut events, mut publications) = (Vec::new(), Vec::new());
        for at in channels {
            events.push(Accepted { publisher, channel: *at, number: self.number, except });
            publications.push(self.publication(*at, except));
        }
        let hub = self.world.hubs[worker].clone();
        let task = Task::new(async move { hub.publish(publications).await });
        self.in_flight.push(InFlight { task, events });
    }

    async fn settle(&mut self) {
        settle(self).await;
        (0..self.connections.len()).for_each(|index| self.listen(index));
        self.settled = self.log.0.len();
        self.stints.iter().for_each(|stint| stint.check(&self.log));
        for at in 0..CHANNELS.len() {
            self.check_channel(at).await;
        }
    }

    /// Homes know what connections know.
    async fn check_channel(&mut self, at: usize) {
        let subscriptions = self.connections.iter().flatten().filter_map(|one| one.subscriptions.get(&at));
        let (stints, members): (Vec<usize>, Vec<Option<usize>>) = subscriptions.copied().unzip();
        let roster: BTreeSet<String> = members.iter().flatten().map(usize::to_string).collect();
        for stint in stints.iter().map(|stint| &self.stints[*stint]) {
            assert_eq!(stint.roster.keys().cloned().collect::<BTreeSet<_>>(), roster);
            assert_eq!(stint.count, (at == COUNTED).then_some(stints.len()));
        }
        let hub = self.world.hubs[at % self.world.hubs.len()].clone();
        let key = channel(CHANNELS[at]);
        let questions = async move {
            (hub.channel(key.clone()).await, hub.members(key).await, hub.channels(AppIndex(0), CHANNELS[at]).await)
        };
        let (state, ids, list) = ask(&mut self.world, questions).await;
        let (state, ids, list) = (state.unwrap(), ids.unwrap(), list.unwrap());
        assert_eq!((state.subscriptions, state.members), (stints.len(), roster.len()));
        assert_eq!(ids.iter().map(|id| id.as_str().to_owned()).collect::<BTreeSet<_>>(), roster);
        assert_eq!(list.iter().map(|one| one.subscriptions).sum::<usize>(), stints.len());
    }
}

proptest! {
    #![proptest_config(many())]

    /// Nothing lost, doubled or out of order, members come and go once, and nobody waits for ever.
    #[test]
    fn subscribers_hear_everything_once_and_in_order(
        size in size(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        with_clock(async {
            let mut channels = Channels::new(size);
            for step in &steps {
                channels.step(step).await;
            }
            channels.settle().await;
            for (index, stint) in channels.stints.iter().enumerate() {
                for other in &channels.stints[index + 1..] {
                    stint.check_beside(other, &channels.log);
                }
            }
        });
    }
}
