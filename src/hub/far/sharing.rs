//! What this node has of a place, and how much of that the others know.

use indexmap::IndexMap;

use crate::protocol::{UserId, UserInfo};

use super::words::{Share, Ticket, Totals};

/// One place's share: at most one is on its way, and what changes meanwhile goes with the next.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// Whether the number of subscriptions may be another than the last one told.
    is_changed: bool,
    /// Members of whom others may know something else; `None` for one that is here no longer.
    members: IndexMap<UserId, Option<UserInfo>, foldhash::fast::RandomState>,
    /// The one on its way.
    out: Option<Out>,
}

#[derive(Debug)]
struct Out {
    ticket: Ticket,
    members: Vec<(UserId, Option<UserInfo>)>,
}

/// What goes with every share of a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) subscriptions: usize,
    pub(super) totals: Totals,
    pub(super) member_limit: usize,
}

impl Sharing {
    pub(super) const fn change(&mut self) {
        self.is_changed = true;
    }

    /// A member has its first connection here.
    pub(super) fn add(&mut self, id: UserId, info: UserInfo) {
        self.members.insert(id, Some(info));
    }

    /// A member has no connection here any more.
    pub(super) fn remove(&mut self, id: UserId) {
        self.members.insert(id, None);
    }

    /// Whether the others know all.
    pub(super) fn is_settled(&self) -> bool {
        !self.is_changed && self.members.is_empty() && self.out.is_none()
    }

    /// The share to be told now, if there is one.
    pub(super) fn next(&mut self, terms: Terms, tickets: &mut Ticket) -> Option<Share> {
        if self.out.is_some() || (!self.is_changed && self.members.is_empty()) {
            return None;
        }
        *tickets += 1;
        self.is_changed = false;
        let members: Vec<_> = std::mem::take(&mut self.members).into_iter().collect();
        self.out = Some(Out { ticket: *tickets, members: members.clone() });
        let Terms { subscriptions, totals, member_limit } = terms;
        Some(Share { ticket: *tickets, subscriptions, totals, members, member_limit })
    }

    /// The others know the share with this ticket.
    pub(super) fn settle(&mut self, ticket: Ticket) -> bool {
        self.out.take_if(|out| out.ticket == ticket).is_some()
    }

    /// Nobody can say what the others know of what was on its way.
    pub(super) fn doubt(&mut self) {
        self.is_changed = true;
        for (id, was) in self.out.take().into_iter().flat_map(|out| out.members) {
            self.members.entry(id).or_insert(was);
        }
    }
}
