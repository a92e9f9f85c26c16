//! What the hub needs from outside.

use std::fmt;
use std::io::{self, IoSlice};

/// A connection's way out: a socket, or a stand-in in tests.
pub trait Wire: fmt::Debug {
    /// Writes what fits without waiting and says how many bytes that was.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits now; any other kind when the connection is broken.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;
}
