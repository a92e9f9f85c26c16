//! What `serve` does for those nearby: announces the broker, checks the way to it, says where it is.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;

use crate::broker::Broker;
use crate::config::Config;
use crate::discovery::{Address, Announcement, Offer, Reaching, Served, addresses};

/// Runs beside the broker; dropping it says goodbye to the network, which may take seconds.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    _announcement: Option<Announcement>,
    _reaching: Option<Reaching>,
}

impl Nearby {
    /// Begins; what does not work is logged, for the broker serves all the same.
    pub(super) fn start(config: &Config, broker: &Broker) -> Self {
        let (main, gateway) = (broker.address(), broker.gateway_address());
        let name = config.server.announce.as_deref();
        if io::stderr().is_terminal() {
            let listeners = Listeners { main, gateway, path_prefix: &config.server.path_prefix };
            // Whoever closed standard error has chosen not to know.
            drop(io::stderr().write_all(listeners.told(name).as_bytes()));
        }
        let served = Served { main, gateway, is_announced: name.is_some() };
        let reaching =
            Reaching::start(served).inspect_err(|error| tracing::warn!(%error, "the way here is not checked"));
        let announcement = name.and_then(|name| announce(config, name, served));
        Self { _announcement: announcement, _reaching: reaching.ok() }
    }
}

/// The cameras' listener of a broker with this configuration, where there is one on a port that is known.
pub(super) fn gateway(config: &Config) -> Option<SocketAddr> {
    config.gateway.listen.filter(|listener| config.contest.enabled && listener.port() != 0)
}

fn announce(config: &Config, name: &str, served: Served) -> Option<Announcement> {
    let credential = config.apps.first().and_then(|app| app.credentials.first());
    let offer = Offer {
        name,
        main: served.main,
        gateway: served.gateway,
        path_prefix: &config.server.path_prefix,
        key: credential.map(|credential| &*credential.key),
        version: env!("CARGO_PKG_VERSION"),
    };
    let announced = Announcement::start(&offer);
    announced.inspect_err(|error| tracing::warn!(%error, "the broker is not announced")).ok()
}

/// Where peers are taken.
#[derive(Debug, Clone, Copy)]
struct Listeners<'a> {
    main: SocketAddr,
    gateway: Option<SocketAddr>,
    path_prefix: &'a str,
}

impl Listeners<'_> {
    /// The addresses to type on another machine, or here when there is no network. Nothing secret.
    fn told(&self, name: Option<&str>) -> String {
        let mut text = String::from("\n");
        let prefix = self.path_prefix;
        for (number, (at, interface)) in places(self.main, addresses(self.main.ip())).iter().enumerate() {
            text += &line(if number == 0 { "pages" } else { "" }, &format!("http://{at}{prefix}/"), interface);
        }
        let gateways = self.gateway.map(|gateway| places(gateway, addresses(gateway.ip()))).unwrap_or_default();
        for (number, (at, interface)) in gateways.iter().enumerate() {
            text += &line(if number == 0 { "cameras" } else { "" }, &format!("ws://{at}/"), interface);
        }
        if let Some(name) = name {
            text += &line("by name", name, "mDNS: _saluran._tcp");
        }
        text + &line("sign-in", "saluran links --qr", "") + "\n"
    }
}

fn line(title: &str, what: &str, remark: &str) -> String {
    let line = if remark.is_empty() { what.to_owned() } else { format!("{what:<42} ({remark})") };
    format!("  {title:<9}{line}\n")
}

/// Addresses with the listener's port, and their interfaces; this machine's own when there is no other.
fn places(listener: SocketAddr, addresses: Vec<Address>) -> Vec<(SocketAddr, String)> {
    let with_port = |ip| SocketAddr::new(ip, listener.port());
    let mut places: Vec<_> = addresses.into_iter().map(|address| (with_port(address.ip), address.interface)).collect();
    if places.is_empty() {
        places.push((with_port(super::client::reachable(listener.ip())), "this machine only".to_owned()));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_told_with_its_port() {
        let address = |interface: &str, ip: &str| Address { interface: interface.to_owned(), ip: ip.parse().unwrap() };
        let places =
            places("[::]:6001".parse().unwrap(), vec![address("wlan0", "10.1.2.3"), address("eth0", "fd00::2")]);
        let places: Vec<_> = places.iter().map(|(at, interface)| format!("{at} {interface}")).collect();
        assert_eq!(places, ["10.1.2.3:6001 wlan0", "[fd00::2]:6001 eth0"]);
    }

    #[test]
    fn without_a_network_it_is_this_machine() {
        let main = "127.0.0.1:6001".parse().unwrap();
        let listeners = Listeners { main, gateway: Some("127.0.0.1:8080".parse().unwrap()), path_prefix: "/rt" };
        let said = listeners.told(Some("Lomba"));
        for part in ["http://127.0.0.1:6001/rt/", "ws://127.0.0.1:8080/", "Lomba", "this machine only", "links --qr"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
