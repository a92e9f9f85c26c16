//! Who has the role, as far as this node knows.

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::hub::far::Origin;

/// Who has the role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Role {
    /// The node that has it, as Redis said last; `None` when it never did.
    pub holder: Option<Holder>,
    /// Until when this node may act in it, when it may: counted from when it last asked.
    pub until: Option<Instant>,
    /// Whether the others can be called.
    pub is_present: bool,
}

/// A node that has the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Where it is called.
    pub life: Origin,
    /// How people know it.
    pub name: Box<str>,
}

/// Whether this node may act in the role, at any moment.
#[derive(Debug, Clone)]
pub struct Holding(pub(super) watch::Receiver<Role>);

impl Holding {
    /// Whether it may now.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.borrow().until.is_some_and(|until| Instant::now() < until)
    }

    /// Waits until it may. May be cancelled.
    pub async fn begins(&mut self) {
        let may = |role: &Role| role.until.is_some_and(|until| Instant::now() < until);
        if self.0.wait_for(may).await.is_err() {
            // Whoever could tell is gone: never.
            std::future::pending::<()>().await;
        }
    }

    /// Waits until it may no longer. May be cancelled.
    pub async fn ends(&mut self) {
        loop {
            let until = self.0.borrow_and_update().until;
            let Some(until) = until.filter(|until| Instant::now() < *until) else { return };
            tokio::select! {
                () = sleep_until(until) => {}
                changed = self.0.changed() => if changed.is_err() { return },
            }
        }
    }
}
