//! Real broker processes that share real Redis: what must hold on all nodes, and what must hold whatever happens.
//!
//! `rules` shows the halves of the protocol's rules that lie between nodes, with each way to set Redis up. `chaos`
//! breaks everything, by a plan that can be drawn again. `process`, `redis`, `setup` and `node` start what both need;
//! all of it ends with this process, whatever way that ends.
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test fails by panicking")]

mod chaos;
mod emptied;
mod node;
mod older;
mod process;
mod redis;
mod resp;
mod rules;
mod setup;
mod support;
