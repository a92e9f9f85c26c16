//! One channel's home: its single owner on this node.
//!
//! Decides occupancy, members, the cached event and what else greets a newcomer, and says what the
//! shards must be told.

use tokio::time::Instant;

use crate::protocol::{Frame, SocketId, UserId, outbound};

use super::cache::{Cacheable, Cached};
use super::far::{Receipt, Side};
use super::inbox::{Audience, Greeting, Join};
use super::keep::{Keep, Store};
use super::key::{ChannelKey, WorkerId};
use super::links::Post;
use super::presence::{Edge, Roster};
use super::tally::Tally;

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
    /// On declared channels, what else stays of it; `None` costs nothing.
    pub keep: Option<Box<Keep>>,
    /// On a node among others, held until those have it.
    pub receipt: Option<Receipt>,
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
    /// The channel has all the subscriptions on this node that it may have.
    #[error("the channel has {limit} subscriptions, its limit")]
    Crowded {
        /// Subscriptions allowed.
        limit: usize,
    },
}

/// One channel.
#[derive(Debug, Default)]
pub(super) struct Home {
    /// Workers with subscribers, and how many each has.
    interested: Vec<(WorkerId, usize)>,
    pub(super) subscriptions: usize,
    pub(super) roster: Option<Box<Roster>>,
    pub(super) cached: Option<Box<Cached>>,
    /// What it keeps, from the first event that it kept.
    pub(super) store: Option<Box<Store>>,
    pub(super) tally: Tally,
    /// On a node among others, from the first subscriber or publication.
    pub(super) side: Option<Box<Side>>,
}

impl Home {
    pub(super) fn members(&self) -> usize {
        self.roster.as_ref().map_or(0, |roster| roster.len())
    }

    /// Adds the subscriber, tells the others of a new member, and gives what greets the newcomer.
    pub(super) fn admit(&mut self, join: &Join, now: Instant, post: &mut impl Post) -> Result<Greeting, JoinRefused> {
        let Join { channel, member, member_limit, subscriber_limit, .. } = join;
        if let Some(limit) = subscriber_limit.filter(|limit| self.subscriptions >= *limit) {
            return Err(JoinRefused::Crowded { limit });
        }
        let succeeded = if let Some(member) = member {
            let limit = *member_limit;
            let roster = self.roster.get_or_insert_default();
            let edge = roster.join(member, limit).ok_or(JoinRefused::Full { limit })?;
            let succeeded = outbound::presence_succeeded(&channel.name, roster.iter());
            if edge == Edge::Member {
                let frame = outbound::member_added(&channel.name, &member.id, &member.info);
                self.tell(channel, &frame, Audience::All, post);
            }
            succeeded
        } else {
            outbound::subscription_succeeded(&channel.name)
        };
        self.count(join.from.worker, 1);
        Ok(self.greeting(channel, succeeded, now))
    }

    /// The frames that greet a newcomer: that it is one, and what stayed.
    pub(super) fn greeting(&mut self, channel: &ChannelKey, succeeded: Frame, now: Instant) -> Greeting {
        let mut first = vec![succeeded];
        let retained = self.store.as_mut().and_then(|store| store.greeting(now));
        if channel.name.kind().is_cache() {
            let cached = self.cached.as_ref().filter(|cached| cached.ttl(now).is_some());
            match cached {
                None => first.push(outbound::cache_miss(&channel.name)),
                // Nobody hears one event twice: the retained ones are to follow.
                Some(cached) if retained.iter().flat_map(|all| all.iter()).any(|one| one.is_same(&cached.frame)) => {}
                Some(cached) => first.push(cached.frame.clone()),
            }
        }
        Greeting { first, retained }
    }

    /// Subscriptions, the other nodes' included.
    pub(super) fn total(&self) -> usize {
        self.side.as_ref().map_or(self.subscriptions, |side| side.total())
    }

    /// Whether nothing is lost with it.
    pub(super) fn is_idle(&self) -> bool {
        let is_kept = self.cached.is_some() || self.store.as_ref().is_some_and(|store| !store.is_empty());
        self.subscriptions == 0 && !is_kept && self.side.as_ref().is_none_or(|side| side.is_idle())
    }

    pub(super) fn dismiss(&mut self, channel: &ChannelKey, id: &UserId, post: &mut impl Post) {
        let edge = self.roster.as_mut().map(|roster| roster.leave(id));
        if edge == Some(Edge::Member) {
            self.tell(channel, &outbound::member_removed(&channel.name, id), Audience::All, post);
        }
    }

    pub(super) fn count(&mut self, worker: WorkerId, more: usize) {
        self.subscriptions += more;
        match self.interested.iter_mut().find(|(id, _)| *id == worker) {
            Some((_, count)) => *count += more,
            None => self.interested.push((worker, more)),
        }
    }

    pub(super) fn uncount(&mut self, worker: WorkerId) {
        if let Some((_, count)) = self.interested.iter_mut().find(|(id, _)| *id == worker) {
            *count -= 1;
            self.subscriptions -= 1;
        }
        self.interested.retain(|(_, count)| *count > 0);
    }

    pub(super) fn tell_count(&self, channel: &ChannelKey, post: &mut impl Post) {
        let audience = if channel.name.kind().is_encrypted() { Audience::NotJava } else { Audience::All };
        self.tell(channel, &outbound::subscription_count(&channel.name, self.total()), audience, post);
    }

    pub(super) fn tell(&self, channel: &ChannelKey, frame: &Frame, audience: Audience, post: &mut impl Post) {
        for (worker, _) in &self.interested {
            post.deliver(*worker, channel, frame, audience);
        }
    }
}
