//! What the hub needs from outside.

use std::any::Any;
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

/// Something for a connection that the hub carries and does not look into; whoever takes it knows
/// what it is: `&dyn Letter` becomes `&dyn Any` by itself.
///
/// Its `Debug` must show no secret.
pub trait Letter: Any + fmt::Debug + Send + Sync {
    /// What another node makes the same letter of.
    fn encode(&self) -> Vec<u8>;
}
