//! What lies where in Redis.
//!
//! Places are spread over [`BUCKETS`] buckets. All keys of a bucket, and the topics of its places, begin with
//! its tag `{<prefix>:<bucket>}`; Redis Cluster hashes what stands in the braces only, so that one
//! script can change all that belongs to a place. With `T` for the tag and `P` for the prefix:
//!
//! ```text
//! T:s:<origin>    hash    a node's share: place -> subscriptions and rule for totals
//! T:n:<origin>    set     a node's share: place \0 member id
//! T:e             hash    nodes that told shares: origin -> its latest session
//! T:o:<app>       hash    occupied places: place without its app -> total and members
//! T:m:<place>     hash    members: id -> holders, position when added, info
//! T:v:<place>     string  position
//! T:r:<place>     hash    retained events: key -> position, end, event
//! T:z:<place>     zset    retained events: key -> position
//! T:h:<place>     stream  past events, id <position>-0: e event, a age in milliseconds
//! T:l:<place>     stream  late events, as past events
//! T:c:<place>     string  cached event: position, event
//! T:i:<place>:<id>  string  an id that was published, and by whom
//! T:q:<sender>    string  number of the last event that stays and was carried out for this sender
//! T:t:<place>     topic   what changes at the place
//! {P}:nodes       zset    origin -> end of its lease, in Redis' milliseconds
//! {P}:claims      zset    origin that is being reaped -> end of the claim of who does it
//! {P}:node:<origin>  hash  facts about a node: number, name, version, connections:<app>
//! {P}:apps        hash    app id -> digest of its secrets
//! {P}:orders      stream  what is said to all nodes, for those that are away
//! {P}:all         topic   what concerns all nodes
//! {P}:at:<node>   topic   what concerns one node, by its number in socket ids
//! {P}:role:<role>    hash    who does something for all nodes: life, name, over in Redis' milliseconds
//! {P}:<role>:<life>  topic   calls to one of those who may have the role, and answers
//! {P}:<role>      topic   what one of them says to all of them
//! ```
//!
//! `<place>` is `<app id>\0c<channel>` or `<app id>\0u<user id>`. An app id has no `\0`, and neither has the name of a
//! presence channel, which alone has members; user ids may have any character.

use crate::hub::far::{Origin, Place};
use crate::hub::{AppIndex, ChannelKey, UserKey};
use crate::protocol::{AppId, ChannelName, UserId};

use super::apps::Apps;

/// Parts that places are spread over; the same on all nodes of a cluster, for ever.
pub(super) const BUCKETS: u16 = 64;

/// The user ids and names that stand in keys were within limits where they came from.
const ANY_LENGTH: usize = usize::MAX;

/// Makes names of keys.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// Keys under a prefix, which has no braces.
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// What all keys of a bucket begin with.
    pub(super) fn tag(&self, bucket: u16) -> String {
        format!("{{{}:{bucket}}}", self.prefix)
    }

    /// A key of the whole cluster: `nodes`, `claims`, `apps`, `all`.
    pub(super) fn cluster(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.prefix)
    }

    /// Facts about a node.
    pub(super) fn node(&self, origin: Origin) -> String {
        format!("{{{}}}:node:{}", self.prefix, hex(origin))
    }

    /// Who has a role.
    pub(super) fn role(&self, role: &str) -> String {
        format!("{{{}}}:role:{role}", self.prefix)
    }

    /// The topic of one of those who may have a role.
    pub(super) fn peer(&self, role: &str, life: Origin) -> String {
        format!("{{{}}}:{role}:{}", self.prefix, hex(life))
    }

    /// The topic of what concerns one node.
    pub(super) fn at(&self, node: u32) -> String {
        format!("{{{}}}:at:{node}", self.prefix)
    }

    /// The topic of what concerns all nodes.
    pub(super) fn all(&self) -> String {
        self.cluster("all")
    }

    /// A node's subscriptions in a bucket.
    pub(super) fn shares(&self, bucket: u16, origin: Origin) -> String {
        format!("{}:s:{}", self.tag(bucket), hex(origin))
    }

    /// A node's members in a bucket.
    pub(super) fn held(&self, bucket: u16, origin: Origin) -> String {
        format!("{}:n:{}", self.tag(bucket), hex(origin))
    }

    /// Who told shares in a bucket, in which session.
    pub(super) fn sessions(&self, bucket: u16) -> String {
        format!("{}:e", self.tag(bucket))
    }

    /// Occupied places of an app in a bucket.
    pub(super) fn occupied(&self, bucket: u16, app: &AppId) -> String {
        format!("{}:o:{app}", self.tag(bucket))
    }

    /// Where a place lies; `None` when its app is not there any more.
    pub(super) fn address(&self, place: &Place, apps: &Apps) -> Option<Address> {
        let (index, kind, name) = match place {
            Place::Channel(ChannelKey { app, name }) => (*app, 'c', name.as_str()),
            Place::User(UserKey { app, id }) => (*app, 'u', id.as_str()),
        };
        let app = apps.id(index)?;
        let place = format!("{app}\0{kind}{name}");
        let bucket = bucket(place.as_bytes());
        Some(Address { tag: self.tag(bucket), bucket, app: app.clone(), place })
    }

    /// The place of a topic; `None` when it is not one of this prefix, or of an app that this node does not serve.
    pub(super) fn place(&self, topic: &[u8], apps: &Apps) -> Option<Place> {
        let topic = std::str::from_utf8(topic).ok()?;
        let rest = topic.strip_prefix('{')?.strip_prefix(self.prefix.as_str())?.strip_prefix(':')?;
        let (bucket, place) = rest.split_once("}:t:")?;
        bucket.parse::<u16>().ok().filter(|bucket| *bucket < BUCKETS)?;
        let (app, place) = place.split_once('\0')?;
        named_place(apps.index(&AppId::parse(app).ok()?)?, place)
    }
}

