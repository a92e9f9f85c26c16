//! Homes of a node among others: joining, leaving and publishing.
//!
//! Whoever wants to be a subscriber waits until this node hears the channel, knows how it stands, and the
//! others know of the newcomer; whoever is told so finds everybody informed. An event is delivered here
//! when it is heard, as at every other node, so that all subscribers of a channel have one order. While
//! the others cannot be reached a home does alone what it can, and remembers what it has to tell.

use tokio::time::Instant;

use crate::hub::cache::Cacheable;
use crate::hub::home::{Home, JoinRefused, Publication};
use crate::hub::homes::Homes;
use crate::hub::inbox::{Audience, Join, Joined, Leave, Notice};
use crate::hub::keep::{Keep, Record};
use crate::hub::key::ChannelKey;
use crate::hub::links::Post;
use crate::hub::presence::Edge;

use super::link::{MEMORY, MOVING};
use super::side::{Own, Pending, Phase, Side};
use super::words::{Event, Place, Request, Stay, Totals};

impl Homes {
    pub(in crate::hub) fn join_far(&mut self, join: Join, now: Instant, post: &mut impl Post) {
        let channel = join.channel.clone();
        let home = self.channels.entry(channel.clone()).or_default();
        if let Some(limit) = join.subscriber_limit.filter(|limit| home.subscriptions >= *limit) {
            refuse(join, JoinRefused::Crowded { limit }, post);
            return self.drop_if_idle(&channel);
        }
        home.count(join.from.worker, 1);
        let floor = self.link.as_ref().map_or(0, |link| link.floor);
        let side = home.side.get_or_insert_with(|| Box::new(Side::new(floor)));
        side.sharing.change();
        side.totals = if join.counts { Totals::All } else { Totals::Silent };
        side.member_limit = join.member_limit;
        if let Some(member) = &join.member {
            let roster = home.roster.get_or_insert_default();
            if roster.join(member, usize::MAX) == Some(Edge::Member) {
                side.sharing.add(member.id.clone(), member.info.clone());
            }
        }
        side.wait(join);
        self.drive(&channel, now, post);
    }

    pub(in crate::hub) fn leave_far(&mut self, leave: &Leave, now: Instant, post: &mut impl Post) {
        let Some(home) = self.channels.get_mut(&leave.channel) else {
            return;
        };
        home.uncount(leave.worker);
        let is_parting = self.link.as_ref().is_some_and(|link| link.is_parting);
        if let Some(side) = &mut home.side {
            if is_parting {
                side.held.get_or_insert(now + MOVING);
            }
            side.sharing.change();
            let edge = leave.member.as_ref().and_then(|id| Some((id, home.roster.as_mut()?.leave(id))));
            if let Some((id, Edge::Member)) = edge {
                side.sharing.remove(id.clone());
            }
        }
        if is_parting {
            self.watch(&leave.channel, now + MOVING);
        }
        self.drive(&leave.channel, now, post);
    }

    /// Does what is possible now for a channel: asks, tells, and lets in.
    pub(super) fn drive(&mut self, channel: &ChannelKey, now: Instant, post: &mut impl Post) {
        let Some((home, link)) = self.channels.get_mut(channel).zip(self.link.as_mut()) else {
            return;
        };
        let Some(side) = &mut home.side else {
            return self.drop_if_idle(channel);
        };
        if !link.is_away {
            if home.subscriptions > 0 && side.phase == Phase::Deaf {
                let ticket = link.ticket();
                side.phase = Phase::Asked(ticket);
                post.ask(Request::Listen(Place::Channel(channel.clone()), ticket));
            }
            let is_held = side.held.is_some_and(|until| now < until);
            if let Some(share) = (!is_held).then(|| side.next_share(home.subscriptions, &mut link.tickets)).flatten() {
                post.ask(Request::Sync(Place::Channel(channel.clone()), share));
            }
        }
        if home.subscriptions == 0 {
            self.stop_listening(channel, post);
        } else {
            self.let_in(channel, now, post);
        }
        self.drop_if_idle(channel);
    }

    /// Hears no more of a channel without subscribers here.
    fn stop_listening(&mut self, channel: &ChannelKey, post: &mut impl Post) {
        let Some(side) = self.channels.get_mut(channel).and_then(|home| home.side.as_mut()) else {
            return;
        };
        if side.phase != Phase::Deaf {
            post.ask(Request::Unlisten(Place::Channel(channel.clone())));
        }
        side.forget();
        // Alone, nobody else could say what newcomers are to get.
        if self.link.as_ref().is_none_or(|link| !link.is_away) {
            self.clear_kept(channel);
        }
    }

