//! What stays of an event once it is delivered: its id, so that a retry is known; the newest event
//! of each key, for newcomers; the last events, for those who ask.
//!
//! A channel's home owns its [`Store`]; one [`Keeper`] a worker owns what is bounded for all of its
//! channels together: ids, bytes, and when events have aged out. Synchronous; time is an argument.
//! Read `value` for what a publication asks for, then `keeper`.

mod event;
mod ids;
mod keeper;
mod retained;
mod ring;
mod room;
mod store;
mod value;

#[cfg(test)]
pub(super) use event::AROUND;
#[cfg(test)]
pub(super) use keeper::Footprint;
pub(super) use keeper::{Keeper, Keeping};
pub(super) use store::Store;
pub use value::{EventId, History, Keep, Kept, Page, Record, Retain};
