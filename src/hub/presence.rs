//! A presence channel's members and how many connections each has.

use indexmap::IndexMap;

use crate::protocol::{Member, UserId, UserInfo};

/// The members of one channel, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: IndexMap<UserId, Entry, foldhash::fast::RandomState>,
}

#[derive(Debug)]
struct Entry {
    /// Of the first connection, until the member leaves.
    info: UserInfo,
    connections: usize,
}

/// What a connection's coming or going meant for its member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// It was the member's first, or last, connection.
    Member,
    /// The member has others.
    Connection,
}

impl Roster {
    /// Counts a connection of `member`; `None` when that would be one member above `limit`.
    pub(super) fn join(&mut self, member: &Member, limit: usize) -> Option<Edge> {
        if let Some(entry) = self.members.get_mut(&member.id) {
            entry.connections += 1;
            return Some(Edge::Connection);
        }
        if self.members.len() >= limit {
            return None;
        }
        self.members.insert(member.id.clone(), Entry { info: member.info.clone(), connections: 1 });
        Some(Edge::Member)
    }

    /// Counts a connection of `id` less.
    pub(super) fn leave(&mut self, id: &UserId) -> Edge {
        let Some(entry) = self.members.get_mut(id) else {
            return Edge::Connection;
        };
        entry.connections -= 1;
        if entry.connections > 0 {
            return Edge::Connection;
        }
        self.members.shift_remove(id);
        Edge::Member
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &UserId> {
        self.members.keys()
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&UserId, &UserInfo)> + Clone {
        self.members.iter().map(|(id, entry)| (id, &entry.info))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn member(id: u8) -> Member {
        Member { id: UserId::parse(&id.to_string(), 128).unwrap(), info: None }
    }

    proptest! {
        /// C-113, C-115, C-116, C-117, C-121: against a bag of connections.
        #[test]
        fn edges_are_exactly_first_and_last(steps in prop::collection::vec((any::<bool>(), 0..6_u8), 1..200)) {
            let mut roster = Roster::default();
            let mut model: BTreeMap<u8, usize> = BTreeMap::new();
            for (joins, id) in steps {
                let had = model.get(&id).copied().unwrap_or(0);
                if joins {
                    let edge = roster.join(&member(id), 4);
                    if had > 0 {
                        prop_assert_eq!(edge, Some(Edge::Connection));
                    } else if model.len() >= 4 {
                        prop_assert_eq!(edge, None);
                        continue;
                    } else {
                        prop_assert_eq!(edge, Some(Edge::Member));
                    }
                    model.insert(id, had + 1);
                } else if had > 0 {
                    let expected = if had == 1 { Edge::Member } else { Edge::Connection };
                    prop_assert_eq!(roster.leave(&member(id).id), expected);
                    if had == 1 { model.remove(&id); } else { model.insert(id, had - 1); }
                }
                let ids: std::collections::BTreeSet<_> = roster.ids().map(|id| id.as_str().to_owned()).collect();
                prop_assert_eq!(ids, model.keys().map(u8::to_string).collect());
            }
        }
    }
}
