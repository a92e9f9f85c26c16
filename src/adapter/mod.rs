//! The other nodes, over Redis.
//!
//! Owns what is written to Redis and read from it: keys, scripts, messages, and one thread that keeps the connections.
//! Knows nothing of homes but the words in `hub::far`. Redis' own types stop here. Read `keys` for what lies where,
//! `envelope` for what crosses the wire, `script` for what changes it, then `engine` for the thread; `start` is
//! what the broker sees.

mod answers;
mod apps;
mod backlog;
mod connect;
mod control;
mod engine;
mod envelope;
#[cfg(test)]
mod equivalence;
mod fault;
mod fit;
mod keys;
mod lease;
mod peers;
mod pipeline;
mod script;
#[cfg(test)]
mod server;
mod start;
mod subscription;
#[cfg(test)]
mod tests;
mod topology;
mod wording;

pub use apps::Apps;
pub use backlog::Full;
pub use control::Control;
pub use fault::Fault;
pub use fit::{APART, Digest, Unfit};
pub use peers::{Called, Heard, Holder, Holding, Joined, Peers, PeersTask, Role};
pub use start::{Adapter, Ears, Error, Requests, Served, State};
