//! Leases of nodes.

use super::place::Standing;
use super::{Origin, Truth};

/// The node's lease is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expired;

impl Truth {
    /// Registers a node's life; the end of its lease. The life before is reaped after the grace.
    pub(crate) fn join(&mut self, origin: Origin, lease_ms: u64, former: Option<Origin>) -> u64 {
        let now_ms = self.now_ms();
        if let Some(Origin(former)) = former {
            self.nodes.remove(&former);
            self.claims.entry(former).or_insert(now_ms + self.grace_ms);
        }
        self.nodes.insert(origin.0, now_ms + lease_ms);
        now_ms + lease_ms
    }

    /// Sets the end of a lease from now on.
    pub(crate) fn renew(&mut self, origin: Origin, lease_ms: u64) -> Result<u64, Expired> {
        let end = self.now_ms() + lease_ms;
        let lease = self.nodes.get_mut(&origin.0).ok_or(Expired)?;
        *lease = end;
        Ok(end)
    }

    /// A node that is about to go lets its lease end soon.
    pub(crate) fn part(&mut self, origin: Origin, ms: u64) -> Result<u64, Expired> {
        self.renew(origin, ms)
    }

    /// Whether somebody clears a node away, or will.
    pub(crate) fn is_claimed(&self, origin: Origin) -> bool {
        self.claims.contains_key(&origin.0)
    }

    /// Nodes that are gone, the caller's to reap while the claim lasts.
    pub(crate) fn claim(&mut self, claim_ms: u64, limit: usize) -> Vec<Origin> {
        let now_ms = self.now_ms();
        let by_end = |ends: &std::collections::BTreeMap<u64, u64>, until: Option<u64>| {
            let gone = ends.iter().filter(|(_, end)| until.is_some_and(|until| **end <= until));
            let mut gone: Vec<_> = gone.map(|(origin, end)| (*end, *origin)).collect();
            gone.sort_unstable();
            gone
        };
        let gone = by_end(&self.nodes, now_ms.checked_sub(self.grace_ms));
        let unclaimed = by_end(&self.claims, Some(now_ms));
        // Those whose lease is over come first.
        let claimed: Vec<u64> = gone.into_iter().chain(unclaimed).take(limit).map(|(_, origin)| origin).collect();
        for origin in &claimed {
            self.nodes.remove(origin);
            self.claims.insert(*origin, now_ms + claim_ms);
        }
        claimed.into_iter().map(Origin).collect()
    }

    /// Lets those be claimed after a time who told shares and whom nobody knows.
    pub(crate) fn adopt(&mut self, after_ms: u64) {
        let due = self.now_ms() + after_ms;
        let speakers: Vec<_> = self.places.values().flat_map(Standing::speakers).collect();
        for speaker in speakers.into_iter().filter(|speaker| !self.nodes.contains_key(speaker)) {
            self.claims.entry(speaker).or_insert(due);
        }
    }

    /// Makes a claim last longer; whether there was one.
    pub(crate) fn hold(&mut self, origin: Origin, claim_ms: u64) -> bool {
        let end = self.now_ms() + claim_ms;
        self.claims.get_mut(&origin.0).map(|claim| *claim = end).is_some()
    }

    /// Forgets a node of which nothing is left.
    pub(crate) fn forget(&mut self, origin: Origin) {
        self.nodes.remove(&origin.0);
        self.claims.remove(&origin.0);
    }
}
