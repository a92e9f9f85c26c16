//! The socket below actix, for ending it whatever its peer does.

use std::any::Any;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustix::io::dup;
use rustix::net::{Shutdown, shutdown, sockopt};

/// Bytes that the kernel keeps for a peer that does not read; it doubles the number for its own needs.
const UNREAD: usize = 128 * 1024;

/// A second handle of a connection's socket.
#[derive(Debug, Clone)]
pub(super) struct Plug(Rc<OwnedFd>);

impl Plug {
    /// Ends the connection, also one whose peer takes nothing any more.
    pub(super) fn pull(self) {
        if let Err(error) = shutdown(&*self.0, Shutdown::Both) {
            tracing::trace!(%error, "raw client had ended already");
        }
    }
}

/// Puts a plug beside each new connection, and bounds what the kernel keeps for it.
pub(super) fn connected(socket: &dyn Any, data: &mut Extensions) {
    let Some(stream) = socket.downcast_ref::<TcpStream>() else { return };
    // Or an answer waits until its peer has acknowledged the one before, which takes it 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a raw client's answers may be late");
    }
    if let Err(error) = sockopt::set_socket_send_buffer_size(stream, UNREAD) {
        tracing::debug!(%error, "send buffer of a raw client could not be set");
    }
    match dup(stream) {
        Ok(descriptor) => drop(data.insert(Plug(Rc::new(descriptor)))),
        Err(error) => tracing::warn!(%error, "a raw client that does not read cannot be ended"),
    }
}
