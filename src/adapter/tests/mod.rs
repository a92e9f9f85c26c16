//! The adapter's thread with real servers.

mod breaks;
mod cluster;
mod fitness;
mod node;
mod processes;
mod works;
