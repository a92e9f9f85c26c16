//! Redis: the truth, and who listens to it over which connection.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::hub::far::truth::{self, Published, Sending, Speaker, Truth};
use crate::hub::far::{Event, Look, Origin, Outcome, Place, Position, Share, Stay, Synced};
use crate::hub::key::ChannelKey;

use super::clock::{AtNode, AtRedis, Clock, Happening, Lease, News, Way};
use super::schedule::{MS, SECOND};

/// Unix time at the start of a run, in microseconds.
pub(super) const START: u64 = 1_790_000_000 * SECOND;

pub(super) const LEASE: u64 = 10 * SECOND;
pub(super) const PARTING: u64 = 3 * SECOND;
const GRACE: u64 = 3 * SECOND;
/// Time for telling all shares under a new life.
pub(super) const TELLING: u64 = 15 * SECOND;
const CLAIM: u64 = 10 * SECOND;
const CLAIMED: usize = 4;

/// A command.
#[derive(Debug, Clone)]
pub(super) enum Order {
    Sync(Speaker, Place, Share),
    Look(Place, Option<Position>),
    Relay(Origin, ChannelKey, Event),
    Stay(Sending, ChannelKey, Box<Stay>),
}

/// What Redis says to one.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing where the lease is over.
    Synced(Option<Synced>),
    Looked(Look),
    Relayed,
    Stayed(Outcome),
}

/// Who is there, by place.
pub(super) type Members = BTreeMap<String, BTreeSet<String>>;

/// What listeners of a place get.
#[derive(Debug, Clone)]
pub(super) enum Carried {
    Event(Origin, Event),
    Told(truth::Heard),
}

/// A subscription that is asked for, or its end.
#[derive(Debug, Clone)]
pub(super) enum Topic {
    /// What concerns all nodes.
    Common,
    Listen(Place),
    Unlisten(Place),
}

/// A session's two connections, as Redis sees them.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) node: usize,
    pub(super) life: u64,
    pub(super) takes_commands: bool,
    pub(super) tells_news: bool,
    pub(super) topics: BTreeSet<String>,
    answers: Way,
    news: Way,
}

impl Link {
    pub(super) fn new(node: usize, life: u64) -> Self {
        let (answers, news) = (Way::default(), Way::default());
        Self { node, life, takes_commands: true, tells_news: true, topics: BTreeSet::new(), answers, news }
    }
}

/// The one Redis of a run.
#[derive(Debug)]
pub(super) struct Redis {
    pub(super) truth: Truth,
    pub(super) links: BTreeMap<u64, Link>,
    /// Everything that was told, in its order, with the time.
    pub(super) told: Vec<(u64, Place, Carried)>,
    /// When it lost something last.
    pub(super) emptied: Option<u64>,
    /// All times when it did.
    pub(super) losses: Vec<u64>,
    /// Places in `told` before which a Redis ended that lost something then; and who was there in the next one.
    pub(super) ends: Vec<(usize, Members)>,
    /// As it was some time ago.
    before: VecDeque<(u64, Truth)>,
    /// Tells its process from those before.
    pub(super) process: u64,
}

pub(super) fn key(place: &Place) -> String {
    match place {
        Place::Channel(channel) => format!("c{}", channel.name.as_str()),
        Place::User(user) => format!("u{}", user.id.as_str()),
    }
}

impl Redis {
    pub(super) fn new() -> Self {
        let (truth, links) = (Truth::new(GRACE / MS), BTreeMap::new());
        Self {
            truth,
            links,
            told: Vec::new(),
            emptied: None,
            losses: Vec::new(),
            ends: Vec::new(),
            before: VecDeque::new(),
            process: 0,
        }
    }

    pub(super) fn truth(&mut self, clock: &Clock) -> &mut Truth {
        self.truth.at(START + clock.now)
    }

    pub(super) fn empty(&mut self, clock: &mut Clock) {
        clock.note(|| "Redis is emptied".to_owned());
        self.truth.flush();
        self.before.clear();
        self.emptied = Some(clock.now);
        self.losses.push(clock.now);
        self.ends.push((self.told.len(), Members::new()));
    }

    /// Remembers how it is, for those who follow it.
    pub(super) fn follow(&mut self, now: u64) {
        self.before.push_back((now, self.truth.clone()));
        if self.before.len() > 8 {
            self.before.pop_front();
        }
    }

