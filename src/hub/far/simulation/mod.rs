//! Nodes, homes and leases under thousands of random schedules, in virtual time.
//!
//! Homes and users are the real ones of several nodes; Redis is [`truth`](super::truth), which `adapter::equivalence` holds
//! to the scripts; between both is what the adapter does, with ways that take any time and break at any moment. All
//! follows from one seed. Read `schedule` for what happens, `adapter` and `redis` for what is in between, `ledger` for
//! what a subscriber may be told, `checks` and `deliveries` for what must hold in the end.
//!
//! A failure names its seed, and the least that is left of its steps: `SIMULATION_SEED=… cargo test simulation` runs it
//! once more, `SIMULATION_RUNS=…` other many.

mod adapter;
mod checks;
mod clock;
mod deliveries;
mod dice;
mod faults;
mod ledger;
mod memory;
mod node;
mod people;
mod run;
mod schedule;
mod wording;
mod world;

pub(super) use clock::unix_us;
