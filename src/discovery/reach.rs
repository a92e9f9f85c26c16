//! Whether others reach our listeners: a try from the network's side, and a look at the firewall.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::address::addresses;
use super::firewall::{Port, Survey, Verdict};

/// Time for one of our own listeners to take a connection; the kernel does that by itself.
const PATIENCE: Duration = Duration::from_millis(500);

/// Connections that are tried; a machine with more addresses is a server, whose owner knows.
const TRIES: usize = 8;

/// Port of multicast DNS.
const NAMES: Port = Port { number: 5353, transport: "udp" };

/// What others should reach.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// The main listener, with its real port.
    pub main: SocketAddr,
    /// The cameras' listener, if there is one, with its real port.
    pub gateway: Option<SocketAddr>,
    /// Whether they also look for us by name.
    pub is_announced: bool,
}

/// A check in the background, which logs what it finds; dropping it waits for its end, for as long as
/// its tries may take.
#[derive(Debug)]
pub struct Reaching(Option<JoinHandle<()>>);

impl Reaching {
    /// Begins the check. Where nothing listens for other machines there is nothing to check.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(served: Served) -> io::Result<Self> {
        let targets = targets(served);
        if targets.is_empty() {
            return Ok(Self(None));
        }
        let thread = thread::Builder::new().name("reach".to_owned());
        thread.spawn(move || check(&targets, &ports(served))).map(|thread| Self(Some(thread)))
    }
}

impl Drop for Reaching {
    fn drop(&mut self) {
        drop(self.0.take().map(JoinHandle::join));
    }
}

fn listeners(served: Served) -> impl Iterator<Item = SocketAddr> {
    [Some(served.main), served.gateway].into_iter().flatten()
}

fn targets(served: Served) -> Vec<SocketAddr> {
    let of = |listener: SocketAddr| {
        addresses(listener.ip()).into_iter().map(move |address| SocketAddr::new(address.ip, listener.port()))
    };
    listeners(served).flat_map(of).take(TRIES).collect()
}

fn ports(served: Served) -> Vec<Port> {
    let listening = listeners(served).filter(|listener| !listener.ip().is_loopback());
    let listening = listening.map(|listener| Port { number: listener.port(), transport: "tcp" });
    listening.chain(served.is_announced.then_some(NAMES)).collect()
}

fn check(targets: &[SocketAddr], ports: &[Port]) {
    for target in targets {
        if let Err(error) = TcpStream::connect_timeout(target, PATIENCE) {
            tracing::warn!(address = %target, %error, "our own address did not answer; other machines may not reach it");
        }
    }
    // A connection to oneself passes most firewalls, so its success proves little.
    let Some(survey) = Survey::take(ports) else { return };
    let (firewall, command) = (&survey.firewall, survey.remedy(ports));
    match survey.verdict {
        Verdict::Open => tracing::debug!(%firewall, "the firewall lets other machines in"),
        Verdict::Closed => {
            tracing::warn!(%firewall, command, "the firewall keeps other machines out; open it with the command")
        }
        Verdict::Unknown => {
            tracing::warn!(%firewall, command, "a firewall may keep other machines out; if so, open it with the command");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_this_machine_needs_no_check() {
        let local = Served { main: "127.0.0.1:1".parse().unwrap(), gateway: None, is_announced: true };
        assert!(Reaching::start(local).unwrap().0.is_none());
        assert_eq!(ports(local), [NAMES]);
    }

    #[test]
    fn every_listener_is_tried_on_every_address() {
        let listener = "[::]:0".parse().unwrap();
        let served = Served { main: listener, gateway: Some(listener), is_announced: false };
        let found = addresses(listener.ip()).len();
        assert_eq!(targets(served).len(), (2 * found).min(TRIES));
        assert_eq!(ports(served).len(), 2);
    }
}
