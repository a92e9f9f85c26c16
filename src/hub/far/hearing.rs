//! Homes of a node among others: what they hear.
//!
//! What is told of a channel comes in one order, each change with the position before it. A home takes
//! the next change only; where one is missing it looks how the channel stands and goes on from there.

use std::time::Duration;

use tokio::time::Instant;

use crate::hub::home::JoinRefused;
use crate::hub::homes::Homes;
use crate::hub::inbox::Audience;
use crate::hub::key::ChannelKey;
use crate::hub::links::Post;
use crate::hub::presence::Edge;
use crate::protocol::outbound;

use super::channels::refuse;
use super::link::{Link, MEMORY, PATIENCE};
use super::numbers::Order;
use super::side::{Heard, Own, Phase, Side};
use super::words::{
    Change, Event, Number, Outcome, Past, Place, Position, Report, Request, Source, Stay, Synced, Ticket, Whose,
};

impl Homes {
    /// Takes what the adapter reports of a channel, or of itself.
    pub(in crate::hub) fn hear(&mut self, report: Report, now: Instant, post: &mut impl Post) {
        match report {
            Report::Listening(Place::Channel(channel), ticket) => self.listening(&channel, ticket, post),
            Report::Looked(Place::Channel(channel), ticket, look) => {
                if self.side(&channel).is_some_and(|side| side.phase == Phase::Looking(ticket)) {
                    self.catch_up(&channel, look, now, post);
                }
            }
            Report::Synced(Place::Channel(channel), synced) => self.synced(&channel, &synced, now, post),
            Report::Stayed(channel, number, outcome) => self.stayed(&channel, (number, outcome), now, post),
            Report::Relayed(channel, from, event) => self.take(&channel, Heard::Relayed(from, event), now, post),
            Report::Changed(Place::Channel(channel), before, position, change) => {
                self.take(&channel, Heard::Changed(before, position, change), now, post);
            }
            Report::Away => self.go_alone(now, post),
            Report::Back => self.come_back(now, post),
            Report::Control(_)
            | Report::Listening(Place::User(_), _)
            | Report::Looked(Place::User(_), ..)
            | Report::Synced(Place::User(_), _)
            | Report::Changed(Place::User(_), ..) => {}
        }
    }

    pub(super) fn side(&mut self, channel: &ChannelKey) -> Option<&mut Side> {
        self.channels.get_mut(channel)?.side.as_deref_mut()
    }

    fn listening(&mut self, channel: &ChannelKey, ticket: Ticket, post: &mut impl Post) {
        match self.side(channel).map(|side| side.phase) {
            Some(Phase::Asked(asked)) if asked == ticket => {
                if let Some(side) = self.side(channel) {
                    side.incoming.begin();
                }
                self.look(channel, post);
            }
            // It was asked before this home heard that the others were away, and nobody listens any more.
            Some(Phase::Deaf) | None => post.ask(Request::Unlisten(Place::Channel(channel.clone()))),
            Some(_) => {}
        }
    }

    /// Asks how a channel stands; what is told meanwhile is put aside.
    fn look(&mut self, channel: &ChannelKey, post: &mut impl Post) {
        let Some((home, link)) = self.channels.get_mut(channel).zip(self.link.as_mut()) else {
            return;
        };
        if let Some(side) = &mut home.side {
            let ticket = link.ticket();
            side.phase = Phase::Looking(ticket);
            let after = side.heard_until(home.subscriptions);
            post.ask(Request::Look(Place::Channel(channel.clone()), ticket, after));
        }
    }

    fn synced(&mut self, channel: &ChannelKey, synced: &Synced, now: Instant, post: &mut impl Post) {
        let Some(side) = self.side(channel) else {
            return;
        };
        let limit = side.member_limit;
        let Some(turned_away) = side.settle(synced.ticket, (synced.position, now), &synced.refused) else {
            return;
        };
        self.watch(channel, now + PATIENCE);
        for join in turned_away {
            self.turn_away(channel, &join);
            refuse(join, JoinRefused::Full { limit }, post);
        }
        self.drive(channel, now, post);
    }

