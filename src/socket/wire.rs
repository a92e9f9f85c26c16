//! A plain TCP socket as a connection's way out.

use std::io::{self, IoSlice};

use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use crate::hub::ports::Wire;

/// The sending half of a connection's socket.
#[derive(Debug)]
pub(super) struct TcpWire(OwnedWriteHalf);

impl TcpWire {
    pub(super) const fn new(half: OwnedWriteHalf) -> Self {
        Self(half)
    }

    /// The socket, to wait for room in it.
    pub(super) fn stream(&self) -> &TcpStream {
        self.0.as_ref()
    }
}

impl Wire for TcpWire {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [one] => self.0.try_write(one),
            many => self.0.try_write_vectored(many),
        }
    }
}
