//! How long a node owns the contest.

use crate::adapter::Holding;

/// A node's time as the owner.
#[derive(Debug, Clone)]
pub(in crate::contest) struct Reign {
    holding: Holding,
    /// How people know the node.
    pub(in crate::contest) name: Box<str>,
}

impl Reign {
    pub(super) const fn new(holding: Holding, name: Box<str>) -> Self {
        Self { holding, name }
    }

    /// Whether the node owns the contest now.
    pub(in crate::contest) fn is_on(&self) -> bool {
        self.holding.is_on()
    }

    /// Waits until it may own it. May be cancelled.
    pub(super) async fn begins(&mut self) {
        self.holding.begins().await;
    }

    /// Waits until it does not any more. May be cancelled.
    pub(in crate::contest) async fn ends(&mut self) {
        self.holding.ends().await;
    }
}
