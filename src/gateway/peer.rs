//! Who is at the other end, and what that one may do. Pure.

use std::net::{IpAddr, SocketAddr};

use crate::config::{Control, Gateway, Secret, is_private};
use crate::measurement::Lane;

/// Somebody at the gateway.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Of this machine, and nobody in between.
    pub(super) is_loopback: bool,
    /// Of a network that the Internet does not reach, and nobody in between.
    is_private: bool,
    /// A page of the Internet, running in somebody's browser.
    is_foreign_page: bool,
    /// The lanes whose key came with the request.
    lanes: Vec<Lane>,
}

/// What a request says of whoever sent it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Claims<'a> {
    /// Its address.
    pub(super) address: Option<SocketAddr>,
    /// Whether a proxy has passed it on.
    pub(super) is_forwarded: bool,
    /// The page that it comes from.
    pub(super) origin: Option<&'a str>,
    /// The key in the URL.
    pub(super) query_key: Option<&'a str>,
    /// The key in the header.
    pub(super) header_key: Option<&'a str>,
}

impl Peer {
    pub(super) fn new(claims: Claims<'_>, config: &Gateway) -> Self {
        let address = claims.address.map(|address| address.ip().to_canonical());
        // Whoever comes through a proxy has the proxy's address, which says nothing.
        let direct = address.filter(|_| !claims.is_forwarded);
        let keys = [claims.query_key, claims.header_key];
        let opens = |lane: &Lane| keys.iter().flatten().any(|key| opens(config, *lane, key));
        Self {
            is_loopback: direct.is_some_and(|address| address.is_loopback()),
            is_private: direct.is_some_and(is_private),
            is_foreign_page: claims.origin.is_some_and(|origin| !is_near(origin)),
            lanes: Lane::all().filter(opens).collect(),
        }
    }

    /// Whether it may come in and listen.
    pub(super) fn may_enter(&self) -> bool {
        !self.is_foreign_page && (self.is_private || !self.lanes.is_empty())
    }

    /// Whether it may send points for a lane; `key` came with the point.
    pub(super) fn may_send(&self, lane: Lane, key: Option<&str>, config: &Gateway) -> bool {
        if config.keys.is_empty() {
            return self.is_private;
        }
        self.lanes.contains(&lane) || key.is_some_and(|key| opens(config, lane, key))
    }

    /// Whether it may start, stop and clear.
    pub(super) fn may_control(&self, config: &Gateway) -> bool {
        match config.control {
            Control::Off => false,
            Control::Loopback => self.is_loopback,
            Control::Anyone if config.keys.is_empty() => self.is_private,
            Control::Anyone => !self.lanes.is_empty(),
        }
    }
}

/// Whether this is the lane's key.
fn opens(config: &Gateway, lane: Lane, key: &str) -> bool {
    config.keys.get(lane.index()).is_some_and(|known| is_same(known, key))
}

/// Compares in a time that depends on the lengths only.
fn is_same(known: &Secret, given: &str) -> bool {
    let (known, given) = (known.expose().as_bytes(), given.as_bytes());
    let differences = known.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differences) == 0 && known.len() == given.len()
}

/// Whether a page is of this machine or of a network like ours, so that no page of the Internet that
/// somebody at the judge's laptop opens can stop a run.
fn is_near(origin: &str) -> bool {
    const SUFFIXES: [&str; 7] = [".local", ".localhost", ".lan", ".test", ".internal", ".home.arpa", ".home"];
    // A page from a file has the origin `null`.
    let Some((_, host)) = origin.split_once("://") else { return origin == "null" || origin == "file://" };
    let host = host.trim_end_matches('/');
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return is_private(address);
    }
    let host = host.to_ascii_lowercase();
    !host.contains('.') || SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str, config: &Gateway) -> Peer {
        Peer::new(Claims { address: Some(address.parse().unwrap()), ..Claims::default() }, config)
    }

    fn with_keys() -> Gateway {
        Gateway { keys: (1..=8).map(|lane| Secret::new(format!("key-of-lane-{lane}"))).collect(), ..Gateway::default() }
    }

    fn lane(number: u8) -> Lane {
        number.try_into().unwrap()
    }

    #[test]
    fn without_keys_the_address_decides() {
        let config = Gateway::default();
        for near in ["127.0.0.1:9", "192.168.43.7:9", "[::1]:9", "[fe80::1]:9", "[::ffff:10.0.0.1]:9"] {
            let peer = peer(near, &config);
            assert!(peer.may_enter() && peer.may_send(lane(1), None, &config), "{near}");
        }
        for far in ["8.8.8.8:9", "[2001:db8::1]:9", "[::ffff:8.8.8.8]:9"] {
            let peer = peer(far, &config);
            assert!(!peer.may_enter() && !peer.may_send(lane(1), None, &config), "{far}");
        }
    }

    #[test]
    fn with_keys_each_lane_needs_its_own() {
        let config = with_keys();
        let camera = peer("192.168.43.7:9", &config);
        assert!(camera.may_enter() && !camera.may_send(lane(1), None, &config));
        assert!(camera.may_send(lane(1), Some("key-of-lane-1"), &config));
        assert!(!camera.may_send(lane(2), Some("key-of-lane-1"), &config));
        assert!(!camera.may_send(lane(1), Some("key-of-lane-1x"), &config));
        assert!(!camera.may_send(lane(1), Some(""), &config));
        let far = Claims { address: "8.8.8.8:9".parse().ok(), query_key: Some("key-of-lane-2"), ..Claims::default() };
        let far = Peer::new(far, &config);
        assert!(far.may_enter() && far.may_send(lane(2), None, &config) && !far.may_send(lane(1), None, &config));
    }

    #[test]
    fn control_is_for_whom_the_configuration_says() {
        let may = |control, address: &str| {
            let config = Gateway { control, ..Gateway::default() };
            peer(address, &config).may_control(&config)
        };
        assert!(may(Control::Loopback, "127.0.0.1:9") && may(Control::Loopback, "[::1]:9"));
        assert!(may(Control::Loopback, "[::ffff:127.0.0.1]:9"));
        assert!(!may(Control::Loopback, "192.168.43.7:9") && !may(Control::Off, "127.0.0.1:9"));
        assert!(may(Control::Anyone, "192.168.43.7:9") && !may(Control::Anyone, "8.8.8.8:9"));
        let keys = Gateway { control: Control::Anyone, ..with_keys() };
        assert!(!peer("192.168.43.7:9", &keys).may_control(&keys));
    }

    #[test]
    fn a_proxy_makes_nobody_near() {
        let config = Gateway::default();
        let address = "127.0.0.1:9".parse().ok();
        let peer = Peer::new(Claims { address, is_forwarded: true, ..Claims::default() }, &config);
        assert!(!peer.may_enter() && !peer.may_control(&config));
    }

    #[test]
    fn pages_of_the_internet_are_foreign() {
        for near in [
            "http://localhost",
            "http://192.168.43.5:6001",
            "null",
            "file://",
            "http://detektor.local",
            "http://[::1]:80",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in
            ["https://example.com", "http://8.8.8.8", "https://localhost.example.com", "http://192.168.1.1.nip.io"]
        {
            assert!(!is_near(far), "{far}");
        }
    }
}