    /// Lets in who waits and of whom the others know, and tells numbers that are due.
    pub(super) fn let_in(&mut self, channel: &ChannelKey, now: Instant, post: &mut impl Post) {
        let is_away = self.link.as_ref().is_none_or(|link| link.is_away);
        let mut has_newcomers = false;
        while let Some(home) = self.channels.get_mut(channel) {
            let Some(join) = home.side.as_mut().and_then(|side| side.admissible(is_away)) else {
                break;
            };
            if is_away && let Some(side) = &mut home.side {
                side.place_alone();
            }
            let greeting = home.greet_far(&join, now, post);
            let Join { channel, from, member, counts, .. } = join;
            let member = member.map(|member| member.id);
            let outcome = Ok(greeting);
            let joined = Joined { connection: from.connection, channel, member, counts, outcome };
            post.post(from.worker, Notice::Joined(Box::new(joined)));
            has_newcomers = true;
        }
        // Newcomers that are about to be let in hear the number with all others; alone nobody knows it.
        let is_due = |side: &mut Side| {
            let is_known = !is_away && side.phase == Phase::Live;
            let is_due = is_known && side.is_total_due && (has_newcomers || side.waiting.is_empty());
            side.is_total_due &= !is_due;
            is_due && side.totals == Totals::All
        };
        if self.side(channel).is_some_and(is_due) {
            self.changed(channel, true, now, post);
        }
    }

    /// Publishes an event: all nodes hear it in one order, this one with them. Alone, and while nothing is heard although
    /// there are subscribers, those get it at once.
    pub(in crate::hub) fn publish_far(&mut self, publication: Publication, now: Instant, post: &mut impl Post) {
        let Publication { channel, frame, except, cache, keep, receipt } = publication;
        let Some(link) = &mut self.link else {
            return;
        };
        let home = self.channels.entry(channel.clone()).or_default();
        let side = home.side.get_or_insert_with(|| Box::new(Side::new(link.floor)));
        if !std::mem::replace(&mut side.is_busy, true) && side.due.is_none() {
            side.due = Some(now + MEMORY);
            link.schedule(&channel, now + MEMORY);
        }
        let is_alone = link.is_away || (!side.is_hearing() && home.subscriptions > side.waiting.len());
        let event = Event { number: side.outgoing.take(), except, frame };
        // Whoever publishes is told that it waits, not kept until the others come back.
        let receipt = receipt.filter(|_| !link.is_away);
        if keep.is_none() && cache.is_none() {
            if is_alone {
                self.tell_alone(&channel, &Own::Event(event.clone()), now, post);
            } else if side.is_hearing() {
                side.pending.push_back(Pending::new(Own::Event(event.clone())));
            }
            return post.ask(Request::Relay(channel, event, receipt));
        }
        let stay = Box::new(stay(event, keep, cache));
        if is_alone {
            if stay.id.is_some_and(|id| !self.keeper.ids.note(&channel, id, now)) {
                return;
            }
            self.tell_alone(&channel, &Own::Stay(stay.clone()), now, post);
        } else if side.is_hearing() {
            side.pending.push_back(Pending::new(Own::Stay(stay.clone())));
        }
        post.ask(Request::Stay(channel, stay, receipt));
    }

    /// Tells this node's subscribers of an own event without hearing it from the others.
    pub(super) fn tell_alone(&mut self, channel: &ChannelKey, own: &Own, now: Instant, post: &mut impl Post) {
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        let event = match own {
            Own::Event(event) => event,
            Own::Stay(stay) => &stay.event,
        };
        home.deliver(channel, event, post);
        if let Some(side) = &mut home.side {
            side.told_until = event.number.value;
        }
        if (home.subscriptions > 0 || self.link.as_ref().is_some_and(|link| link.is_away))
            && let Own::Stay(stay) = own
        {
            self.mirror(channel, stay, None, now);
        }
    }
}

/// What an event is that stays.
fn stay(event: Event, keep: Option<Box<Keep>>, cache: Option<Cacheable>) -> Stay {
    let nothing = || Keep { id: None, retain: None, history: None, record: Record::default() };
    let Keep { id, retain, history, mut record } = keep.map_or_else(nothing, |keep| *keep);
    let cache = cache.map(|Cacheable { ttl, data }| {
        record.data = data;
        ttl
    });
    Stay { event, id, retain, history, cache, is_late: false, record }
}

impl Home {
    /// Hands an event to this node's subscribers.
    pub(super) fn deliver(&self, channel: &ChannelKey, event: &Event, post: &mut impl Post) {
        let audience = event.except.map_or(Audience::All, Audience::Except);
        self.tell(channel, &event.frame, audience, post);
    }
}

pub(super) fn refuse(join: Join, reason: JoinRefused, post: &mut impl Post) {
    let Join { channel, from, member, counts, .. } = join;
    let member = member.map(|member| member.id);
    let joined = Joined { connection: from.connection, channel, member, counts, outcome: Err(reason) };
    post.post(from.worker, Notice::Joined(Box::new(joined)));
}
