//! Puts the parts together; the only module that knows all of them.
//!
//! Owns the worker threads and their ends: start, drain, stop. Read `start`, then `worker`.

mod descriptors;
mod drain;
mod reload;
mod start;
mod worker;

pub use start::{Broker, Error};
