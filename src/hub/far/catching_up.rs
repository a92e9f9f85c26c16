//! Homes of a node among others: how they go on after they could not hear.

use tokio::time::Instant;

use crate::hub::cache::Cacheable;
use crate::hub::home::Home;
use crate::hub::homes::Homes;
use crate::hub::inbox::{Audience, Greeting, Join};
use crate::hub::keep::{Keeping, Retain};
use crate::hub::key::ChannelKey;
use crate::hub::links::Post;
use crate::protocol::{UserId, UserInfo, outbound};

use super::side::{Heard, Phase};
use super::words::{Look, Past, Position, Stay};

impl Homes {
    /// Goes on from how a channel stands: tells subscribers what they have not heard, then takes what was
    /// put aside.
    pub(super) fn catch_up(&mut self, channel: &ChannelKey, look: Look, now: Instant, post: &mut impl Post) {
        let Look { position, total, members, retained, cached, missed } = look;
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        let Some(side) = &mut home.side else {
            return;
        };
        let heard_until = side.heard_until(home.subscriptions);
        side.phase = Phase::Live;
        if position < side.position {
            side.ghosts.wait(now);
        }
        side.place(position);
        side.is_total_due |= side.total != total;
        side.total = total;
        let early = side.take_early();
        if let Some(heard_until) = heard_until {
            let kept = retained.iter().chain(&cached).chain(&missed);
            side.unheard.add(kept.filter(|past| past.position > heard_until).cloned());
        } else {
            // Those who are let in now are greeted with it.
            for past in retained.iter().chain(&cached) {
                side.incoming.know(past.source.0, past.stay.event.number);
            }
        }
        home.meet(channel, members, now, post);
        self.clear_kept(channel);
        // An event may have been kept in both ways, and stay in one of them only.
        for Past { position, stay, left, .. } in retained {
            let retain = stay.retain.clone().map(|retain| Retain { age: left, ..retain });
            self.mirror(channel, &Stay { retain, cache: None, ..*stay }, Some(position), now);
        }
        if let Some(Past { position, stay, left, .. }) = cached {
            self.mirror(channel, &Stay { retain: None, cache: Some(left), ..*stay }, Some(position), now);
        }
        for heard in early {
            match self.side(channel).map(|side| side.phase) {
                Some(Phase::Live) => self.apply(channel, heard, now, post),
                // One of them showed another gap: the rest waits once more.
                Some(_) => drop(self.side(channel).map(|side| side.put_aside(heard))),
                None => break,
            }
        }
        if let Some(due) = self.side(channel).and_then(|side| side.next_due(now)) {
            self.watch(channel, due);
        }
        self.drive(channel, now, post);
    }

    /// Keeps what newcomers here are to get.
    pub(super) fn mirror(&mut self, channel: &ChannelKey, stay: &Stay, position: Option<Position>, now: Instant) {
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        let frame = &stay.event.frame;
        if let Some(ttl) = stay.cache {
            if let Some(old) = home.cached.take() {
                self.cache.remove(&old);
            }
            let event = Cacheable { ttl, data: stay.record.data.clone() };
            home.cached = Some(Box::new(self.cache.insert(channel, frame.clone(), event, now)));
        }
        if stay.retain.is_some() {
            let (record, retain) = (stay.record.clone(), stay.retain.clone());
            let serial = position.map(|position| position.0);
            let keeping = Keeping { frame: frame.clone(), record, retain, history: None, serial };
            self.keeper.keep(channel, &mut home.store, keeping, now);
        }
        self.make_room_for_kept();
        self.make_room(now);
    }

    /// Forgets what newcomers would have got.
    pub(super) fn clear_kept(&mut self, channel: &ChannelKey) {
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        if let Some(old) = home.cached.take() {
            self.cache.remove(&old);
        }
        if let Some(mut store) = home.store.take() {
            self.keeper.clear(channel, &mut store);
        }
    }

