//! The adapter's thread with real servers.

mod breaks;
mod cluster;
mod endings;
mod fitness;
mod letters;
mod node;
mod order;
mod processes;
mod works;
