//! `[server]`: the keys.

use super::key::{Key, Section, Variables};
use super::measure::time;
use super::model::Server;
use super::shape::{ADDRESS, INSTANCE, LISTENER, NETWORK, PATH_PREFIX};
use super::slot::{count, count_or};
use super::text::{list, text};

pub(super) const SERVER: Section<Server> =
    Section { path: "server", heading: "[server]", variables: Variables::Each, keys: KEYS, tables: &[] };

const KEYS: &[Key<Server>] = &[
    Key::new("host", "Address of the main listener; \"::\" for every address, also of IPv4.", |s| {
        text(&mut s.host, &ADDRESS)
    }),
    Key::new("port", "Port of the main listener; 0 lets the system choose a free one.", |s| {
        count(&mut s.port, 0..=u16::MAX)
    }),
    Key::new("path_prefix", "Path in front of /app and /apps; \"\" for none.", |s| {
        text(&mut s.path_prefix, &PATH_PREFIX)
    }),
    Key::new("workers", "Worker threads; \"auto\" for one per core.", |s| count_or("auto", &mut s.workers, 1..=1024)),
    Key::new("backlog", "Connections the kernel keeps waiting for each worker.", |s| count(&mut s.backlog, 1..=65_535)),
    Key::new("max_connections", "Connections on this node; \"auto\" for what the limit on open files allows.", |s| {
        count_or("auto", &mut s.max_connections, 1..=10_000_000)
    }),
    Key::new("handshake_timeout", "Time for a client to send its request head.", |s| {
        time(&mut s.handshake_timeout, 1000..=300_000)
    }),
    Key::new("body_timeout", "Time for a client to send a request body.", |s| time(&mut s.body_timeout, 100..=600_000)),
    Key::new("keep_alive", "Time that an idle HTTP connection is kept.", |s| time(&mut s.keep_alive, 1000..=3_600_000)),
    Key::new("close_timeout", "Time for a peer to answer our Close frame before we hang up.", |s| {
        time(&mut s.close_timeout, 100..=60_000)
    }),
    Key::new("drain", "Time over which a shutdown spreads its closes (4200).", |s| time(&mut s.drain, 0..=600_000)),
    Key::new("trusted_proxies", "Peers whose X-Forwarded-Proto is believed.", |s| {
        list(&mut s.trusted_proxies, &NETWORK)
    }),
    Key::new("admin", "Address of /metrics, /healthz and /readyz; \"off\" for none.", |s| {
        text(&mut s.admin, &LISTENER)
    }),
    Key::new("announce", "Name under which the network finds the broker (mDNS, DNS-SD); \"off\" for none.", |s| {
        text(&mut s.announce, &INSTANCE)
    }),
];