    /// The others cannot be reached: whoever waits is let in, and what would have come back from them is told now.
    pub(super) fn go_alone(&mut self, now: Instant, post: &mut impl Post) {
        let Some(link) = &mut self.link else {
            return;
        };
        link.is_away = true;
        let channels: Vec<_> =
            self.channels.iter().filter(|(_, home)| home.side.is_some()).map(|(key, _)| key.clone()).collect();
        for channel in channels {
            let Some(home) = self.channels.get_mut(&channel) else {
                continue;
            };
            let Some(side) = &mut home.side else {
                continue;
            };
            side.phase = Phase::Deaf;
            side.incoming.miss();
            side.is_reconciling = true;
            side.sharing.doubt();
            for (id, info) in home.roster.iter().flat_map(|roster| roster.iter()) {
                side.sharing.add(id.clone(), info.clone());
            }
            let early = if side.heard_until(home.subscriptions).is_some() { side.take_early() } else { Vec::new() };
            let unheard = side.unheard.take_all();
            self.make_up(&channel, unheard, post);
            // Others' events wait for those before them that were missed; this node's own ones are told now.
            let held = early.into_iter().filter_map(Heard::by_sender);
            let pending = self.side(&channel).map(|side| side.hold(held)).unwrap_or_default();
            for pending in pending {
                self.tell_alone(&channel, &pending.own, now, post);
            }
            self.drive(&channel, now, post);
        }
    }

    /// Members who were missed for too long are gone.
    pub(super) fn remove(&mut self, channel: &ChannelKey, gone: Vec<UserId>, post: &mut impl Post) {
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        for id in gone {
            if let Some(side) = &mut home.side {
                side.members.shift_remove(&id);
            }
            home.tell(channel, &outbound::member_removed(&channel.name, &id), Audience::All, post);
        }
    }

    /// The others can be reached again: they are told everything, and asked how things stand.
    pub(super) fn come_back(&mut self, now: Instant, post: &mut impl Post) {
        let Some(link) = &mut self.link else {
            return;
        };
        link.is_away = false;
        let channels: Vec<_> =
            self.channels.iter().filter(|(_, home)| home.side.is_some()).map(|(key, _)| key.clone()).collect();
        for channel in channels {
            if let Some(side) = self.side(&channel) {
                side.ghosts.wait(now);
            }
            self.drive(&channel, now, post);
        }
    }
}

impl Home {
    /// Goes on with these members, and tells subscribers who came and went.
    fn meet(&mut self, channel: &ChannelKey, members: Vec<(UserId, UserInfo)>, now: Instant, post: &mut impl Post) {
        let Some(side) = &mut self.side else {
            return;
        };
        let known = std::mem::replace(&mut side.members, members.into_iter().collect());
        let is_new = |id: &UserId| !known.contains_key(id);
        let new: Vec<_> =
            side.members.iter().filter(|(id, _)| is_new(id)).map(|(id, info)| (id.clone(), info.clone())).collect();
        let mut gone = Vec::new();
        for (id, info) in known {
            if side.members.contains_key(&id) {
                side.ghosts.find(&id);
            } else if side.ghosts.miss(&id, now) {
                side.members.insert(id, info);
            } else {
                gone.push(id);
            }
        }
        for id in gone {
            self.tell(channel, &outbound::member_removed(&channel.name, &id), Audience::All, post);
        }
        for (id, info) in new {
            self.tell(channel, &outbound::member_added(&channel.name, &id, &info), Audience::All, post);
        }
    }

    /// What greets a newcomer on a node among others; alone, it is the newcomer itself that makes a member known.
    pub(super) fn greet_far(&mut self, join: &Join, now: Instant, post: &mut impl Post) -> Greeting {
        let Join { channel, member, .. } = join;
        let Some(side) = &mut self.side else {
            return self.greeting(channel, outbound::subscription_succeeded(&channel.name), now);
        };
        side.is_total_due = true;
        let Some(member) = member else {
            return self.greeting(channel, outbound::subscription_succeeded(&channel.name), now);
        };
        side.ghosts.find(&member.id);
        let is_new = !side.members.contains_key(&member.id);
        if is_new {
            side.members.insert(member.id.clone(), member.info.clone());
        }
        let succeeded = outbound::presence_succeeded(&channel.name, side.members.iter());
        if is_new {
            let frame = outbound::member_added(&channel.name, &member.id, &member.info);
            self.tell(channel, &frame, Audience::All, post);
        }
        self.greeting(channel, succeeded, now)
    }
}
