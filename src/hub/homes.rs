//! The homes of a worker's channels, and what they share.
//!
//! Synchronous and without a clock: effects are posted, time is an argument.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tokio::time::Instant;

use crate::protocol::{Frame, UserId};

use super::cache::CacheIndex;
use super::far::Link;
use super::home::{Home, Publication};
use super::inbox::{Audience, Join, Joined, Leave, Notice};
use super::keep::{Keep, Keeper, Keeping, Kept, Page, Store};
use super::key::{AppIndex, ChannelKey};
use super::links::Post;
use super::query::{ChannelState, ChannelSummary};
use super::tally::Telling;

/// How much the homes of one worker may keep together.
#[derive(Debug, Clone, Copy)]
pub struct HomeBounds {
    /// Bytes of cached events.
    pub cache_bytes: usize,
    /// Ids of events.
    pub event_ids: usize,
    /// Bytes of retained events.
    pub retained_bytes: usize,
    /// Bytes of past events.
    pub history_bytes: usize,
}

/// The channels whose home is this worker.
#[derive(Debug)]
pub(super) struct Homes {
    pub(super) channels: HashMap<ChannelKey, Home, foldhash::fast::RandomState>,
    pub(super) cache: CacheIndex,
    pub(super) keeper: Keeper,
    /// The way to the other nodes, where there are any.
    pub(super) link: Option<Link>,
    /// When channels that change often tell their number next.
    due: BinaryHeap<Reverse<(Instant, ChannelKey)>>,
}

impl Homes {
    /// Homes of a node that is alone, or of one among others.
    pub(super) fn new(share: &HomeBounds, link: Option<Link>) -> Self {
        let HomeBounds { cache_bytes, event_ids, retained_bytes, history_bytes } = *share;
        Self {
            channels: HashMap::default(),
            cache: CacheIndex::new(cache_bytes),
            keeper: Keeper::new(event_ids, retained_bytes, history_bytes),
            link,
            due: BinaryHeap::new(),
        }
    }

    /// Keeps what is to be kept of an event and hands it to the channel's subscribers, unless it
    /// was published before.
    pub(super) fn publish(&mut self, publication: Publication, now: Instant, post: &mut impl Post) {
        if self.link.is_some() {
            return self.publish_far(publication, now, post);
        }
        let Publication { channel, frame, except, cache, keep, receipt: _ } = publication;
        if let Some(keep) = keep
            && !self.keep(&channel, &frame, *keep, now)
        {
            return;
        }
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

    /// Keeps an event; whether it is to be delivered, too, as its id is new.
    fn keep(&mut self, channel: &ChannelKey, frame: &Frame, keep: Keep, now: Instant) -> bool {
        let Keep { id, retain, history, record } = keep;
        if id.is_some_and(|id| !self.keeper.ids.note(channel, id, now)) {
            return false;
        }
        if retain.is_some() || history.is_some() {
            let home = self.channels.entry(channel.clone()).or_default();
            let keeping = Keeping { frame: frame.clone(), record, retain, history, serial: None };
            self.keeper.keep(channel, &mut home.store, keeping, now);
            self.make_room_for_kept();
        }
        true
    }

    pub(super) fn join(&mut self, join: Join, now: Instant, post: &mut impl Post) {
        if self.link.is_some() {
            return self.join_far(join, now, post);
        }
        let home = self.channels.entry(join.channel.clone()).or_default();
        let outcome = home.admit(&join, now, post);
        let is_in = outcome.is_ok();
        let Join { channel, from, member, counts, .. } = join;
        let member = member.map(|member| member.id);
        let joined = Joined { connection: from.connection, channel: channel.clone(), member, counts, outcome };
        post.post(from.worker, Notice::Joined(Box::new(joined)));
        if is_in {
            self.changed(&channel, counts, now, post);
        }
        self.drop_if_idle(&channel);
    }

    pub(super) fn leave(&mut self, leave: &Leave, now: Instant, post: &mut impl Post) {
        if self.link.is_some() {
            return self.leave_far(leave, now, post);
        }
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

    /// Tells due numbers and drops cached and kept events that are too old.
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
        self.tick_far(now, post);
        self.make_room(now);
        self.keeper.expire_ids(now);
        while let Some(channel) = self.keeper.overdue(now) {
            if let Some(store) = self.channels.get_mut(&channel).and_then(|home| home.store.as_mut()) {
                self.keeper.expire(&channel, store, now);
            }
            self.drop_if_idle(&channel);
        }
    }

    /// This node is about to end: who leaves it comes back elsewhere.
    pub(super) const fn part(&mut self) {
        if let Some(link) = &mut self.link {
            link.part();
        }
    }

    pub(super) fn make_room_for_kept(&mut self) {
        while let Some((channel, crowd)) = self.keeper.crowded() {
            if let Some(store) = self.channels.get_mut(&channel).and_then(|home| home.store.as_mut()) {
                self.keeper.make_room(&channel, store, crowd);
            }
            self.drop_if_idle(&channel);
        }
    }

    pub(super) fn make_room(&mut self, now: Instant) {
        for channel in self.cache.expire(now) {
            if let Some(home) = self.channels.get_mut(&channel) {
                home.cached = None;
            }
            self.drop_if_idle(&channel);
        }
    }

    pub(super) fn changed(&mut self, channel: &ChannelKey, counts: bool, now: Instant, post: &mut impl Post) {
        let Some(home) = self.channels.get_mut(channel).filter(|_| counts) else {
            return;
        };
        match home.tally.change(home.total(), now) {
            Telling::Now => home.tell_count(channel, post),
            Telling::At(at) => self.due.push(Reverse((at, channel.clone()))),
            Telling::Waiting => {}
        }
    }

    pub(super) fn drop_if_idle(&mut self, channel: &ChannelKey) {
        if !self.channels.get(channel).is_some_and(Home::is_idle) {
            return;
        }
        let Some(home) = self.channels.remove(channel) else {
            return;
        };
        if let Some((side, link)) = home.side.zip(self.link.as_mut()) {
            link.bury(&side);
        }
        if let Some(store) = home.store {
            self.keeper.forget(channel, &store);
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

    /// The retained events of a channel, oldest first.
    pub(super) fn retained(&self, channel: &ChannelKey, now: Instant) -> Vec<Kept> {
        self.store(channel).map_or_else(Vec::new, |store| store.retained(now))
    }

    /// At most `limit` events of a channel's history whose serial is above `after`.
    pub(super) fn history(&self, channel: &ChannelKey, after: Option<u64>, limit: usize, now: Instant) -> Page {
        self.store(channel).map_or_else(Page::default, |store| store.history(after, limit, now))
    }

    fn store(&self, channel: &ChannelKey) -> Option<&Store> {
        self.channels.get(channel)?.store.as_deref()
    }

    /// The list of retained frames that a newcomer would get.
    #[cfg(test)]
    pub(super) fn greeting(&mut self, channel: &ChannelKey, now: Instant) -> Option<std::sync::Arc<[Frame]>> {
        self.channels.get_mut(channel)?.store.as_mut()?.greeting(now)
    }

    /// Channels that there are, and what keeping takes.
    #[cfg(test)]
    pub(super) fn footprint(&self) -> (usize, super::keep::Footprint) {
        (self.channels.len(), self.keeper.footprint())
    }
}
