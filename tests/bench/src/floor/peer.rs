//! The floor's connections.

use std::io::{ErrorKind, Read, Write};
use std::mem;

use mio::net::TcpStream;

/// The connection is over.
#[derive(Debug)]
pub(super) struct Ended;

/// One connection, of a subscriber or a publisher.
#[derive(Debug)]
pub(super) struct Peer {
    stream: TcpStream,
    /// What the kernel did not take yet, without a bound.
    output: Vec<u8>,
    /// An incomplete frame or request.
    pub(super) input: Vec<u8>,
    /// Speaks WebSocket.
    pub(super) upgraded: bool,
    /// Channels that it is subscribed to, with its user id if it has one.
    pub(super) channels: Vec<(Vec<u8>, Vec<u8>)>,
}

/// All of them, each at an index that it keeps.
#[derive(Debug, Default)]
pub(super) struct Peers {
    peers: Vec<Option<Peer>>,
    vacant: Vec<usize>,
}

impl Peers {
    /// The index that the next connection gets.
    pub(super) fn vacancy(&self) -> usize {
        self.vacant.last().copied().unwrap_or(self.peers.len())
    }

    /// Takes a connection in.
    pub(super) fn add(&mut self, stream: TcpStream) {
        let peer = Peer { stream, output: Vec::new(), input: Vec::new(), upgraded: false, channels: Vec::new() };
        match self.vacant.pop().and_then(|index| self.peers.get_mut(index)) {
            Some(place) => *place = Some(peer),
            None => self.peers.push(Some(peer)),
        }
    }

    /// The connection at `index`.
    pub(super) fn at(&mut self, index: usize) -> Option<&mut Peer> {
        self.peers.get_mut(index)?.as_mut()
    }

    /// Takes a connection out; what it was subscribed to comes back.
    pub(super) fn remove(&mut self, index: usize) -> Option<Peer> {
        let peer = self.peers.get_mut(index)?.take()?;
        self.vacant.push(index);
        Some(peer)
    }

    /// Writes `bytes` to a connection at once, and keeps what the kernel does not take.
    pub(super) fn send(&mut self, index: usize, bytes: &[u8]) {
        let Some(peer) = self.at(index) else { return };
        let written = if peer.output.is_empty() { peer.stream.write(bytes).unwrap_or(0) } else { 0 };
        peer.output.extend_from_slice(bytes.get(written..).unwrap_or_default());
    }

    /// Writes what was kept.
    pub(super) fn flush(&mut self, index: usize) {
        let Some(peer) = self.at(index).filter(|peer| !peer.output.is_empty()) else { return };
        let mut kept = mem::take(&mut peer.output);
        while let Ok(written @ 1..) = peer.stream.write(&kept) {
            kept.drain(..written);
        }
        peer.output = kept;
    }

    /// Reads once; none if there is nothing now.
    pub(super) fn read(&mut self, index: usize, buffer: &mut [u8]) -> Result<Option<usize>, Ended> {
        let Some(peer) = self.at(index) else { return Ok(None) };
        match peer.stream.read(buffer) {
            Ok(0) => Err(Ended),
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(_) => Err(Ended),
        }
    }
}
