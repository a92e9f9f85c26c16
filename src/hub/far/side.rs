//! One home's view of its channel in the cluster.

use std::collections::VecDeque;
use std::mem;

use indexmap::IndexMap;
use tokio::time::Instant;

use crate::hub::inbox::Join;
use crate::protocol::{UserId, UserInfo};

use super::ghosts::Ghosts;
use super::link::PATIENCE;
use super::numbers::{Incoming, Outgoing, unix_us};
use super::sharing::{Sharing, Terms};
use super::unheard::Unheard;
use super::words::{Change, Event, Number, Position, Source, Stay, Ticket, Totals};

/// What is told of a place while its state is being looked up; more makes a second look necessary.
const EARLY: usize = 1024;

/// How far this node hears of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not at all.
    Deaf,
    /// From the answer to this ticket on.
    Asked(Ticket),
    /// It hears; what it must know to understand is being looked up.
    Looking(Ticket),
    /// All of it.
    Live,
}

/// Something that was told of the channel.
#[derive(Debug)]
pub(super) enum Heard {
    Relayed(Source, Event),
    Changed(Position, Position, Change),
}

impl Heard {
    /// What tells the order of an event once that of its place is lost.
    pub(super) fn by_sender(self) -> Option<Self> {
        match self {
            Self::Changed(_, _, Change::Stayed(source, stay)) => Some(Self::Relayed(source, stay.event)),
            Self::Changed(..) => None,
            Self::Relayed(..) => Some(self),
        }
    }
}

/// A connection that wants to be a subscriber, until the others know.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) join: Join,
    /// The share that it is in.
    share: Option<Ticket>,
    /// From where on it is known, and since when that is clear.
    at: Option<(Position, Instant)>,
}

/// An event of this node's, until it is heard.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) own: Own,
    /// Where it stands, once that is known and it has not been heard, and since when.
    pub(super) at: Option<(Position, Instant)>,
}

/// An event of this node's.
#[derive(Debug)]
pub(super) enum Own {
    Event(Event),
    Stay(Box<Stay>),
}

impl Pending {
    pub(super) const fn new(own: Own) -> Self {
        Self { own, at: None }
    }

    pub(super) const fn number(&self) -> Number {
        match &self.own {
            Own::Event(event) => event.number,
            Own::Stay(stay) => stay.event.number,
        }
    }
}

/// What a home of a node among others has besides.
#[derive(Debug)]
pub(in crate::hub) struct Side {
    pub(super) phase: Phase,
    /// Up to where it has heard.
    pub(super) position: Position,
    /// Whether it knows that.
    is_placed: bool,
    /// Members in the cluster, in the order of their coming.
    pub(super) members: IndexMap<UserId, UserInfo, foldhash::fast::RandomState>,
    /// Subscriptions in the cluster.
    pub(super) total: usize,
    /// Whether subscribers are to be told of it.
    pub(super) is_total_due: bool,
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) pending: VecDeque<Pending>,
    pub(super) sharing: Sharing,
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    early: Vec<Heard>,
    /// What was looked up, until it is delivered.
    pub(super) unheard: Unheard,
    /// Members that the others do not know at the moment.
    pub(super) ghosts: Ghosts,
    /// Number of the last of its own events that subscribers got without hearing it from the others.
    pub(super) told_until: u64,
    /// Whether something was published since somebody looked.
    pub(super) is_busy: bool,
    /// When the home is looked after next.
    pub(super) due: Option<Instant>,
    pub(super) totals: Totals,
    pub(super) member_limit: usize,
    /// Whether its share holds nobody new: all of them had been let in.
    pub(super) is_reconciling: bool,
    /// Until when its share is not told: who leaves a node that is about to end comes back elsewhere.
    pub(super) held: Option<Instant>,
}

impl Side {
    pub(super) fn new(floor: u64) -> Self {
        Self {
            phase: Phase::Deaf,
            position: Position::default(),
            is_placed: false,
            members: IndexMap::default(),
            total: 0,
            is_total_due: false,
            waiting: VecDeque::new(),
            pending: VecDeque::new(),
            sharing: Sharing::default(),
            outgoing: Outgoing::above(floor),
            incoming: Incoming::default(),
            early: Vec::new(),
            unheard: Unheard::default(),
            ghosts: Ghosts::default(),
            told_until: 0,
            is_busy: false,
            due: None,
            // Until somebody joins: a share that an earlier home told is taken back aloud.
            totals: Totals::All,
            member_limit: usize::MAX,
            is_reconciling: false,
            held: None,
        }
    }

    /// Subscriptions in the cluster, as far as this node has heard.
    pub(in crate::hub) const fn total(&self) -> usize {
        self.total
    }

    /// Whether nothing is lost with it.
    pub(in crate::hub) fn is_idle(&self) -> bool {
        self.sharing.is_settled() && self.pending.is_empty() && self.waiting.is_empty() && !self.is_busy
    }

    pub(super) fn wait(&mut self, join: Join) {
        self.waiting.push_back(Waiting { join, share: None, at: None });
    }

