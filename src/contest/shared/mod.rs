//! The contest of several nodes: one owns it, all of them can be asked.
//!
//! Who owns it is settled in Redis (`adapter::Peers`), what it has kept stands in the database that all of them share
//! (`store::shared`). Knows neither of the two but by these. Read `desk` for where a wish goes, `throne` for how a node
//! becomes the owner, `wire` for what crosses.

mod desk;
mod reign;
mod start;
mod throne;
mod wire;
#[cfg(test)]
mod wire_tests;

pub(super) use reign::Reign;
pub(super) use start::open;

/// The role, as it stands in Redis' keys.
const ROLE: &str = "contest";
