//! `[adapter]`: the keys.
//!
//! `url.rs` reads where Redis is and who we are there, `complete.rs` makes one value of all and says
//! what contradicts what.

mod complete;
pub(super) mod model;
mod url;

use crate::config::key::{Key, Section, Variables};
use crate::config::measure::{bytes, time};
use crate::config::model::{Adapter, AdapterKind};
use crate::config::secret::secret;
use crate::config::shape::Shape;
use crate::config::slot::count;
use crate::config::text::{required, text};

pub(super) use complete::complete;
use url::{RedisUrl, redis_url};

pub(in crate::config) const ADAPTER: Section<AdapterDraft> =
    Section { path: "adapter", heading: "[adapter]", variables: Variables::Each, keys: KEYS, tables: &[] };

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;

const KEYS: &[Key<AdapterDraft>] = &[
    Key::new("kind", "What is between the nodes: nothing, for there is one, or Redis.", |d| {
        text(&mut d.adapter.kind, &KIND)
    }),
    Key::new("url", "Where Redis is, and as whom we go there; rediss:// with TLS.", |d| redis_url(&mut d.url)),
    Key::new("mode", "How Redis is set up; the hosts of url are its server, sentinels or Cluster nodes.", |d| {
        text(&mut d.mode, &MODE)
    }),
    Key::new("master", "With sentinels: the name that they have for the server.", |d| required(&mut d.master, &NAME)),
    Key::new("sentinel_username", "With sentinels: the user that they themselves ask for.", |d| {
        required(&mut d.adapter.sentinel_username, &NAME)
    }),
    Key::new("sentinel_password", "With sentinels: the password that they themselves ask for.", |d| {
        secret(&mut d.adapter.sentinel_password)
    }),
    Key::new("tls_ca", "Certificates that Redis' own is checked with, in place of the system's.", |d| {
        required(&mut d.tls_ca, &CERTIFICATES)
    }),
    Key::new("prefix", "What all keys and topics in Redis begin with; each cluster of nodes has its own.", |d| {
        text(&mut d.adapter.prefix, &PREFIX)
    }),
    Key::new("connect_timeout", "Time for a connection to Redis to be made.", |d| {
        time(&mut d.adapter.connect_timeout, 100..=60_000)
    }),
    Key::new("command_timeout", "Time for Redis to answer; then it counts as away.", |d| {
        time(&mut d.adapter.command_timeout, 100..=60_000)
    }),
    Key::new("lease", "Silence after which the other nodes count this one as gone.", |d| {
        time(&mut d.adapter.lease, 3000..=300_000)
    }),
    Key::new("queue_bytes", "Bytes that wait while Redis is away; more are refused with 503.", |d| {
        bytes(&mut d.adapter.queue_bytes, 64 * KIB..=64 * GIB)
    }),
    Key::new("queue_events", "Events that wait while Redis is away; more are refused with 503.", |d| {
        count(&mut d.adapter.queue_events, 16..=67_108_864)
    }),
];

/// `[adapter]` while it is read.
#[derive(Clone, Default)]
pub(in crate::config) struct AdapterDraft {
    /// All that needs no other key.
    adapter: Adapter,
    url: Option<RedisUrl>,
    mode: Mode,
    master: Option<String>,
    tls_ca: Option<String>,
}

/// How Redis is set up, before the other keys are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Standalone,
    Sentinel,
    Cluster,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }
}

const KIND: Shape<AdapterKind> = Shape {
    parse: |text| match text {
        "local" => Some(AdapterKind::Local),
        "redis" => Some(AdapterKind::Redis),
        _ => None,
    },
    show: |kind| match kind {
        AdapterKind::Local => "local".to_owned(),
        AdapterKind::Redis => "redis".to_owned(),
    },
    allowed: "\"local\" or \"redis\"",
    advice: "",
    shown: true,
};

const MODE: Shape<Mode> = Shape {
    parse: |text| [Mode::Standalone, Mode::Sentinel, Mode::Cluster].into_iter().find(|mode| mode.name() == text),
    show: |mode| mode.name().to_owned(),
    allowed: "\"standalone\", \"sentinel\" or \"cluster\"",
    advice: "",
    shown: true,
};

const NAME: Shape<String> = Shape {
    parse: |text| {
        let fits = (1..=256).contains(&text.len()) && !text.contains(|c: char| c.is_control() || c.is_whitespace());
        fits.then(|| text.to_owned())
    },
    show: String::clone,
    allowed: "a text of 1 to 256 bytes, without spaces",
    advice: "",
    // Somebody may have put the password here.
    shown: false,
};

/// It stands within the braces of a hash tag; a brace of its own would end the tag, and keys that
/// belong together would go to different nodes of a Cluster.
const PREFIX: Shape<String> = Shape {
    parse: |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        ((1..=64).contains(&text.len()) && text.chars().all(plain)).then(|| text.to_owned())
    },
    show: String::clone,
    allowed: "1 to 64 letters, digits, - _ . or :",
    advice: "Keys become {prefix:…}; spaces and braces in it would part what belongs together.",
    shown: true,
};

const CERTIFICATES: Shape<String> = Shape {
    parse: |text| (!text.is_empty() && !text.contains("-----BEGIN")).then(|| text.to_owned()),
    show: String::clone,
    allowed: "the path of a PEM file, from the folder of this one",
    advice: "Put the certificates into a file of their own, and its path here.",
    shown: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_leaves_the_hash_tag_whole() {
        for text in ["s", "saluran", "shop:live_2.eu-1", &"p".repeat(64)] {
            assert!((PREFIX.parse)(text).is_some(), "{text}");
        }
        for text in ["", "{a}", "a}", "a b", "a\n", "a\u{0}", "é", &"p".repeat(65)] {
            assert!((PREFIX.parse)(text).is_none(), "{text:?}");
        }
    }
}
