//! DNS-SD over mDNS: the broker by name, without anybody who keeps a list.
//!
//! Source: RFC 6762 (multicast DNS) and RFC 6763 (service discovery).

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mdns_sd::{DaemonEvent, IfKind, IfPredicate, Receiver, ServiceDaemon, ServiceInfo};

use super::address::is_announced;

/// Type of the main listener's service.
const MAIN: &str = "_saluran._tcp.local.";

/// Type of the cameras' listener's.
const CAMERA: &str = "_saluran-camera._tcp.local.";

/// Time for a goodbye to leave.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is announced.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// For people to choose by; at most 63 bytes.
    pub name: &'a str,
    /// The main listener, with its real port.
    pub main: SocketAddr,
    /// The cameras' listener, if there is one, with its real port.
    pub gateway: Option<SocketAddr>,
    /// In front of the main listener's paths; said as `path`.
    pub path_prefix: &'a str,
    /// The public key of the first app; said as `key`.
    pub key: Option<&'a str>,
    /// Said as `version`.
    pub version: &'a str,
}

/// Why nothing can be announced.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thread or its sockets cannot be had.
    #[error("multicast DNS cannot be used")]
    Daemon(#[from] mdns_sd::Error),
    /// The thread that logs what happens to the name cannot be had.
    #[error("a thread cannot be had")]
    Thread(#[from] io::Error),
}

/// Services that are announced; dropping it says goodbye.
///
/// The addresses are those of the interfaces on which the listeners are reached, and follow them when
/// they change. A listener on a loopback address is announced on that interface alone. The two threads
/// that do it end with it.
pub struct Announcement {
    daemon: ServiceDaemon,
    names: Vec<String>,
    log: Option<JoinHandle<()>>,
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcement").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Announcement {
    /// Announces until it is dropped.
    ///
    /// # Errors
    /// When there is no thread for it; what happens on the network later is logged.
    pub fn start(offer: &Offer<'_>) -> Result<Self, Error> {
        let daemon = ServiceDaemon::new()?;
        let listeners = [Some(offer.main), offer.gateway].into_iter().flatten();
        let interfaces: Vec<IfKind> = listeners.map(|listener| interfaces(listener.ip())).collect();
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(interfaces)?;
        let events = daemon.monitor()?;
        let log = thread::Builder::new().name("announcement".to_owned()).spawn(move || log(&events))?;
        let mut announcement = Self { daemon, names: Vec::new(), log: Some(log) };
        let main = [("path", offer.path_prefix), ("key", offer.key.unwrap_or_default()), ("version", offer.version)];
        announcement.register(MAIN, offer.name, offer.main, &main)?;
        if let Some(gateway) = offer.gateway {
            announcement.register(CAMERA, offer.name, gateway, &[("path", "/")])?;
        }
        Ok(announcement)
    }

    fn register(&mut self, kind: &str, name: &str, listener: SocketAddr, says: &[(&str, &str)]) -> mdns_sd::Result<()> {
        let mut service = ServiceInfo::new(kind, name, &host(), (), listener.port(), says)?.enable_addr_auto();
        service.set_interfaces(vec![interfaces(listener.ip())]);
        self.names.push(service.get_fullname().to_owned());
        self.daemon.register(service)
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Each goodbye is a packet; that it has left is all we can know. Without one the records expire.
        let leaving: Vec<_> = self.names.iter().filter_map(|name| self.daemon.unregister(name).ok()).collect();
        for left in leaving {
            drop(left.recv_timeout(GOODBYE));
        }
        if let Ok(ended) = self.daemon.shutdown() {
            drop(ended.recv_timeout(GOODBYE));
            // The events end with the daemon, and the log with them.
            drop(self.log.take().map(JoinHandle::join));
        }
    }
}

/// The interfaces on which a listener at `host` is reached.
fn interfaces(host: IpAddr) -> IfKind {
    IfKind::Predicate(IfPredicate::new(move |found| is_announced(host, &found.name, found.ip())))
}

/// A name of our own for the addresses: the machine's may be announced by another program, with other
/// addresses, and the two would take it from each other.
fn host() -> String {
    let node = rustix::system::uname();
    let node = node.nodename().to_string_lossy().to_ascii_lowercase();
    let label: String = node.chars().take_while(|c| *c != '.').filter(|c| is_of_hosts(*c)).take(50).collect();
    format!("{}.local.", format!("saluran-{label}").trim_end_matches('-'))
}

const fn is_of_hosts(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// Logs what becomes of the name. Errors of an interface come again and again, so only the first is loud.
fn log(events: &Receiver<DaemonEvent>) {
    let mut has_warned = false;
    for event in events.iter() {
        match event {
            DaemonEvent::Announce(name, _) => tracing::debug!(name, "announced"),
            DaemonEvent::NameChange(change) => {
                tracing::warn!(name = change.new_name, "announced under another name, for ours was taken");
            }
            DaemonEvent::IpAdd(address) => tracing::info!(%address, "an address came; announced there too"),
            DaemonEvent::IpDel(address) => tracing::info!(%address, "an address went"),
            DaemonEvent::Error(error) if !has_warned => {
                has_warned = true;
                tracing::warn!(%error, "announcing failed on an interface");
            }
            DaemonEvent::Error(error) => tracing::debug!(%error, "announcing failed on an interface"),
            // Answers to questions; the list may grow with the library.
            DaemonEvent::Respond(_) | _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use mdns_sd::ServiceEvent;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn offer(name: &str) -> Offer<'_> {
        Offer {
            name,
            main: "127.0.0.1:6001".parse().unwrap(),
            gateway: Some("127.0.0.1:8080".parse().unwrap()),
            path_prefix: "/realtime",
            key: Some("saluran-key"),
            version: "1",
        }
    }

    /// Waits for the event that `wanted` takes.
    fn wait<T>(events: &Receiver<ServiceEvent>, wanted: impl Fn(ServiceEvent) -> Option<T>) -> T {
        loop {
            let event = events.recv_timeout(DEADLINE).expect("an event before the deadline");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    #[test]
    fn both_services_are_found_by_name_and_say_goodbye() {
        let name = format!("Test {}", std::process::id());
        let browser = ServiceDaemon::new().unwrap();
        browser.disable_interface(IfKind::All).unwrap();
        browser.enable_interface(IfKind::LoopbackV4).unwrap();
        let announcement = Announcement::start(&offer(&name)).unwrap();
        for (kind, port, says) in [
            (MAIN, 6001, &[("path", "/realtime"), ("key", "saluran-key"), ("version", "1")][..]),
            (CAMERA, 8080, &[("path", "/")]),
        ] {
            let events = browser.browse(kind).unwrap();
            let found = wait(&events, |event| {
                let ServiceEvent::ServiceResolved(found) = event else { return None };
                found.get_fullname().starts_with(&name).then_some(found)
            });
            assert_eq!(found.get_port(), port);
            let addresses: Vec<String> = found.get_addresses_v4().iter().map(ToString::to_string).collect();
            assert_eq!(addresses, ["127.0.0.1"], "a listener of this machine is for this machine");
            for (key, value) in says {
                assert_eq!(found.get_property_val_str(key), Some(*value), "{key}");
            }
        }
        let events = browser.browse(CAMERA).unwrap();
        drop(announcement);
        wait(&events, |event| {
            let ServiceEvent::ServiceRemoved(_, full) = event else { return None };
            full.starts_with(&name).then_some(())
        });
        drop(browser.shutdown().unwrap().recv_timeout(DEADLINE));
    }

    #[test]
    fn the_name_of_the_host_is_a_legal_label() {
        let host = host();
        let label = host.strip_suffix(".local.").unwrap();
        assert!(label.starts_with("saluran") && label.len() <= 63 && label.chars().all(is_of_hosts), "{host}");
    }
}
