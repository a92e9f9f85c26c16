//! Homes against lists: what every worker must be told, and what the HTTP API may ask.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::hub::cache::Cacheable;
use crate::hub::home::{JoinRefused, Publication};
use crate::hub::homes::Homes;
use crate::hub::inbox::{Audience, Greeting, Join, Joined, Leave, Notice, Watcher};
use crate::hub::key::{AppIndex, ChannelKey, ConnectionKey, WorkerId};
use crate::hub::links::Post;
use crate::protocol::{Frame, Member, SocketId, UserInfo, outbound};

use super::sample::{Posted, caching, channel, event, user_id};

const CHANNELS: [&str; 6] =
    ["a", "private-encrypted-b", "presence-c", "cache-d", "presence-cache-e", "private-encrypted-cache-f"];
const MEMBERS: usize = 2;
/// Room for five or six of the cached events below.
const CACHE: usize = 380;
const TTL: u64 = 100;

#[derive(Debug, Clone)]
enum Step {
    Join { worker: usize, channel: usize, member: usize },
    Leave(usize),
    Publish { channel: usize, is_cached: bool, except: Option<u64> },
    Wait(u64),
    Tick,
}

fn step() -> impl Strategy<Value = Step> {
    let channel = 0..CHANNELS.len();
    let join = (0..3_usize, channel.clone(), 0..4_usize);
    let publish = (channel, any::<bool>(), prop::option::of(0..3_u64));
    prop_oneof![
        4 => join.prop_map(|(worker, channel, member)| Step::Join { worker, channel, member }),
        3 => any::<prop::sample::Index>().prop_map(|index| Step::Leave(index.index(1 << 16))),
        4 => publish.prop_map(|(channel, is_cached, except)| Step::Publish { channel, is_cached, except }),
        2 => (0..TTL).prop_map(Step::Wait),
        1 => Just(Step::Tick),
    ]
}

/// A subscription.
#[derive(Debug, Clone)]
struct Pair {
    worker: usize,
    channel: usize,
    member: Option<usize>,
}

/// A cached event.
#[derive(Debug)]
struct Kept {
    channel: usize,
    expires: Instant,
    frame: Frame,
    data: String,
}

struct Model {
    keys: Vec<ChannelKey>,
    pairs: Vec<Pair>,
    /// Members in the order of their coming, each with its info.
    members: Vec<(usize, usize, UserInfo)>,
    /// In the order of their coming.
    kept: Vec<Kept>,
    now: Instant,
    posted: Posted,
    count: usize,
}

impl Model {
    fn new() -> Self {
        let keys = CHANNELS.map(channel).to_vec();
        let (pairs, members, kept) = (Vec::new(), Vec::new(), Vec::new());
        Self { keys, pairs, members, kept, now: Instant::now(), posted: Posted::default(), count: 0 }
    }