    /// Takes back what was counted for somebody who is one member too many.
    fn turn_away(&mut self, channel: &ChannelKey, join: &crate::hub::inbox::Join) {
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        home.uncount(join.from.worker);
        let Some((side, roster)) = home.side.as_mut().zip(home.roster.as_mut()) else {
            return;
        };
        side.sharing.change();
        let Some(member) = &join.member else {
            return;
        };
        if roster.leave(&member.id) == Edge::Connection {
            // Others of the same user still wait: they ask once more.
            side.sharing.add(member.id.clone(), member.info.clone());
        } else {
            side.sharing.remove(member.id.clone());
        }
    }

    fn stayed(
        &mut self,
        channel: &ChannelKey,
        (number, outcome): (Number, Outcome),
        now: Instant,
        post: &mut impl Post,
    ) {
        let Some(side) = self.channels.get_mut(channel).and_then(|home| home.side.as_mut()) else {
            return;
        };
        let Some(place) = side.pending.iter().position(|pending| pending.number() == number) else {
            return self.drop_if_idle(channel);
        };
        let will_hear = side.phase != Phase::Deaf;
        match outcome {
            Outcome::At(_, position) if will_hear && position > side.position => {
                if let Some(pending) = side.pending.get_mut(place) {
                    pending.at = Some((position, now));
                }
                self.watch(channel, now + PATIENCE);
            }
            Outcome::At(..) | Outcome::Known | Outcome::Before | Outcome::Lost => {
                let own = side.pending.remove(place).map(|pending| pending.own);
                let id = if let Some(Own::Stay(stay)) = own { stay.id } else { None };
                if let Some(id) = id.filter(|_| outcome != Outcome::Lost) {
                    self.keeper.ids.note(channel, id, now);
                }
                if outcome == Outcome::Before && will_hear {
                    self.look(channel, post);
                }
            }
        }
        self.drop_if_idle(channel);
    }

    /// Takes something that was told of a channel: now, or once it can be understood.
    fn take(&mut self, channel: &ChannelKey, heard: Heard, now: Instant, post: &mut impl Post) {
        let Some(side) = self.side(channel) else {
            return;
        };
        match side.phase {
            Phase::Deaf | Phase::Asked(_) => {}
            Phase::Looking(_) => {
                if !side.put_aside(heard) {
                    side.take_early();
                    self.look(channel, post);
                }
            }
            Phase::Live => {
                self.apply(channel, heard, now, post);
                self.let_in(channel, now, post);
            }
        }
    }

    /// Takes the next of what was told; whether it was that, or known.
    pub(super) fn apply(&mut self, channel: &ChannelKey, heard: Heard, now: Instant, post: &mut impl Post) {
        let Some((home, link)) = self.channels.get_mut(channel).zip(self.link.as_mut()) else {
            return;
        };
        let Some(side) = &mut home.side else {
            return;
        };
        match heard {
            Heard::Relayed(source, event) => {
                let before = side.unheard.take_before(source.0, event.number);
                self.make_up(channel, before, post);
                self.deliver_heard(channel, source, &event, post);
            }
            Heard::Changed(_, position, change) if position <= side.position => {
                let before = side.unheard.take_until(position);
                self.make_up(channel, before, post);
                // A look passed over it, and may not have had it.
                if let Change::Stayed(source, stay) = change {
                    self.deliver_heard(channel, source, &stay.event, post);
                }
            }
            Heard::Changed(before, position, change) if before != side.position => {
                link.gaps += 1;
                if before < side.position {
                    // Redis was emptied, or has an older state: other nodes will tell it who is there.
                    side.ghosts.wait(now);
                }
                side.put_aside(Heard::Changed(before, position, change));
                self.look(channel, post);
            }
            Heard::Changed(_, position, change) => {
                side.position = position;
                let before = side.unheard.take_all();
                self.make_up(channel, before, post);
                self.change(channel, (position, change), now, post);
            }
        }
    }

