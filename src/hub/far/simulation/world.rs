//! Nodes, Redis, and people; and what happens to them.

use tokio::time::Instant;

use crate::hub::far::Origin;
use crate::hub::home::Publication;
use crate::hub::inbox::Command;
use crate::hub::key::{AppIndex, ChannelKey, UserKey};
use crate::protocol::{ChannelName, SocketId, UserId};

use super::clock::{AtNode, Clock, Happening, News, set_unix_us};
use super::dice::Dice;
use super::ledger::{self, Client, Onlooker};
use super::memory::{Redis, START};
use super::node::{Node, instant};
use super::schedule::{Kind, MS, SECOND, Schedule, Weather, Wish};

const TICK: u64 = SECOND;

/// Between two states of Redis that may come back.
const FOLLOWING: u64 = 150 * MS;

/// An event that somebody published.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) channel: usize,
    pub(super) wish: Wish,
    /// At which nodes, each with its life, and when their homes took it.
    pub(super) at: Vec<(usize, u64, u64)>,
    pub(super) except: Option<SocketId>,
}

/// Somebody signed in.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) node: usize,
    pub(super) life: u64,
    pub(super) user: usize,
    pub(super) is_here: bool,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) schedule: Schedule,
    pub(super) clock: Clock,
    start: Instant,
    pub(super) nodes: Vec<Node>,
    pub(super) redis: Redis,
    pub(super) clients: Vec<Client>,
    pub(super) onlookers: Vec<Onlooker>,
    pub(super) signed: Vec<Signed>,
    pub(super) events: Vec<Published>,
    /// What was told and came to a node's homes, by its place in the order, with the node's life.
    pub(super) handed_in: std::collections::BTreeSet<(usize, u64)>,
    /// Since when each node can reach Redis, or will.
    pub(super) cut_until: Vec<u64>,
    /// Rises with each session and each life.
    next: u64,
    /// What must not be.
    pub(super) wrong: Vec<String>,
}

pub(super) fn channel(kind: &Kind) -> ChannelKey {
    ChannelKey { app: AppIndex(0), name: ChannelName::parse(kind.name, 200).unwrap() }
}

pub(super) fn user(number: usize) -> UserKey {
    UserKey { app: AppIndex(0), id: UserId::parse(&number.to_string(), 20).unwrap() }
}

impl World {
    pub(super) fn new(schedule: Schedule, is_traced: bool) -> Self {
        let clock = Clock::new(Dice::new(!schedule.seed), schedule.pace, is_traced);
        let (nodes, cut_until) = (Vec::new(), vec![0; schedule.nodes]);
        let mut world = Self {
            clock,
            start: Instant::now(),
            nodes,
            redis: Redis::new(),
            clients: Vec::new(),
            onlookers: Vec::new(),
            signed: Vec::new(),
            events: Vec::new(),
            handed_in: std::collections::BTreeSet::new(),
            cut_until,
            next: 1,
            wrong: Vec::new(),
            schedule,
        };
        for place in 0..world.schedule.nodes {
            let node = world.fresh(place);
            world.nodes.push(node);
            world.set_going(place);
        }
        let times: Vec<u64> = world.schedule.steps.iter().map(|(at, _)| *at).collect();
        for (step, at) in times.into_iter().enumerate() {
            world.clock.at(at, Happening::Step(step));
        }
        if world.schedule.weather == Weather::Foul {
            world.clock.at(FOLLOWING, Happening::Follow);
        }
        world
    }

    pub(super) const fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn fresh(&mut self, place: usize) -> Node {
        let (life, sender) = (self.number(), Origin(self.number()));
        Node::new(place, life, sender)
    }

    fn set_going(&mut self, place: usize) {
        self.later(place, 1, AtNode::Open);
        let first = self.clock.dice.within(1..TICK);
        self.later(place, first, AtNode::Tick);
    }

    pub(super) fn later(&mut self, place: usize, takes: u64, what: AtNode) {
        let (at, life) = (self.clock.now + takes, self.nodes[place].life);
        self.clock.at(at, Happening::Node(place, life, what));
    }