    fn kept(&self, channel: usize) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.channel == channel && kept.expires > self.now)
    }

    fn subscriptions(&self, channel: usize) -> usize {
        self.pairs.iter().filter(|pair| pair.channel == channel).count()
    }

    fn roster(&self, channel: usize) -> Vec<(crate::protocol::UserId, UserInfo)> {
        let of_channel = self.members.iter().filter(|(at, ..)| *at == channel);
        of_channel.map(|(_, member, info)| (user_id(*member), info.clone())).collect()
    }

    fn has_member(&self, channel: usize, member: usize) -> bool {
        self.members.iter().any(|(at, known, _)| (*at, *known) == (channel, member))
    }

    /// Every worker with a subscriber is told, once.
    fn tell(&mut self, channel: usize, frame: &Frame, audience: Audience) {
        let mut workers: Vec<usize> =
            self.pairs.iter().filter(|pair| pair.channel == channel).map(|pair| pair.worker).collect();
        workers.sort_unstable();
        workers.dedup();
        for worker in workers {
            let channel = self.keys[channel].clone();
            self.posted.post(WorkerId(worker), Notice::Deliver { channel, frame: frame.clone(), audience });
        }
    }

    fn tell_count(&mut self, channel: usize) {
        let name = self.keys[channel].name.clone();
        if name.kind().is_presence() {
            return;
        }
        let audience = if name.kind().is_encrypted() { Audience::NotJava } else { Audience::All };
        self.tell(channel, &outbound::subscription_count(&name, self.subscriptions(channel)), audience);
    }

    fn join(&mut self, homes: &mut Homes, worker: usize, channel: usize, member: usize) -> Posted {
        let key = self.keys[channel].clone();
        let kind = key.name.kind();
        self.count += 1;
        let info: UserInfo = (member > 0).then(|| format!(r#"{{"n":{}}}"#, self.count).into());
        let person = kind.is_presence().then(|| Member { id: user_id(member), info: info.clone() });
        let is_known = self.has_member(channel, member);
        let is_full = person.is_some() && !is_known && self.roster(channel).len() >= MEMBERS;
        let outcome = if is_full { Err(JoinRefused::Full { limit: MEMBERS }) } else { Ok(()) };
        if person.is_some() && !is_known && !is_full {
            let frame = outbound::member_added(&key.name, &user_id(member), &info);
            self.tell(channel, &frame, Audience::All);
            self.members.push((channel, member, info));
        }
        let outcome = outcome.map(|()| Greeting { first: self.greeting(channel), retained: None });
        let is_in = outcome.is_ok();
        let id = person.as_ref().map(|person| person.id.clone());
        let connection = ConnectionKey::default();
        let joined = Joined { connection, channel: key.clone(), member: id, counts: !kind.is_presence(), outcome };
        self.posted.post(WorkerId(worker), Notice::Joined(Box::new(joined)));
        if is_in {
            self.pairs.push(Pair { worker, channel, member: kind.is_presence().then_some(member) });
            self.tell_count(channel);
        }
        let from = Watcher { worker: WorkerId(worker), connection };
        let counts = !kind.is_presence();
        let mut posted = Posted::default();
        let join = Join { channel: key, from, member: person, member_limit: MEMBERS, subscriber_limit: None, counts };
        homes.join(join, self.now, &mut posted);
        posted
    }

    fn greeting(&self, channel: usize) -> Vec<Frame> {
        let name = &self.keys[channel].name;
        let roster = self.roster(channel);
        let mut frames = if name.kind().is_presence() {
            vec![outbound::presence_succeeded(name, roster.iter().map(|(id, info)| (id, info)))]
        } else {
            vec![outbound::subscription_succeeded(name)]
        };
        if name.kind().is_cache() {
            frames.push(self.kept(channel).map_or_else(|| outbound::cache_miss(name), |kept| kept.frame.clone()));
        }
        frames
    }

    fn leave(&mut self, homes: &mut Homes, index: usize) -> Posted {
        let mut posted = Posted::default();
        if self.pairs.is_empty() {
            return posted;
        }
        let Pair { worker, channel, member } = self.pairs.swap_remove(index % self.pairs.len());
        let key = self.keys[channel].clone();
        let stays = |pair: &Pair| pair.channel == channel && pair.member == member;
        if let Some(member) = member.filter(|_| !self.pairs.iter().any(stays)) {
            self.members.retain(|(at, known, _)| (*at, *known) != (channel, member));
            self.tell(channel, &outbound::member_removed(&key.name, &user_id(member)), Audience::All);
        }
        self.tell_count(channel);
        let counts = !key.name.kind().is_presence();
        let leave = Leave { channel: key, worker: WorkerId(worker), member: member.map(user_id), counts };
        homes.leave(&leave, self.now, &mut posted);
        posted
    }

    fn publish(&mut self, homes: &mut Homes, channel: usize, is_cached: bool, except: Option<u64>) -> Posted {
        self.count += 1;
        let key = self.keys[channel].clone();
        let frame = event(&key, self.count);
        let except = except.map(|random| SocketId::new(random, 0, 0));
        self.tell(channel, &frame, except.map_or(Audience::All, Audience::Except));
        let ttl = Duration::from_millis(TTL);
        let data = format!("\"{}\"", self.count);
        let cache = is_cached.then(|| Cacheable { ttl, data: data.clone().into() });
        if is_cached {
            self.kept.retain(|kept| kept.channel != channel);
            self.kept.push(Kept { channel, expires: self.now + ttl, frame: frame.clone(), data });
        }
        self.make_room();
        let mut posted = Posted::default();
        homes.publish(
            Publication { channel: key, frame, except, cache, keep: None, receipt: None },
            self.now,
            &mut posted,
        );
        posted
    }

    fn make_room(&mut self) {
        self.kept.retain(|kept| kept.expires > self.now);
        while self.kept.iter().map(|kept| kept.frame.len()).sum::<usize>() > CACHE {
            self.kept.remove(0);
        }
    }

    fn step(&mut self, homes: &mut Homes, step: &Step) -> Posted {
        match *step {
            Step::Join { worker, channel, member } => self.join(homes, worker, channel, member),
            Step::Leave(index) => self.leave(homes, index),
            Step::Publish { channel, is_cached, except } => self.publish(homes, channel, is_cached, except),
            Step::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                Posted::default()
            }
            Step::Tick => {
                self.make_room();
                let mut posted = Posted::default();
                homes.tick(self.now, &mut posted);
                posted
            }
        }
    }

    fn check(&self, homes: &Homes) {
        for (index, key) in self.keys.iter().enumerate() {
            let state = homes.state(key, self.now);
            let roster = self.roster(index);
            assert_eq!((state.subscriptions, state.members), (self.subscriptions(index), roster.len()));
            let kept = self.kept(index).map(|kept| (kept.data.clone().into(), kept.expires - self.now));
            assert_eq!(state.cached, kept);
            assert_eq!(homes.members(key), roster.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
        }
        for prefix in ["", "p", "presence-", "cache-d", "x"] {
            let mut found: Vec<_> = homes
                .occupied(AppIndex(0), prefix)
                .into_iter()
                .map(|summary| (summary.name.to_string(), summary.subscriptions, summary.members))
                .collect();
            found.sort();
            let of_name = |name: &str, index: usize| {
                let members = name.starts_with("presence-").then(|| self.roster(index).len());
                (name.to_owned(), self.subscriptions(index), members)
            };
            let all = CHANNELS.iter().enumerate().filter(|(_, name)| name.starts_with(prefix));
            let mut expected: Vec<_> = all.map(|(index, name)| of_name(name, index)).filter(|one| one.1 > 0).collect();
            expected.sort();
            assert_eq!(found, expected, "{prefix}");
        }
        assert!(homes.occupied(AppIndex(1), "").is_empty());
    }
}

proptest! {
    /// Occupancy, members, numbers and the cached event, and every notice about them.
    #[test]
    fn homes_are_lists(steps in prop::collection::vec(step(), 1..80)) {
        let mut homes = Homes::new(&caching(CACHE), None);
        let mut model = Model::new();
        for step in &steps {
            let posted = model.step(&mut homes, step);
            prop_assert_eq!(posted, std::mem::take(&mut model.posted), "{:?}", step);
            model.check(&homes);
        }
    }
}
