//! The floor: a broadcaster that does as little as one can, to compare the broker with.
//!
//! One thread, one epoll instance; a frame is encoded once and written with one system call for each
//! subscriber and message. It knows no limit, checks no signature and no rule, keeps nothing, and
//! takes JSON for what it expects. [`peer`] holds a connection, [`broadcaster`] what is said on it.

mod broadcaster;
pub(crate) mod fault;
mod peer;

use std::io::Write;
use std::net::SocketAddr;

use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use self::broadcaster::Broadcaster;
use self::fault::Fault;
use crate::error::Error;
use crate::process::server::LISTENING;

const LISTENER: Token = Token(usize::MAX - 1);

/// Serves on a free port of the loopback interface, until the process is ended.
///
/// # Errors
/// What the system refuses.
pub(crate) fn serve(fault: Option<Fault>) -> Result<(), Error> {
    let mut poll = Poll::new().map_err(Error::system("make an epoll instance"))?;
    let mut listener = listen(&poll)?;
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 256 * 1024];
    let mut broadcaster = Broadcaster::new(fault);
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for sockets")(error));
            }
            _ => {}
        }
        for event in &events {
            match event.token() {
                LISTENER => accept(&poll, &mut listener, &mut broadcaster)?,
                Token(index) => serve_peer(index, event, &mut broadcaster, &mut buffer),
            }
        }
    }
}

fn listen(poll: &Poll) -> Result<TcpListener, Error> {
    let refused = Error::system("listen");
    let opened = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).and_then(|mut listener| {
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        writeln!(std::io::stderr(), "{LISTENING}{}", listener.local_addr()?)?;
        Ok(listener)
    });
    opened.map_err(refused)
}

fn accept(poll: &Poll, listener: &mut TcpListener, broadcaster: &mut Broadcaster) -> Result<(), Error> {
    while let Ok((mut stream, _)) = listener.accept() {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(broadcaster.peers.vacancy());
        let ready = stream.set_nodelay(true).and_then(|()| poll.registry().register(&mut stream, token, interest));
        ready.map_err(Error::system("take a connection"))?;
        broadcaster.peers.add(stream);
    }
    Ok(())
}

fn serve_peer(index: usize, event: &Event, broadcaster: &mut Broadcaster, buffer: &mut [u8]) {
    if event.is_writable() {
        broadcaster.peers.flush(index);
    }
    if !event.is_readable() && !event.is_read_closed() && !event.is_error() {
        return;
    }
    // A short read has emptied the socket, unless its end has been announced.
    let mut more = true;
    while more {
        match broadcaster.peers.read(index, buffer) {
            Ok(Some(count)) => {
                broadcaster.take(index, buffer.get(..count).unwrap_or_default());
                more = count == buffer.len() || event.is_read_closed();
            }
            Ok(None) => more = false,
            Err(peer::Ended) => {
                broadcaster.end(index);
                more = false;
            }
        }
    }
}