    /// Another one goes on, which followed it until some time ago.
    pub(super) fn fail_over(&mut self, clock: &mut Clock) {
        if self.before.is_empty() {
            return;
        }
        let nth = clock.dice.below(self.before.len());
        let (at, truth) = self.before.swap_remove_back(nth).unwrap();
        clock.note(|| format!("Redis goes on as it was at {at}"));
        self.truth = truth;
        self.before.clear();
        self.emptied = Some(clock.now);
        self.losses.push(clock.now);
        let places = self.truth.shares().into_iter().map(|(place, ..)| place).collect::<Vec<_>>();
        let members = places.into_iter().map(|place| {
            let look = self.truth(clock).look(&place, None);
            (key(&place), look.members.into_iter().map(|(id, _)| id.as_str().to_owned()).collect())
        });
        let members = members.collect();
        self.ends.push((self.told.len(), members));
    }

    /// Does what came over a session's connections.
    pub(super) fn hear(&mut self, clock: &mut Clock, session: u64, at: AtRedis) {
        let Some(link) = self.links.get(&session) else { return };
        let is_open = if matches!(at, AtRedis::Subscribe(_)) { link.tells_news } else { link.takes_commands };
        if is_open {
            self.carry_out(clock, session, at);
        }
    }

    /// Does it even if nobody can hear the answer.
    pub(super) fn carry_out(&mut self, clock: &mut Clock, session: u64, at: AtRedis) {
        match at {
            AtRedis::Batch(orders, answers) => self.batch(clock, session, orders, answers),
            AtRedis::Subscribe(topics) => self.subscribe(clock, session, topics),
            AtRedis::Take(former, fresh, asked) => {
                let lease = self.take(clock, former, session, (fresh, asked));
                self.answer(clock, session, AtNode::Opened(session, lease));
            }
            AtRedis::Orders => self.answer(clock, session, AtNode::Obeyed(session)),
            AtRedis::Renew(origin, asked) => {
                let end = self.truth(clock).renew(origin, LEASE / MS).ok();
                self.answer(clock, session, AtNode::Renewed(session, asked, end));
            }
            AtRedis::Claim => {
                let claimed = self.truth(clock).claim(CLAIM / MS, CLAIMED);
                self.reap_on(clock, session, claimed);
            }
            AtRedis::Adopt => self.truth(clock).adopt((LEASE + GRACE) / MS),
            AtRedis::Reap(claimed) => self.reap(clock, session, claimed),
            AtRedis::Part(origin) => {
                // Whoever has no lease any more need not let it end.
                _ = self.truth(clock).part(origin, PARTING / MS);
            }
        }
    }

    /// Renews the former lease, or gives one for a new life.
    fn take(
        &mut self,
        clock: &Clock,
        former: Option<(Origin, bool)>,
        session: u64,
        (fresh, asked): (Origin, u64),
    ) -> Lease {
        let truth = self.truth(clock);
        let going_on = former.filter(|(_, goes_on)| *goes_on);
        if let Some((origin, end_ms)) = going_on.and_then(|(of, _)| Some((of, truth.renew(of, LEASE / MS).ok()?))) {
            return Lease { origin, former: None, end_ms, session, asked };
        }
        let former = former.map(|(origin, _)| origin);
        let was_claimed = former.is_some_and(|former| truth.is_claimed(former));
        let end_ms = truth.join(fresh, LEASE / MS, former);
        if let Some(former) = former.filter(|_| !was_claimed) {
            truth.hold(former, TELLING / MS);
        }
        Lease { origin: fresh, former, end_ms, session, asked }
    }

    fn answer(&mut self, clock: &mut Clock, session: u64, answer: AtNode) {
        let takes = clock.delay();
        let Some(link) = self.links.get_mut(&session).filter(|link| link.takes_commands) else { return };
        let at = link.answers.arrival(clock, takes);
        let (node, life) = (link.node, link.life);
        clock.at(at, Happening::Node(node, life, answer));
    }

    fn again(clock: &mut Clock, session: u64, takes: u64, at: AtRedis) {
        let then = clock.now + takes;
        clock.at(then, Happening::Redis(session, at));
    }

    /// One command; the others follow, so that those of other nodes can come in between.
    fn batch(&mut self, clock: &mut Clock, session: u64, mut orders: VecDeque<Order>, mut answers: Vec<Answer>) {
        if let Some(order) = orders.pop_front() {
            answers.push(self.order(clock, session, order));
        }
        if orders.is_empty() {
            return self.answer(clock, session, AtNode::Landed(session, answers));
        }
        let takes = clock.moment();
        Self::again(clock, session, takes, AtRedis::Batch(orders, answers));
    }

