//! `[contest]`, `[store]` and `[gateway]`: the keys.

pub(super) mod model;

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use crate::config::key::{Key, Section, Variables};
use crate::config::measure::{bytes, time};
use crate::config::model::{Contest, Control, Gateway, Store};
use crate::config::secret::{database, lane_keys};
use crate::config::shape::{LISTENER, Shape};
use crate::config::slot::flag;
use crate::config::text::text;

pub(in crate::config) const CONTEST: Section<Contest> =
    Section { path: "contest", heading: "[contest]", variables: Variables::Each, keys: CONTEST_KEYS, tables: &[] };

pub(in crate::config) const STORE: Section<Store> =
    Section { path: "store", heading: "[store]", variables: Variables::Each, keys: STORE_KEYS, tables: &[] };

pub(in crate::config) const GATEWAY: Section<Gateway> =
    Section { path: "gateway", heading: "[gateway]", variables: Variables::Each, keys: GATEWAY_KEYS, tables: &[] };

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const CONTEST_KEYS: &[Key<Contest>] = &[
    Key::new("enabled", "Whether the vibration contest runs here, in the first app's channels.", |c| {
        flag(&mut c.enabled)
    }),
    Key::new("realtime", "Whether points are taken before a judge has said so for the first time.", |c| {
        flag(&mut c.realtime)
    }),
    Key::new("run", "Length of a run; then it ends by itself.", |c| time(&mut c.run, 1000..=600_000)),
    Key::new("undo", "Time in which a clear can be undone; then the points are deleted.", |c| {
        time(&mut c.undo, 1000..=86_400_000)
    }),
];

const STORE_KEYS: &[Key<Store>] = &[
    Key::new("folder", "Where the contest is kept: its journal and the embedded database.", |s| {
        text(&mut s.folder, &FOLDER)
    }),
    Key::new("database", "The database that follows the journal.", |s| database(&mut s.database)),
    Key::new("journal_bytes", "Size of the journal; when the database is so far behind, points are refused.", |s| {
        bytes(&mut s.journal_bytes, MIB..=64 * GIB)
    }),
];

const GATEWAY_KEYS: &[Key<Gateway>] = &[
    Key::new("listen", "Address of the cameras' own listener; \"off\" for none.", |g| text(&mut g.listen, &LISTENER)),
    Key::new("keys", "One for each lane, 1 to 8; without them only private addresses may send.", |g| {
        lane_keys(&mut g.keys)
    }),
    Key::new("control", "Who may start, stop and clear by the old paths, which know no tokens.", |g| {
        text(&mut g.control, &CONTROL)
    }),
    Key::new("relay", "Whether a simulator's own new_data and session_started count and are passed on.", |g| {
        flag(&mut g.relay)
    }),
];

const FOLDER: Shape<PathBuf> = Shape {
    parse: |text| {
        let fits = !text.is_empty() && text.len() <= 1000 && !text.chars().any(char::is_control);
        fits.then(|| text.into())
    },
    show: |folder| folder.display().to_string(),
    allowed: "the path of a folder, from the folder of this file",
    advice: "",
    shown: true,
};

const CONTROL: Shape<Control> = Shape {
    parse: |text| match text {
        "off" => Some(Control::Off),
        "loopback" => Some(Control::Loopback),
        "anyone" => Some(Control::Anyone),
        _ => None,
    },
    show: |control| {
        let text = match control {
            Control::Off => "off",
            Control::Loopback => "loopback",
            Control::Anyone => "anyone",
        };
        text.to_owned()
    },
    allowed: "\"off\", \"loopback\" (this machine) or \"anyone\" (whoever may send points)",
    advice: "",
    shown: true,
};

/// Whether an address is of this machine or of a network that the Internet does not reach.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6 == Ipv6Addr::LOCALHOST || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::*;

    #[test]
    fn private_addresses_are_those_of_lans() {
        for text in [
            "127.0.0.1",
            "192.168.43.7",
            "10.1.2.3",
            "172.16.0.1",
            "169.254.1.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8", "0.0.0.0"] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }
}