    /// The share to be told now, if there is one; who waits for none yet is in it.
    pub(super) fn next_share(&mut self, subscriptions: usize, tickets: &mut Ticket) -> Option<super::words::Share> {
        let member_limit = if self.is_reconciling { usize::MAX } else { self.member_limit };
        let share = self.sharing.next(Terms { subscriptions, totals: self.totals, member_limit }, tickets)?;
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.share.is_none()) {
            waiting.share = Some(share.ticket);
        }
        Some(share)
    }

    /// The others know the share with this ticket, at this position; who of it was one too many.
    pub(super) fn settle(&mut self, ticket: Ticket, at: (Position, Instant), refused: &[UserId]) -> Option<Vec<Join>> {
        if !self.sharing.settle(ticket) {
            return None;
        }
        self.is_reconciling = false;
        let (mut staying, mut turned_away) = (VecDeque::new(), Vec::new());
        for mut waiting in mem::take(&mut self.waiting) {
            if waiting.share != Some(ticket) {
                staying.push_back(waiting);
                continue;
            }
            let member = waiting.join.member.as_ref();
            if member.is_some_and(|member| refused.contains(&member.id)) {
                turned_away.push(waiting.join);
            } else {
                waiting.at = Some(at);
                staying.push_back(waiting);
            }
        }
        self.waiting = staying;
        Some(turned_away)
    }

    /// Who can be let in now.
    pub(super) fn admissible(&mut self, is_away: bool) -> Option<Join> {
        let waiting = self.waiting.front()?;
        // What was looked up for the others is among what greets a newcomer.
        let is_told = self.phase == Phase::Live && self.unheard.is_empty();
        let is_known = is_told && waiting.at.is_some_and(|(at, _)| at <= self.position);
        if is_away || is_known { self.waiting.pop_front().map(|waiting| waiting.join) } else { None }
    }

    /// Whether this node hears of the channel what it publishes there itself.
    pub(super) const fn is_hearing(&self) -> bool {
        matches!(self.phase, Phase::Looking(_) | Phase::Live)
    }

    /// An event of this node's was heard.
    pub(super) fn heard_own(&mut self, number: Number) {
        self.pending.retain(|pending| pending.number() != number);
    }

    /// When what somebody or something waits for should have been heard.
    pub(super) fn should_have_heard(&self) -> Option<Instant> {
        let first = self.waiting.front().and_then(|waiting| waiting.at);
        let all = first.into_iter().chain(self.pending.iter().find_map(|pending| pending.at));
        let ahead = all.filter(|(at, _)| self.phase == Phase::Live && *at > self.position);
        ahead.map(|(_, since)| since + PATIENCE).min()
    }

    /// It stands there.
    pub(super) const fn place(&mut self, position: Position) {
        self.position = position;
        self.is_placed = true;
    }

    /// Somebody is let in without the others: what others send from now on concerns them and is missed, and nobody can turn
    /// them away.
    pub(super) fn place_alone(&mut self) {
        self.is_reconciling = true;
        if !self.is_placed {
            self.incoming.begin();
            self.incoming.miss();
            self.place(Position(unix_us()));
        }
    }

    /// Where the home is to be looked up from: what is above was not heard by those who are subscribers already.
    pub(super) fn heard_until(&self, subscriptions: usize) -> Option<Position> {
        (subscriptions > self.waiting.len()).then_some(self.position)
    }

    /// When it has to be looked after for what it looked up or misses.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        let unheard = (!self.unheard.is_empty()).then(|| now + PATIENCE);
        unheard.into_iter().chain(self.ghosts.due()).chain(self.held).min()
    }

    /// Whether it knows all, and the others know all of it.
    #[cfg(test)]
    pub(super) fn is_settled(&self, is_occupied: bool) -> bool {
        let phase = if is_occupied { Phase::Live } else { Phase::Deaf };
        let waits =
            !self.waiting.is_empty() || !self.pending.is_empty() || !self.early.is_empty() || !self.unheard.is_empty();
        self.phase == phase && self.sharing.is_settled() && !waits
    }

    /// Puts aside what comes before it can be understood; whether that was too much.
    pub(super) fn put_aside(&mut self, heard: Heard) -> bool {
        if self.early.len() >= EARLY {
            return false;
        }
        self.early.push(heard);
        true
    }

    /// Puts aside what is to wait for the next look, and gives up what waits to be heard.
    pub(super) fn hold(&mut self, early: impl Iterator<Item = Heard>) -> VecDeque<Pending> {
        self.early = early.collect();
        mem::take(&mut self.pending)
    }

    pub(super) fn take_early(&mut self) -> Vec<Heard> {
        mem::take(&mut self.early)
    }

    /// Hears no more, and forgets what it heard.
    pub(super) fn forget(&mut self) {
        self.phase = Phase::Deaf;
        self.position = Position::default();
        self.is_placed = false;
        self.members.clear();
        self.total = 0;
        self.is_total_due = false;
        self.early.clear();
        self.unheard = Unheard::default();
        self.ghosts = Ghosts::default();
        self.incoming = Incoming::default();
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbers::Order;
    use super::super::words::Origin;
    use super::*;

    /// Of what somebody sent who had sent before, nobody knows how much of it was meanwhile.
    #[test]
    fn what_was_sent_while_somebody_was_let_in_alone_counts_as_missed() {
        let mut side = Side::new(0);
        side.place_alone();
        let number = Number { value: 105, since: 5 };
        assert_eq!(side.incoming.hear(Origin(1), number), Order::New { lost: 5 });
    }
}
