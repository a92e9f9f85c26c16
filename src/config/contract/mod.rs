//! What channels are: who may publish and subscribe, what the data looks like, what newcomers see.
//!
//! Owns `[[channel]]` and `[[role]]`, from their text to checked values. Read [`model`] first, then
//! [`pattern`] and [`rule`], the two small languages in it. `channels.rs`, `events.rs` and `roles.rs`
//! are the tables of keys; `complete.rs` says what is wrong with the whole.

mod channels;
mod complete;
mod events;
mod keep;
pub mod meeting;
pub mod model;
mod overlap;
pub mod pattern;
pub(super) mod roles;
pub mod rule;
pub(super) mod rules;
mod schema;
mod twin;
mod warnings;

pub(super) use channels::{CHANNEL, ChannelDraft, read_file};
pub(super) use complete::{Surroundings, complete};
pub(super) use events::{EVENT, EventDraft};
pub(super) use warnings::warnings;