/// A place without its app, as it stands in `T:o:<app>`.
pub(super) fn named_place(app: AppIndex, place: &str) -> Option<Place> {
    if let Some(name) = place.strip_prefix('c') {
        return Some(Place::Channel(ChannelKey { app, name: ChannelName::parse(name, ANY_LENGTH).ok()? }));
    }
    let id = UserId::parse(place.strip_prefix('u')?, ANY_LENGTH).ok()?;
    Some(Place::User(UserKey { app, id }))
}

/// Where one place lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    tag: String,
    /// The bucket that its keys are in.
    pub(super) bucket: u16,
    app: AppId,
    place: String,
}

impl Address {
    /// The topic of what changes here.
    pub(super) fn topic(&self) -> String {
        self.key('t')
    }

    /// One of the place's own keys.
    pub(super) fn key(&self, kind: char) -> String {
        format!("{}:{kind}:{}", self.tag, self.place)
    }

    /// The key of an event's id.
    pub(super) fn id(&self, id: u128) -> String {
        format!("{}:i:{}:{id:032x}", self.tag, self.place)
    }

    /// The key that tells whether an event that stays was carried out.
    pub(super) fn sender(&self, sender: Origin) -> String {
        format!("{}:q:{}", self.tag, hex(sender))
    }

    /// Occupied places of the app in this bucket.
    pub(super) fn occupied(&self) -> String {
        format!("{}:o:{}", self.tag, self.app)
    }

    /// The place without its app, as it stands in `T:o:<app>`.
    pub(super) fn field(&self) -> &str {
        self.place.split_once('\0').map_or("", |(_, place)| place)
    }

    /// The place with its app, as it stands in shares.
    pub(super) fn place(&self) -> &str {
        &self.place
    }
}

pub(super) fn hex(origin: Origin) -> String {
    format!("{:016x}", origin.0)
}

/// FNV-1a with 64 bits, its halves folded: the lower bits alone are mixed too little.
fn bucket(place: &[u8]) -> u16 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = place.iter().fold(START, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    let folded = (hash ^ hash >> 32) % u64::from(BUCKETS);
    u16::try_from(folded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn apps() -> Apps {
        Apps::new(["7", "a"].map(|id| AppId::parse(id).unwrap()).into())
    }

    fn channel(app: u32, name: &str) -> Place {
        Place::Channel(ChannelKey { app: AppIndex(app), name: ChannelName::parse(name, 200).unwrap() })
    }

    fn user(app: u32, id: &str) -> Place {
        Place::User(UserKey { app: AppIndex(app), id: UserId::parse(id, 200).unwrap() })
    }

    /// Nodes of different versions must agree on them.
    #[test]
    fn buckets_never_change() {
        let keys = Keys::new("saluran");
        let bucket = |place: Place| keys.address(&place, &apps()).unwrap().bucket;
        let found = [channel(0, "a"), channel(1, "a"), user(0, "a"), channel(0, "presence-room")].map(bucket);
        assert_eq!(found, [55, 14, 61, 12]);
    }

    #[test]
    fn buckets_are_used_alike() {
        let mut counts = HashMap::<u16, u32>::new();
        for number in 0..6_400 {
            let address = Keys::new("p").address(&channel(0, &format!("room-{number}")), &apps()).unwrap();
            *counts.entry(address.bucket).or_default() += 1;
        }
        assert_eq!(counts.len(), usize::from(BUCKETS));
        assert!(counts.values().all(|count| (50..150).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_topic_leads_back_to_its_place() {
        let keys = Keys::new("p:x");
        let odd =
            [user(1, "a\0b}:t:ą"), channel(1, "#server-to-user-\0}"), channel(0, "presence-a;=@,."), user(0, "7")];
        for place in odd {
            let topic = keys.address(&place, &apps()).unwrap().topic();
            assert_eq!(keys.place(topic.as_bytes(), &apps()), Some(place), "{topic}");
            assert_eq!(Keys::new("p").place(topic.as_bytes(), &apps()), None, "{topic}");
        }
        assert_eq!(keys.address(&user(2, "7"), &apps()), None);
        for topic in ["", "{p:x:1}:t:7", "{p:x:1}:t:8\0cx", "{p:x:64}:t:7\0cx", "{p:x:1}:m:7\0cx", "{p:x:1}:t:7\0x"] {
            assert_eq!(keys.place(topic.as_bytes(), &apps()), None, "{topic}");
        }
        assert!(keys.place(b"{p:x:1}:t:7\0cx", &apps()).is_some());
    }
}
