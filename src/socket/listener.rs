//! The door: listening sockets that share a port, and the loop that lets peers in.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_http::Protocol as Http;
use actix_service::Service;
use rustix::io::Errno;
use tokio::net::TcpListener;

use super::context::Context;
use super::door::{Port, listen, open};
use super::guarded::{Guarded, Patience};

/// A peer at the door, as the HTTP service takes it.
pub type Arrival = (Guarded, Http, Option<SocketAddr>);

/// Pause after an accept that failed for want of memory or the like.
const BACKOFF: Duration = Duration::from_millis(50);

/// Time for an HTTP client to read an answer that came before the end of its body.
pub const LINGER: Duration = Duration::from_secs(1);

/// One worker's socket on a port that all workers share.
#[derive(Debug)]
pub struct Listener(std::net::TcpListener);

impl Listener {
    /// Opens `workers` sockets on `address`; the kernel spreads peers over them.
    ///
    /// With port 0 the system chooses one port for all. `::` takes IPv4 as well, as [`listen`] does.
    ///
    /// # Errors
    /// When the address cannot be had, above all when another process listens there.
    pub fn bind(address: SocketAddr, workers: usize, backlog: u32) -> io::Result<(SocketAddr, Vec<Self>)> {
        // Sockets that share a port would also share it with another broker of the same user, and
        // each would get half of the peers; so make sure first that nobody is there.
        let alone = listen(address, backlog)?;
        let mut address = SocketAddr::new(alone.local_addr()?.ip(), address.port());
        drop(alone);
        let mut listeners = Vec::with_capacity(workers);
        for _ in 0..workers {
            let listener = open(address, backlog, Port::Shared)?;
            address = listener.local_addr()?;
            listeners.push(Self(listener));
        }
        Ok((address, listeners))
    }
}

/// Lets peers in for ever, each served in a task of its own.
///
/// When the process has no file descriptor left, a spare one is given up for a moment to take the
/// waiting peer and drop it, so that peers learn at once and those inside are not disturbed.
///
/// Cancel-safe: dropping it closes the listening socket.
///
/// # Errors
/// When the socket cannot be watched; never afterwards.
pub async fn accept_loop<S>(context: Rc<Context>, listener: Listener, service: S) -> io::Result<()>
where
    S: Service<Arrival> + 'static,
{
    let listener = TcpListener::from_std(listener.0)?;
    let service = Rc::new(service);
    let head = context.server.handshake_timeout;
    let patience = Patience { head, idle: context.server.keep_alive + head, last: LINGER };
    let mut spare = spare();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // On a socket for both families an IPv4 peer has an IPv6 address; from here on it has its own.
                let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                serve(&service, (Guarded::new(stream, patience, context.requests.clone()), Http::Http1, Some(peer)))
            }
            Err(error) if is_out_of_descriptors(&error) => {
                drop(spare.take());
                // At most the one who waits now: by the time that another comes there may be room.
                let knocking = poll_fn(|task| Poll::Ready(listener.poll_accept(task))).await;
                if let Poll::Ready(Ok((refused, _))) = knocking {
                    drop(refused);
                    context.metrics.dropped.increment(1);
                }
                spare = self::spare();
                tokio::task::yield_now().await;
            }
            // The peer went away between knocking and being let in.
            Err(error) if is_peers_fault(&error) => {}
            Err(error) => {
                tracing::error!(%error, "accept failed");
                tokio::time::sleep(BACKOFF).await;
            }
        }
    }
}

fn serve<S: Service<Arrival> + 'static>(service: &Rc<S>, arrival: Arrival) {
    let service = service.clone();
    drop(tokio::task::spawn_local(async move {
        // A peer that breaks HTTP, or leaves in the middle, is its own misfortune.
        drop(service.call(arrival).await);
    }));
}

/// A descriptor to give up when there is no other.
fn spare() -> Option<OwnedFd> {
    File::open("/dev/null").ok().map(Into::into)
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

fn is_peers_fault(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