    /// Lets things happen for so long.
    pub(super) fn run(&mut self, until: u64) {
        while let Some(happening) = self.clock.next(until) {
            match happening {
                Happening::Step(step) => {
                    let action = self.schedule.steps[step].1.clone();
                    self.clock.note(|| format!("--- {action:?}"));
                    self.act(&action);
                }
                Happening::Node(place, life, what) => self.at_node(place, life, what),
                Happening::Redis(session, at) => self.redis.hear(&mut self.clock, session, at),
                Happening::Late(session, order) => drop(self.redis.order(&mut self.clock, session, order)),
                Happening::Resume(place, life) => self.resume(place, life),
                Happening::Die(place, life) if self.nodes[place].life == life => {
                    self.end(place, SECOND);
                }
                Happening::Die(..) => {}
                Happening::Follow => {
                    self.redis.follow(self.clock.now);
                    let then = self.clock.now + FOLLOWING;
                    if then < self.schedule.end() {
                        self.clock.at(then, Happening::Follow);
                    }
                }
                Happening::Start(place) => {
                    self.nodes[place] = self.fresh(place);
                    self.set_going(place);
                }
                Happening::Return { channel, member } => {
                    let place = self.clock.dice.below(self.nodes.len());
                    self.join(place, channel, member);
                }
            }
        }
        self.clock.now = until;
    }

    fn at_node(&mut self, place: usize, life: u64, what: AtNode) {
        let node = &mut self.nodes[place];
        if node.life != life || !node.is_alive {
            return;
        }
        if let Some(held) = &mut node.held {
            return held.push_back(what);
        }
        let now = instant(self.start, self.clock.now);
        set_unix_us(START + self.clock.now);
        if let AtNode::Tick = what {
            let notices = node.tick(&mut self.clock, now);
            self.tell(place, notices);
            self.later(place, TICK, AtNode::Tick);
        } else if let AtNode::Command(command) = what {
            self.clock.note(|| format!("node {place} does {command:?}"));
            if let Command::Publish(all) = &command {
                self.took(place, all);
            }
            let notices = self.nodes[place].execute(&mut self.clock, now, command);
            self.tell(place, notices);
        } else {
            self.at_adapter(place, what);
        }
        self.nodes[place].report(&mut self.clock);
    }

    /// A node's homes have an event now.
    fn took(&mut self, place: usize, all: &[Publication]) {
        let life = self.nodes[place].life;
        for publication in all {
            let number = ledger::number(&publication.frame).unwrap();
            self.events[number].at.push((place, life, self.clock.now));
        }
    }

    fn resume(&mut self, place: usize, life: u64) {
        if self.nodes[place].life == life
            && let Some(held) = self.nodes[place].held.take()
        {
            self.clock.note(|| format!("node {place} goes on"));
            held.into_iter().for_each(|what| self.at_node(place, life, what));
        }
    }

    /// What comes over a connection that broke is lost, also as long as nobody knows that it broke.
    fn arrives(&self, what: &AtNode, session: u64) -> bool {
        let is_own = matches!(what, AtNode::Beat(_) | AtNode::Broken(_));
        let is_news = matches!(what, AtNode::News(..) | AtNode::Subscribed(_));
        let link = self.redis.links.get(&session);
        is_own || link.is_some_and(|link| if is_news { link.tells_news } else { link.takes_commands })
    }

    fn at_adapter(&mut self, place: usize, what: AtNode) {
        let own = self.nodes[place].adapter.session.as_ref().map(|session| session.number);
        let of = what.session().map(|session| (session, self.arrives(&what, session)));
        if of.is_some_and(|(session, arrives)| own != Some(session) || !arrives) {
            return;
        }
        let (clock, node) = (&mut self.clock, &mut self.nodes[place]);
        match what {
            AtNode::Request(request) => node.adapter.take(clock, request),
            AtNode::Stop => node.adapter.end(clock),
            AtNode::Open => self.open(place),
            AtNode::Opened(session, lease) => self.opened(place, session, lease),
            AtNode::Broken(_) => self.broken(place),
            AtNode::Beat(session) => node.adapter.beat(clock, session),
            AtNode::Landed(_, answers) => node.adapter.landed(clock, answers),
            AtNode::News(_, news) => {
                if let News::Message(_, index, _) = &news {
                    self.handed_in.insert((*index, node.life));
                }
                node.adapter.hear(clock, news);
            }
            AtNode::Renewed(_, asked, end) => node.adapter.renewed(clock, asked, end),
            done @ (AtNode::Subscribed(_) | AtNode::Reaped(_) | AtNode::Obeyed(_)) => node.adapter.did(clock, &done),
            AtNode::Gone => self.end(place, 10 * SECOND),
            AtNode::Tick | AtNode::Command(_) => unreachable!("not the adapter's"),
        }
        self.tidy(place);
    }
}
