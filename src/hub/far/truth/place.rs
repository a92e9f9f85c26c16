//! How one place stands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::protocol::{UserId, UserInfo};

use super::super::{Change, Look, Origin, Past, Place, Position, Share, Totals, Whose};
use super::stays::Kept;

#[derive(Debug, Default, Clone)]
pub(super) struct Standing {
    pub(super) place: Option<Place>,
    pub(super) position: Position,
    shares: BTreeMap<u64, (usize, Totals)>,
    /// The latest session of each node.
    sessions: BTreeMap<u64, u64>,
    held: BTreeMap<u64, BTreeSet<UserId>>,
    pub(super) members: BTreeMap<UserId, Member>,
    pub(super) kept: Kept,
    /// What listeners are to hear.
    pub(super) told: Vec<(Position, Position, Change)>,
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    holders: usize,
    since: Position,
    info: UserInfo,
}

impl Standing {
    pub(super) fn advance(&mut self, now_us: u64) -> (Position, Position) {
        let previous = self.position;
        self.position = Position(now_us.max(previous.0 + 1));
        (previous, self.position)
    }

    pub(super) fn total(&self) -> usize {
        self.shares.values().map(|(subscriptions, _)| subscriptions).sum()
    }

    pub(super) fn is_occupied(&self) -> bool {
        self.total() > 0 || !self.members.is_empty()
    }

    /// Whether this is not of a session that is over.
    pub(super) fn is_latest(&mut self, origin: Origin, session: u64) -> bool {
        let latest = self.sessions.entry(origin.0).or_default();
        *latest = session.max(*latest);
        *latest == session
    }

    /// Whether a node has anything of it.
    pub(super) fn has(&self, origin: Origin) -> bool {
        let holds = self.held.get(&origin.0).is_some_and(|held| !held.is_empty());
        holds || self.shares.contains_key(&origin.0)
    }

    /// Who has how many subscriptions, and which members.
    pub(super) fn shares(&self) -> Vec<(Origin, usize, Vec<UserId>)> {
        let origins: BTreeSet<_> = self.shares.keys().chain(self.held.keys()).map(|origin| Origin(*origin)).collect();
        let of = |origin: Origin| {
            let subscriptions = self.shares.get(&origin.0).map_or(0, |(subscriptions, _)| *subscriptions);
            (origin, subscriptions, self.held.get(&origin.0).into_iter().flatten().cloned().collect())
        };
        origins.into_iter().filter(|origin| self.has(*origin)).map(of).collect()
    }

    /// Sets a share; the members that were one too many.
    pub(super) fn set(&mut self, origin: Origin, share: &Share, now_us: u64) -> Vec<UserId> {
        for (id, _) in share.members.iter().filter(|(_, info)| info.is_none()) {
            self.release(origin, id, now_us);
        }
        let coming = share.members.iter().filter_map(|(id, info)| Some((id, info.as_ref()?)));
        let refused = coming.filter(|(id, info)| !self.hold(origin, (id, info), share.member_limit, now_us));
        let refused = refused.map(|(id, _)| id.clone()).collect();
        self.count(origin, share.subscriptions, share.totals, now_us);
        refused
    }

    /// A node's new life has what it tells of the old one.
    pub(super) fn take_over(&mut self, origin: Origin, former: Origin, share: &Share) {
        for (id, _) in &share.members {
            if !self.held.get_mut(&former.0).is_some_and(|held| held.remove(id)) {
                continue;
            }
            if !self.held.entry(origin.0).or_default().insert(id.clone()) {
                let holders = &mut self.members.get_mut(id).expect("who is held is a member").holders;
                *holders -= 1;
            }
        }
        if let Some((old, rule)) = self.shares.remove(&former.0) {
            self.shares.entry(origin.0).or_insert((0, rule)).0 += old;
        }
    }

    /// Removes what a node had.
    pub(super) fn empty(&mut self, origin: Origin, now_us: u64) {
        for id in self.held.get(&origin.0).cloned().unwrap_or_default() {
            self.release(origin, &id, now_us);
        }
        if let Some((_, rule)) = self.shares.get(&origin.0).copied() {
            self.count(origin, 0, rule, now_us);
        }
        self.sessions.remove(&origin.0);
    }

    /// Who told shares and was not removed.
    pub(super) fn speakers(&self) -> impl Iterator<Item = u64> {
        self.sessions.keys().copied()
    }

    fn hold(&mut self, origin: Origin, (id, info): (&UserId, &UserInfo), limit: usize, now_us: u64) -> bool {
        let held = self.held.entry(origin.0).or_default();
        if held.contains(id) {
            return true;
        }
        if let Some(member) = self.members.get_mut(id) {
            member.holders += 1;
            return held.insert(id.clone());
        }
        if self.members.len() >= limit {
            return false;
        }
        held.insert(id.clone());
        self.tell(Change::Added(id.clone(), info.clone()), now_us);
        self.members.insert(id.clone(), Member { holders: 1, since: self.position, info: info.clone() });
        true
    }

    fn release(&mut self, origin: Origin, id: &UserId, now_us: u64) {
        if !self.held.get_mut(&origin.0).is_some_and(|held| held.remove(id)) {
            return;
        }
        let member = self.members.get_mut(id).expect("who is held is a member");
        member.holders -= 1;
        if member.holders == 0 {
            self.members.remove(id);
            self.tell(Change::Removed(id.clone()), now_us);
        }
    }

    fn count(&mut self, origin: Origin, subscriptions: usize, rule: Totals, now_us: u64) {
        let old = self.total();
        self.shares.insert(origin.0, (subscriptions, rule));
        self.shares.retain(|_, (subscriptions, _)| *subscriptions > 0);
        let new = self.total();
        let is_told = match rule {
            Totals::Silent => false,
            Totals::Edges => (old == 0) != (new == 0),
            Totals::All => old != new,
        };
        if is_told {
            self.tell(Change::Total(new), now_us);
        }
    }

    fn tell(&mut self, change: Change, now_us: u64) {
        let (previous, position) = self.advance(now_us);
        self.told.push((previous, position, change));
    }

    pub(super) fn look(&self, after: Option<Position>, now_us: u64) -> Look {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|(_, member)| member.since);
        let left = |end: u64| Duration::from_millis(end - now_us / 1000);
        let past = |position, sender, stay, left| Past { position, source: (sender, Whose::Other), stay, left };
        let at = |kept: &super::stays::Timed| past(kept.position, kept.sender, kept.stay.clone(), left(kept.end_ms));
        let missed = after.map_or_else(Vec::new, |after| self.kept.missed(after, now_us));
        Look {
            position: self.position,
            total: self.total(),
            members: members.into_iter().map(|(id, member)| (id.clone(), member.info.clone())).collect(),
            retained: self.kept.retained(now_us).map(at).collect(),
            cached: self.kept.cached(now_us).map(at),
            missed: missed.into_iter().map(|(at, sender, stay)| past(at, sender, stay, Duration::ZERO)).collect(),
        }
    }
}
