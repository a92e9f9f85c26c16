//! Several workers with full queues: what subscribers hear is what was published, once and in order.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::hub::cache::Cacheable;
use crate::hub::handle::{Busy, Joining};
use crate::hub::home::{JoinRefused, Publication};
use crate::hub::key::{AppIndex, Homing};
use crate::hub::slot::Signals;
use crate::protocol::Member;

use super::heard::{Heard, on_channel};
use super::sample::{channel, event, farewell, many, user_id};
use super::script::{CHANNELS, COUNTED, MEMBERS, Step, is_presence, size, step};
use super::stint::{Accepted, Log, Stint};
use super::world::{Model, Peer, Size, Task, World, ask, settle, with_clock};

/// Connections at a time.
const PEERS: usize = 8;
/// Where the numbers of publishers over HTTP begin, one for each worker; below are connections.
const PUBLISHERS: usize = 1000;

struct Connection {
    peer: Peer,
    /// Its stints, with the member's number on presence channels.
    subscriptions: BTreeMap<usize, (usize, Option<usize>)>,
    /// The channel that it waits for, as whom, and what was accepted before.
    pending: Option<(usize, Option<usize>, usize)>,
    /// It was told to go; nothing reaches it any more.
    is_closing: bool,
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
            let is_closing = self.connections[index].as_ref().is_some_and(|one| one.is_closing);
            assert!(!signals.has(Signals::BROKEN) && (is_closing || !signals.has(Signals::CLOSED)));
            if signals.has(Signals::RESUMED) && !is_closing {
                self.resume(index);
            }
        }
        let is_waiting = |one: &Connection| one.pending.is_some() && !one.is_closing;
        self.in_flight.is_empty() && !self.connections.iter().flatten().any(is_waiting)
    }
}

impl Connection {
    fn leave(&self, at: usize, member: Option<usize>) {
        self.peer.hub.leave(self.peer.key, channel(CHANNELS[at]), member.map(user_id), at == COUNTED);
    }
}

impl Channels {
    fn new(size: Size) -> Self {
        let world = World::new(size);
        let (connections, in_flight, log, stints) = (Vec::new(), Vec::new(), Log::default(), Vec::new());
        Self { world, connections, in_flight, log, stints, settled: 0, number: 0 }
    }

    async fn step(&mut self, step: &Step) {
        let worker = |number: usize| number % self.world.hubs.len();
        match *step {
            Step::Connect(number) => self.connect(worker(number)),
            Step::Close(peer) => self.close(self.live(peer)),
            Step::Disconnect(peer) => self.disconnect(self.live(peer)),
            Step::Join { peer, channel, member } => self.join(self.live(peer), channel, member),
            Step::Leave { peer, channel } => self.leave(self.live(peer), channel),
            Step::Return { peer, channel, member } => {
                self.leave(self.live(peer), channel);
                self.join(self.live(peer), channel, member);
            }
            Step::ClientEvent { peer, channel } => self.client_event(self.live(peer), channel),
            Step::Publish { worker: number, ref channels, except } => {
                self.publish(worker(number), channels, except.map(|peer| self.live(peer)));
            }
            Step::Turn(number) => self.world.turn(number),
            Step::Listen(number) => self.world.hubs[worker(number)].listen(),
            Step::Attend => drop(self.attend()),
            Step::Pass(milliseconds) => World::pass(milliseconds).await,
            Step::Tick(number) => self.world.hubs[worker(number)].tick(Instant::now()),
            Step::Settle => self.settle().await,
        }
        tokio::task::yield_now().await;
    }

    /// One of those that are there, if there is any.
    fn live(&self, number: usize) -> usize {
        let live: Vec<usize> = (0..self.connections.len()).filter(|at| self.connections[*at].is_some()).collect();
        if live.is_empty() { 0 } else { live[number % live.len()] }
    }

    fn connect(&mut self, worker: usize) {
        if self.connections.iter().flatten().count() < PEERS {
            let peer = Peer::connect(&self.world.hubs[worker], self.connections.len());
            let subscriptions = BTreeMap::new();
            self.connections.push(Some(Connection { peer, subscriptions, pending: None, is_closing: false }));
        }
    }

    /// A connection that waits for nothing: only those read messages.
    fn open(&self, index: usize) -> Option<&Connection> {
        let waits = self.in_flight.iter().any(|one| one.events[0].publisher == index);
        self.connections.get(index)?.as_ref().filter(|one| one.pending.is_none() && !waits && !one.is_closing)
    }

