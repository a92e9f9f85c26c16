//! What homes need of an adapter.

use std::fmt;

use super::words::Request;

/// The way to the other nodes.
pub trait Adapter: fmt::Debug + Send + Sync {
    /// Takes a request; its answer comes as a [`Report`](super::Report) to the worker of the place, or, to a
    /// question, where it says.
    fn ask(&self, request: Request);

    /// Whether events may be published: those that wait for the other nodes are below their bound.
    fn has_room(&self) -> bool;
}
