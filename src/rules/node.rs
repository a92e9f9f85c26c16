//! This process as a whole: how full it is, and whether it is going.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use crate::protocol::SocketId;

/// What all workers of a process share.
#[derive(Debug)]
pub struct Node {
    id: u32,
    connections: AtomicUsize,
    limit: usize,
    accepted: AtomicU32,
    is_draining: AtomicBool,
}

/// A connection's share of the node; given back when dropped.
#[derive(Debug)]
pub struct Seat(Arc<Node>);

impl Node {
    /// A node for at most `limit` connections.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            id: rand::random(),
            connections: AtomicUsize::new(0),
            limit,
            accepted: AtomicU32::new(0),
            is_draining: AtomicBool::new(false),
        }
    }

    /// An id that no other connection in the cluster has.
    #[must_use]
    pub fn next_socket_id(&self) -> SocketId {
        SocketId::new(rand::random(), self.id, self.accepted.fetch_add(1, Ordering::Relaxed))
    }

    /// What ids of this node's connections have in common, as [`SocketId::node`] gives it.
    #[must_use]
    pub fn number(&self) -> u32 {
        SocketId::new(0, self.id, 0).node()
    }

    /// Counts a connection for as long as the seat lives; `None` when the node is full.
    #[must_use]
    pub fn admit(self: &Arc<Self>) -> Option<Seat> {
        let more = |open: usize| (open < self.limit).then_some(open + 1);
        self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Seat(self.clone()))
    }

    /// Open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Whether the node is shutting down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// From now on the node is shutting down.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