    pub(super) fn order(&mut self, clock: &mut Clock, session: u64, order: Order) -> Answer {
        clock.note(|| format!("Redis, session {session}: {}", brief(&order)));
        match order {
            Order::Sync(by, place, share) => match self.truth(clock).sync(by, &place, &share) {
                Ok((synced, published)) => {
                    self.publish(clock, published);
                    Answer::Synced(Some(synced))
                }
                Err(truth::Expired) => Answer::Synced(None),
            },
            Order::Look(place, after) => Answer::Looked(self.truth(clock).look(&place, after)),
            Order::Relay(origin, channel, event) => {
                self.tell(clock, &Place::Channel(channel), &Carried::Event(origin, event));
                Answer::Relayed
            }
            Order::Stay(sending, channel, stay) => {
                let place = Place::Channel(channel);
                let (outcome, published) = self.truth(clock).stay(sending, &place, &stay);
                self.publish(clock, published);
                Answer::Stayed(outcome)
            }
        }
    }

    fn publish(&mut self, clock: &mut Clock, published: Vec<Published>) {
        for Published { place, message } in published {
            self.tell(clock, &place, &Carried::Told(message));
        }
    }

    fn tell(&mut self, clock: &mut Clock, place: &Place, message: &Carried) {
        let index = self.told.len();
        self.told.push((clock.now, place.clone(), message.clone()));
        let key = key(place);
        for (session, link) in &mut self.links {
            if link.tells_news && link.topics.contains(&key) {
                let takes = clock.delay();
                let news = News::Message(place.clone(), index, message.clone());
                let at = link.news.arrival(clock, takes);
                clock.at(at, Happening::Node(link.node, link.life, AtNode::News(*session, news)));
            }
        }
    }

    fn subscribe(&mut self, clock: &mut Clock, session: u64, topics: Vec<Topic>) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let mut at = clock.now;
        for topic in topics {
            let news = match topic {
                Topic::Common => News::Subscribed(None),
                Topic::Listen(place) => {
                    link.topics.insert(key(&place));
                    News::Subscribed(Some(place))
                }
                Topic::Unlisten(place) => {
                    link.topics.remove(&key(&place));
                    News::Unsubscribed(place)
                }
            };
            let takes = clock.delay();
            at = link.news.arrival(clock, takes);
            clock.at(at, Happening::Node(link.node, link.life, AtNode::News(session, news)));
        }
        clock.at(at, Happening::Node(link.node, link.life, AtNode::Subscribed(session)));
    }

    /// Says that all is reaped, or reaps further.
    fn reap_on(&mut self, clock: &mut Clock, session: u64, claimed: Vec<Origin>) {
        if claimed.is_empty() {
            return self.answer(clock, session, AtNode::Reaped(session));
        }
        // There and back.
        let takes = clock.delay() + clock.delay();
        Self::again(clock, session, takes, AtRedis::Reap(claimed));
    }

    fn reap(&mut self, clock: &mut Clock, session: u64, mut claimed: Vec<Origin>) {
        let Some(origin) = claimed.last().copied() else { return };
        // Whoever was away for long learns so that another one does it.
        if !self.truth(clock).hold(origin, CLAIM / MS) {
            claimed.pop();
        } else if let Some(published) = self.truth(clock).reap_one(origin) {
            clock.note(|| format!("Redis, session {session}: reaped a place of {origin:?}, told {}", published.len()));
            self.publish(clock, published);
        } else {
            self.truth(clock).forget(origin);
            clock.note(|| format!("Redis, session {session}: forgot {origin:?}"));
            claimed.pop();
        }
        self.reap_on(clock, session, claimed);
    }
}

fn brief(order: &Order) -> String {
    match order {
        Order::Sync(by, place, share) => format!("{:?} has {share:?} of {}", by.origin, key(place)),
        Order::Look(place, after) => format!("looks at {} after {after:?}", key(place)),
        Order::Relay(origin, channel, event) => format!("{origin:?} relays {:?} to {channel:?}", event.number),
        Order::Stay(sending, channel, stay) => {
            let late = if stay.is_late { ", late," } else { "" };
            format!("{sending:?} stays {:?}{late} at {channel:?}", stay.event.number)
        }
    }
}
