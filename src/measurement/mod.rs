//! The contest's facts: lanes, runs, points, teams, and how each change alters them. Pure.
//!
//! Owns what a point is, what a run is, and the fold from [`Entry`] to [`State`]; all times come in as
//! arguments. Knows no network, disk or database: `store` keeps entries, `contest` makes them. Read
//! `entry`, then `state`.

mod category;
mod clear;
mod entry;
pub mod export;
mod frequency;
mod item;
mod lane;
mod mark;
mod pairs;
mod point;
mod query;
mod reading;
mod run;
mod stamp;
mod state;
#[cfg(test)]
mod state_tests;
mod tally;
mod team;

pub use category::{Category, UnknownCategory};
pub use clear::{Clear, Scope};
pub use entry::Entry;
pub use frequency::{Frequency, UnknownFrequency};
pub use item::item;
pub use lane::{InvalidLane, LANES, Lane};
pub use mark::{Mark, Order};
pub use point::{Point, Serial};
pub use query::{Page, PointFilter, Sorting};
pub use reading::{InvalidReading, Reading};
pub use run::{EndedBy, Run, RunId, Stop, Tick};
pub use stamp::{for_file, iso, local, local_ms};
pub use state::{Realtime, State};
pub use tally::{Tally, TallyKey};
pub use team::{Team, Teams};
