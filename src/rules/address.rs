//! Whose address a request comes from, for what is counted by address.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The address of the client: the peer's, or behind proxies that we trust the last one in
/// `X-Forwarded-For` that is no such proxy.
///
/// Of an IPv6 address the network of 64 bits, which is what one host commands.
#[must_use]
pub fn client_address(peer: IpAddr, forwarded: Option<&str>, trusted: &[IpNet]) -> String {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    for hop in forwarded.unwrap_or_default().rsplit(',') {
        if !is_trusted(&client) {
            break;
        }
        let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
        client = before.to_canonical();
    }
    match client {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &str) -> String {
        client_address(peer.parse().unwrap(), Some(forwarded), &["10.0.0.0/8".parse().unwrap()])
    }

    #[test]
    fn only_proxies_that_we_trust_are_believed() {
        assert_eq!(client("192.0.2.1", "198.51.100.7"), "192.0.2.1");
        assert_eq!(client("10.0.0.1", "198.51.100.7"), "198.51.100.7");
        assert_eq!(client("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2"), "198.51.100.7");
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", "198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn an_ipv6_host_has_one_address_however_many_it_uses() {
        assert_eq!(client("2001:db8::1", ""), client("2001:db8::ffff:1", ""));
        assert_ne!(client("2001:db8::1", ""), client("2001:db8:0:1::1", ""));
    }
}
