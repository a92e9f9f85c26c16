//! The store that several nodes share: PostgreSQL alone, without a journal on any machine.
//!
//! Every change stands in the database's ledger, whole, before anybody is told of it; the tables that others read change
//! in the same transaction. One node at a time writes: a term that each transaction checks keeps out whoever wrote
//! before. All nodes read. Read `ledger` for writing, `replica` for knowing what holds.

mod folding;
mod ledger;
mod replica;
mod start;

pub use ledger::{Ledger, Lost, Unled};
pub use replica::Replica;
pub use start::{Shared, start};

/// What stands in `contest.journal` where no machine has a journal.
const MARK: &str = "shared by several nodes";