    fn change(
        &mut self,
        channel: &ChannelKey,
        (position, change): (Position, Change),
        now: Instant,
        post: &mut impl Post,
    ) {
        let Some(home) = self.channels.get_mut(channel) else {
            return;
        };
        let Some(side) = &mut home.side else {
            return;
        };
        match change {
            Change::Added(id, info) => {
                let frame = outbound::member_added(&channel.name, &id, &info);
                // One who is missed, or let in alone, or told to an emptied Redis once more, is known.
                side.ghosts.find(&id);
                if side.members.insert(id, info).is_none() {
                    home.tell(channel, &frame, Audience::All, post);
                }
            }
            Change::Removed(id) => {
                if side.members.shift_remove(&id).is_some() {
                    home.tell(channel, &outbound::member_removed(&channel.name, &id), Audience::All, post);
                }
            }
            Change::Total(total) => {
                side.total = total;
                side.is_total_due = true;
            }
            Change::Stayed(source, stay) => self.take_stay(channel, (source, position, &stay), now, post),
        }
    }

    pub(super) fn take_stay(
        &mut self,
        channel: &ChannelKey,
        (source, position, stay): (Source, Position, &Stay),
        now: Instant,
        post: &mut impl Post,
    ) {
        self.deliver_heard(channel, source, &stay.event, post);
        self.mirror(channel, stay, Some(position), now);
    }

    /// Delivers events that were looked up.
    pub(super) fn make_up(&mut self, channel: &ChannelKey, events: Vec<Past>, post: &mut impl Post) {
        for Past { source, stay, .. } in events {
            self.deliver_heard(channel, source, &stay.event, post);
        }
    }

    /// Delivers an event of which was heard, unless this node's subscribers have it; what is missing before it is counted.
    fn deliver_heard(&mut self, channel: &ChannelKey, (origin, whose): Source, event: &Event, post: &mut impl Post) {
        let Some((home, link)) = self.channels.get_mut(channel).zip(self.link.as_mut()) else {
            return;
        };
        let Some(side) = &mut home.side else {
            return;
        };
        if whose == Whose::Own {
            side.heard_own(event.number);
        }
        let is_new = match side.incoming.hear(origin, event.number) {
            Order::Again => false,
            Order::New { .. } if whose == Whose::Own => event.number.value > side.told_until,
            Order::New { lost } => {
                link.lost += lost;
                true
            }
        };
        if is_new {
            home.deliver(channel, event, post);
        }
    }

    /// Looks after a channel at a time, unless that is planned.
    pub(super) fn watch(&mut self, channel: &ChannelKey, at: Instant) {
        let Some((home, link)) = self.channels.get_mut(channel).zip(self.link.as_mut()) else {
            return;
        };
        if let Some(side) = home.side.as_mut().filter(|side| side.due.is_none_or(|due| due > at)) {
            side.due = Some(at);
            link.schedule(channel, at);
        }
    }

    /// Events of other nodes that were lost on the way here, and gaps that were found, since it was asked last.
    pub(in crate::hub) fn take_counts(&mut self) -> (u64, u64) {
        self.link.as_mut().map_or((0, 0), Link::take_counts)
    }

    /// Looks up what should have been heard by now, and forgets homes that nobody uses.
    pub(in crate::hub) fn tick_far(&mut self, now: Instant, post: &mut impl Post) {
        while let Some(channel) = self.link.as_mut().and_then(|link| link.overdue(now)) {
            let is_away = self.link.as_ref().is_some_and(|link| link.is_away);
            let Some(side) = self.side(&channel).filter(|side| side.due.is_some_and(|due| due <= now)) else {
                continue;
            };
            side.due = None;
            let (behind, was_busy) = (side.should_have_heard(), std::mem::take(&mut side.is_busy));
            let is_behind = behind.is_some_and(|at| at <= now);
            let unheard = side.unheard.take_all();
            // Alone, nobody knows who is gone.
            let gone = if is_away { Vec::new() } else { side.ghosts.take_gone(now) };
            side.held.take_if(|until| *until <= now);
            let next_due = side.next_due(now);
            self.make_up(&channel, unheard, post);
            self.remove(&channel, gone, post);
            if is_behind {
                if let Some(link) = &mut self.link {
                    link.gaps += 1;
                }
                self.look(&channel, post);
            }
            let next: Option<Duration> = if is_behind { Some(PATIENCE) } else { was_busy.then_some(MEMORY) };
            let next = next.map(|time| now + time).into_iter().chain(next_due).chain(behind).min();
            if let Some(next) = next {
                self.watch(&channel, if next > now { next } else { now + PATIENCE });
            }
            self.drive(&channel, now, post);
        }
    }
}
