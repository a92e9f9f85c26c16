//! Channels' homes: each channel's single owner on this node.
//!
//! Decides occupancy, members, the cached event and the number of subscribers, and says what the
//! shards must be told. Synchronous and without a clock: effects are posted, time is an argument.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tokio::time::Instant;

use crate::protocol::{Frame, SocketId, UserId, outbound};

use super::cache::{CacheIndex, Cacheable, Cached};
use super::inbox::{Audience, Join, Joined, Leave, Notice};
use super::key::{AppIndex, ChannelKey, WorkerId};
use super::links::Post;
use super::presence::{Edge, Roster};
use super::query::{ChannelState, ChannelSummary};
use super::tally::{Tally, Telling};

/// An event on its way to a channel's subscribers.
#[derive(Debug)]
pub struct Publication {
    /// Where to.
    pub channel: ChannelKey,
    /// The event, encoded.
    pub frame: Frame,
    /// The connection that caused it and does not get it back.
    pub except: Option<SocketId>,
    /// On cache channels, what stays for newcomers.
    pub cache: Option<Cacheable>,
}

/// Why a home takes no more subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefused {
    /// The presence channel has all the members it may have.
    #[error("the channel has {limit} members, its limit")]
    Full {
        /// Members allowed.
        limit: usize,
    },
}

/// One channel.
#[derive(Debug, Default)]
struct Home {
    /// Workers with subscribers, and how many each has.
    interested: Vec<(WorkerId, usize)>,
    subscriptions: usize,
    roster: Option<Box<Roster>>,
    cached: Option<Box<Cached>>,
    tally: Tally,
}

/// The channels whose home is this worker.
#[derive(Debug)]
pub(super) struct Homes {
    channels: HashMap<ChannelKey, Home, foldhash::fast::RandomState>,
    cache: CacheIndex,
    /// When channels that change often tell their number next.
    due: BinaryHeap<Reverse<(Instant, ChannelKey)>>,
}

impl Homes {
    pub(super) fn new(cache_bytes: usize) -> Self {
        Self { channels: HashMap::default(), cache: CacheIndex::new(cache_bytes), due: BinaryHeap::new() }
    }

    pub(super) fn publish(&mut self, publication: Publication, now: Instant, post: &mut impl Post) {
        let Publication { channel, frame, except, cache } = publication;
        if let Some(event) = cache {
            let home = self.channels.entry(channel.clone()).or_default();
            if let Some(old) = home.cached.take() {
                self.cache.remove(&old);
            }
            home.cached = Some(Box::new(self.cache.insert(&channel, frame.clone(), event, now)));
        }
        if let Some(home) = self.channels.get(&channel) {
            let audience = except.map_or(Audience::All, Audience::Except);
            home.tell(&channel, &frame, audience, post);
        }
        self.make_room(now);
    }

    pub(super) fn join(&mut self, join: Join, now: Instant, post: &mut impl Post) {
        let Join { channel, from, member, member_limit, counts } = join;
        let home = self.channels.entry(channel.clone()).or_default();
        let outcome = home.admit(&channel, member.as_ref().map(|member| (member, member_limit)), now, post);
        let is_in = outcome.is_ok();
        if is_in {
            home.count(from.worker, 1);
        }
        let member = member.map(|member| member.id);
        let joined = Joined { connection: from.connection, channel: channel.clone(), member, counts, outcome };
        post.post(from.worker, Notice::Joined(Box::new(joined)));
        if is_in {
            self.changed(&channel, counts, now, post);
        }
        self.drop_if_idle(&channel);
    }

    pub(super) fn leave(&mut self, leave: &Leave, now: Instant, post: &mut impl Post) {
        let Some(home) = self.channels.get_mut(&leave.channel) else {
            return;
        };
        home.uncount(leave.worker);
        if let Some(id) = &leave.member {
            home.dismiss(&leave.channel, id, post);
        }
        self.changed(&leave.channel, leave.counts, now, post);
        self.drop_if_idle(&leave.channel);
    }

