//! The addresses under which other machines reach this one.

use std::net::IpAddr;

use crate::config::is_private;

/// An address of this machine, and the interface that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As the system calls it: `wlan0`, `eth0`.
    pub interface: String,
    /// Never a loopback address, nor one that is of use only with a zone.
    pub ip: IpAddr,
}

/// Those on which a listener at `host` is reached from other machines, the likeliest first.
///
/// Empty when there are none, or when the system does not tell.
#[must_use]
pub fn addresses(host: IpAddr) -> Vec<Address> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    choose(host, all.into_iter().map(|found| Address { ip: found.ip(), interface: found.name }))
}

fn choose(host: IpAddr, all: impl Iterator<Item = Address>) -> Vec<Address> {
    let mut chosen: Vec<Address> =
        all.filter(|address| is_for_others(&address.interface, address.ip) && takes(host, address.ip)).collect();
    chosen.sort_by_key(|address| rank(address.ip));
    chosen
}

/// Whether a listener at `host` is told of on an interface with this address: on that of its own, and on
/// those of networks when it listens everywhere.
pub(super) fn is_announced(host: IpAddr, interface: &str, ip: IpAddr) -> bool {
    takes(host, ip) && (host.is_loopback() || is_for_others(interface, ip))
}

/// Whether a listener at `host` takes peers that connect to `ip`.
fn takes(host: IpAddr, ip: IpAddr) -> bool {
    match host.to_canonical() {
        IpAddr::V6(host) => host.is_unspecified() || host == ip,
        IpAddr::V4(host) => (host.is_unspecified() && ip.is_ipv4()) || host == ip,
    }
}

/// Networks between this machine and its own containers; nobody else is on them.
const CONTAINERS: [&str; 6] = ["docker", "br-", "veth", "virbr", "lxc", "cni"];

fn is_for_others(interface: &str, ip: IpAddr) -> bool {
    let needs_a_zone = matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let is_of_containers = CONTAINERS.iter().any(|prefix| interface.starts_with(prefix));
    !ip.is_loopback() && !ip.is_unspecified() && !needs_a_zone && !is_of_containers
}

/// People type IPv4 more easily, and a phone on the same hotspot has a private one.
fn rank(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(v4) if v4.is_link_local() => 3,
        IpAddr::V4(_) if is_private(ip) => 0,
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(host: &str) -> Vec<String> {
        let all = [
            ("lo", "127.0.0.1"),
            ("lo", "::1"),
            ("docker0", "172.17.0.1"),
            ("eth0", "fe80::1"),
            ("eth0", "fd00::2"),
            ("eth0", "169.254.3.4"),
            ("eth0", "203.0.113.5"),
            ("wlan0", "192.168.43.7"),
        ];
        let all = all.map(|(interface, ip)| Address { interface: interface.to_owned(), ip: ip.parse().unwrap() });
        let chosen = choose(host.parse().unwrap(), all.into_iter());
        chosen.into_iter().map(|address| format!("{} {}", address.interface, address.ip)).collect()
    }

    #[test]
    fn the_likeliest_address_comes_first_and_none_is_useless() {
        let v4 = ["wlan0 192.168.43.7", "eth0 203.0.113.5"];
        assert_eq!(chosen("::"), [&v4[..], &["eth0 fd00::2", "eth0 169.254.3.4"]].concat());
        assert_eq!(chosen("0.0.0.0"), [&v4[..], &["eth0 169.254.3.4"]].concat());
        assert_eq!(chosen("203.0.113.5"), ["eth0 203.0.113.5"]);
        assert!(chosen("127.0.0.1").is_empty() && chosen("::1").is_empty());
    }

    #[test]
    fn what_listens_on_this_machine_only_is_announced_there_only() {
        let is = |host: &str, interface, ip: &str| is_announced(host.parse().unwrap(), interface, ip.parse().unwrap());
        assert!(is("127.0.0.1", "lo", "127.0.0.1") && is("::1", "lo", "::1"));
        assert!(!is("127.0.0.1", "lo", "::1") && !is("127.0.0.1", "wlan0", "192.168.43.7"));
        assert!(is("::", "wlan0", "192.168.43.7") && is("192.168.43.7", "wlan0", "192.168.43.7"));
        assert!(!is("::", "lo", "127.0.0.1") && !is("::", "docker0", "172.17.0.1"));
    }
}
