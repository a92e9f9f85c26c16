//! The other nodes, over Redis.
//!
//! Owns what is written to Redis and read from it: keys, scripts, messages. Knows nothing of homes but the
//! words in `hub::far`. Redis' own types stop here. Read `keys` for what lies where, `envelope` for what
//! crosses the wire, then `script`.

#![allow(dead_code, unused_imports, reason = "the thread that sends what is made here is not there yet")]

mod answers;
mod apps;
mod envelope;
#[cfg(test)]
mod equivalence;
mod keys;
mod script;
#[cfg(test)]
mod server;

pub use apps::Apps;
