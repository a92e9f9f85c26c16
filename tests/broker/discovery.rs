//! Other machines find the broker: by either address family, and by name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use mdns_sd::{IfKind, Receiver, ServiceDaemon, ServiceEvent};

use crate::support::{APP, DEADLINE, Dial, PROTOCOL_7, Served, TestBroker};

/// `localhost` may be either, and pages of phones use IPv4.
#[tokio::test]
async fn a_broker_on_every_address_takes_both_families() {
    let broker = TestBroker::with(|config| config.server.host = IpAddr::V6(Ipv6Addr::UNSPECIFIED)).await;
    let port = broker.address.port();
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let mut client = Dial::query(PROTOCOL_7).send(SocketAddr::new(ip, port), &[]).await;
        client.established(120).await;
        client.subscribe("chat").await;
    }
}

/// On a socket for both families an IPv4 proxy has an IPv6 address; it is trusted all the same.
#[tokio::test]
async fn a_proxy_is_known_by_its_own_address() {
    let broker = TestBroker::with(|config| {
        config.server.host = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.apps[0].tls_only = true;
    })
    .await;
    let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), broker.address.port());
    let mut plain = Dial::query(PROTOCOL_7).send(local, &[]).await;
    plain.expect_refusal(4000).await;
    let mut secure = Dial::query(PROTOCOL_7).header("X-Forwarded-Proto", "https").send(local, &[]).await;
    secure.established(120).await;
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
fn a_broker_is_found_by_name_until_it_ends() {
    let name = format!("Lomba {}", std::process::id());
    let browser = ServiceDaemon::new().unwrap();
    browser.disable_interface(IfKind::All).unwrap();
    browser.enable_interface(IfKind::LoopbackV4).unwrap();
    let broker = Served::start(&[("SALURAN_SERVER_ANNOUNCE", &name), ("SALURAN_SERVER_DRAIN", "0s")]);
    let events = browser.browse("_saluran._tcp.local.").unwrap();
    let found = wait(&events, |event| {
        let ServiceEvent::ServiceResolved(found) = event else { return None };
        found.get_fullname().starts_with(&name).then_some(found)
    });
    assert_eq!(found.get_port(), broker.address.port());
    assert_eq!(found.get_property_val_str("key"), Some(APP.key));
    assert_eq!(found.get_property_val_str("path"), Some(""));
    assert!(found.get_addresses_v4().contains(&Ipv4Addr::LOCALHOST), "{found:?}");
    broker.terminate();
    wait(&events, |event| {
        let ServiceEvent::ServiceRemoved(_, full) = event else { return None };
        full.starts_with(&name).then_some(())
    });
    assert!(broker.wait().0, "a goodbye does not keep it from ending well");
    drop(browser.shutdown().unwrap().recv_timeout(Duration::from_secs(5)));
}