    fn join(&mut self, index: usize, at: usize, member: usize) {
        let Some(connection) = self.open(index).filter(|one| !one.subscriptions.contains_key(&at)) else {
            return;
        };
        let member = is_presence(at).then_some(member);
        let info = format!("{{\"n\":{}}}", self.number);
        let person = member.map(|number| Member { id: user_id(number), info: Some(info.into()) });
        let channel = channel(CHANNELS[at]);
        let joining =
            Joining { channel, member: person, member_limit: MEMBERS, subscriber_limit: None, counts: at == COUNTED };
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
            Err(refused @ JoinRefused::Crowded { .. }) => panic!("{refused}"),
        }
    }

    fn listen(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        for message in connection.peer.listen() {
            if connection.is_closing {
                assert_eq!(message["event"], "pusher:error", "said after the farewell");
                continue;
            }
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
        if self.open(index).is_some_and(|one| one.subscriptions.contains_key(&at)) {
            self.listen(index);
            let connection = self.connections[index].as_mut().unwrap();
            let (stint, member) = connection.subscriptions.remove(&at).unwrap();
            self.stints[stint].is_live = false;
            connection.leave(at, member);
        }
    }

    /// As a connection is told to go: others learn at once.
    fn close(&mut self, index: usize) {
        self.in_flight.retain(|one| one.events[0].publisher != index);
        self.listen(index);
        let connection = self.connections.get_mut(index).and_then(Option::as_mut);
        let Some(connection) = connection.filter(|one| !one.is_closing) else {
            return;
        };
        connection.is_closing = true;
        if connection.peer.hub.take_outcome(connection.peer.key).is_some() {
            connection.pending = None;
        }
        connection.peer.hub.close(connection.peer.key, &farewell("gone")[..]);
        for (at, (stint, member)) in std::mem::take(&mut connection.subscriptions) {
            self.stints[stint].is_live = false;
            connection.leave(at, member);
        }
    }

    /// As a connection is dropped, whatever it waits for. What was granted, it leaves; what is granted
    /// from here on, even by what it does itself, comes back, as it is not there any more.
    fn disconnect(&mut self, index: usize) {
        self.in_flight.retain(|one| one.events[0].publisher != index);
        self.listen(index);
        let Some(mut connection) = self.connections.get_mut(index).and_then(Option::take) else {
            return;
        };
        let outcome = connection.peer.hub.take_outcome(connection.peer.key);
        connection.peer.hub.remove(connection.peer.key);
        if let Some((at, member, _)) = connection.pending
            && connection.is_closing
            && outcome == Some(Ok(()))
        {
            connection.leave(at, member);
        }
        for (at, (stint, member)) in std::mem::take(&mut connection.subscriptions) {
            self.stints[stint].is_live = false;
            connection.leave(at, member);
        }
    }

    fn publication(&mut self, at: usize, except: Option<usize>) -> Publication {
        let channel = channel(CHANNELS[at]);
        let number = self.number;
        self.number += 1;
        let except = except.and_then(|index| Some(self.connections.get(index)?.as_ref()?.peer.socket_id));
        let data = number.to_string().into();
        let cache = CHANNELS[at].contains("cache-").then(|| Cacheable { ttl: Duration::from_secs(1 << 20), data });
        Publication { frame: event(&channel, number), channel, except, cache, keep: None, receipt: None }
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
        let is_closing = |one: &Option<Connection>| one.as_ref().is_some_and(|one| one.is_closing);
        for index in (0..self.connections.len()).filter(|at| is_closing(&self.connections[*at])).collect::<Vec<_>>() {
            self.disconnect(index);
        }
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

/// What a connection leaves while it goes may make room for a subscription that it still waits for.
#[test]
fn a_subscription_that_is_granted_to_a_leaving_connection_is_given_up() {
    const THERE: usize = 0;
    const HERE: usize = 2;
    let size = Size { workers: 2, capacity: 1, busy_wait: Duration::from_secs(1) };
    let join = |peer: usize, channel: usize| Step::Join { peer, channel, member: 0 };
    with_clock(async {
        let mut channels = Channels::new(size);
        let homing = Homing::new(size.workers);
        assert_eq!([THERE, HERE].map(|at| homing.of(&channel(CHANNELS[at])).0), [1, 0]);
        for step in [Step::Connect(0), Step::Connect(0), Step::Connect(0), join(0, THERE), Step::Turn(1), Step::Turn(0)]
        {
            channels.step(&step).await;
        }
        // The other worker's inbox is full, so that a second command for it, and all behind, must wait.
        for step in [Step::Attend, join(1, THERE), join(2, THERE), join(0, HERE), Step::Turn(1), Step::Disconnect(0)] {
            channels.step(&step).await;
        }
        channels.settle().await;
    });
}

/// A turn that stops in the midst of notices takes another by itself.
#[test]
fn more_notices_than_a_turn_takes_are_not_forgotten() {
    let size = Size { workers: 2, capacity: 1000, busy_wait: Duration::from_secs(1) };
    let join = Step::Join { peer: 0, channel: 0, member: 0 };
    // Without the runtime's own budget, which stops a turn sooner, and wakes it.
    with_clock(tokio::task::unconstrained(async {
        let mut channels = Channels::new(size);
        for step in [Step::Connect(0), join, Step::Turn(1), Step::Turn(0), Step::Attend] {
            channels.step(&step).await;
        }
        for _ in 0..300 {
            channels.publish(1, &[0], None);
            channels.attend();
        }
        channels.settle().await;
    }));
}