    /// Tells due numbers and drops cached events that are too old.
    pub(super) fn tick(&mut self, now: Instant, post: &mut impl Post) {
        while self.due.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Some(Reverse((_, channel))) = self.due.pop() else {
                break;
            };
            if let Some(home) = self.channels.get_mut(&channel)
                && home.tally.come(now)
            {
                home.tell_count(&channel, post);
            }
        }
        self.make_room(now);
    }

    fn make_room(&mut self, now: Instant) {
        for channel in self.cache.expire(now) {
            if let Some(home) = self.channels.get_mut(&channel) {
                home.cached = None;
            }
            self.drop_if_idle(&channel);
        }
    }

    fn changed(&mut self, channel: &ChannelKey, counts: bool, now: Instant, post: &mut impl Post) {
        let Some(home) = self.channels.get_mut(channel).filter(|_| counts) else {
            return;
        };
        match home.tally.change(home.subscriptions, now) {
            Telling::Now => home.tell_count(channel, post),
            Telling::At(at) => self.due.push(Reverse((at, channel.clone()))),
            Telling::Waiting => {}
        }
    }

    fn drop_if_idle(&mut self, channel: &ChannelKey) {
        let is_idle = |home: &Home| home.subscriptions == 0 && home.cached.is_none();
        if self.channels.get(channel).is_some_and(is_idle) {
            self.channels.remove(channel);
        }
    }

    /// The occupied channels of an app whose name starts with `prefix`.
    pub(super) fn occupied(&self, app: AppIndex, prefix: &str) -> Vec<ChannelSummary> {
        self.channels
            .iter()
            .filter(|(key, home)| key.app == app && home.subscriptions > 0 && key.name.as_str().starts_with(prefix))
            .map(|(key, home)| ChannelSummary {
                name: key.name.clone(),
                subscriptions: home.subscriptions,
                members: key.name.kind().is_presence().then(|| home.members()),
            })
            .collect()
    }

    pub(super) fn state(&self, channel: &ChannelKey, now: Instant) -> ChannelState {
        self.channels.get(channel).map_or_else(ChannelState::default, |home| ChannelState {
            subscriptions: home.subscriptions,
            members: home.members(),
            cached: home.cached.as_ref().and_then(|cached| Some((cached.data.clone(), cached.ttl(now)?))),
        })
    }

    pub(super) fn members(&self, channel: &ChannelKey) -> Vec<UserId> {
        let roster = self.channels.get(channel).and_then(|home| home.roster.as_ref());
        roster.map_or_else(Vec::new, |roster| roster.ids().cloned().collect())
    }
}

impl Home {
    fn members(&self) -> usize {
        self.roster.as_ref().map_or(0, |roster| roster.len())
    }

    /// Adds the member, tells the others, and gives what greets the newcomer.
    fn admit(
        &mut self,
        channel: &ChannelKey,
        member: Option<(&crate::protocol::Member, usize)>,
        now: Instant,
        post: &mut impl Post,
    ) -> Result<Vec<Frame>, JoinRefused> {
        let mut greeting = Vec::with_capacity(2);
        if let Some((member, limit)) = member {
            let roster = self.roster.get_or_insert_default();
            let edge = roster.join(member, limit).ok_or(JoinRefused::Full { limit })?;
            greeting.push(outbound::presence_succeeded(&channel.name, roster.iter()));
            if edge == Edge::Member {
                let frame = outbound::member_added(&channel.name, &member.id, &member.info);
                self.tell(channel, &frame, Audience::All, post);
            }
        } else {
            greeting.push(outbound::subscription_succeeded(&channel.name));
        }
        if channel.name.kind().is_cache() {
            let cached = self.cached.as_ref().filter(|cached| cached.ttl(now).is_some());
            greeting.push(cached.map_or_else(|| outbound::cache_miss(&channel.name), |cached| cached.frame.clone()));
        }
        Ok(greeting)
    }

    fn dismiss(&mut self, channel: &ChannelKey, id: &UserId, post: &mut impl Post) {
        let edge = self.roster.as_mut().map(|roster| roster.leave(id));
        if edge == Some(Edge::Member) {
            self.tell(channel, &outbound::member_removed(&channel.name, id), Audience::All, post);
        }
    }

    fn count(&mut self, worker: WorkerId, more: usize) {
        self.subscriptions += more;
        match self.interested.iter_mut().find(|(id, _)| *id == worker) {
            Some((_, count)) => *count += more,
            None => self.interested.push((worker, more)),
        }
    }

    fn uncount(&mut self, worker: WorkerId) {
        if let Some((_, count)) = self.interested.iter_mut().find(|(id, _)| *id == worker) {
            *count -= 1;
            self.subscriptions -= 1;
        }
        self.interested.retain(|(_, count)| *count > 0);
    }

    fn tell_count(&self, channel: &ChannelKey, post: &mut impl Post) {
        let audience = if channel.name.kind().is_encrypted() { Audience::NotJava } else { Audience::All };
        self.tell(channel, &outbound::subscription_count(&channel.name, self.subscriptions), audience, post);
    }

    fn tell(&self, channel: &ChannelKey, frame: &Frame, audience: Audience, post: &mut impl Post) {
        for (worker, _) in &self.interested {
            post.deliver(*worker, channel, frame, audience);
        }
    }
}
