//! The contest as it goes on: one thread that owns its state and decides.
//!
//! Owns the state machine of runs, the one rule that every point goes through, the lanes' health, and
//! the order in which changes are kept, published and answered. Everybody else holds a [`Contest`] and
//! asks. Read `handle` for what can be asked, `engine` for what happens; `shared` is what lets one of several nodes own
//! it, and all of them be asked.

mod clock;
mod command;
mod engine;
mod handle;
mod health;
mod judging;
mod keeping;
mod lanes;
mod points;
#[cfg(test)]
mod points_tests;
mod publisher;
mod recent;
mod refused;
mod relays;
mod shared;
mod start;
mod taking;
mod told;

pub use clock::{Clock, Moment};
pub use command::Replace;
pub use handle::{Accepted, Cleared, Contest, Mode, Origin, Owner};
pub use health::{DatabaseHealth, LaneHealth, Lanes, Path, StoreHealth};
pub use publisher::{LANES, SESSION, lane_of, points_channel};
pub use refused::{NotDone, NotTaken};
pub use start::{ContestThread, Error, Surroundings};
pub use told::{Relay, RunTold, StateTold};
