//! Which servers there are, and which of them has which bucket.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use redis::{Value, cmd};

use crate::config::{self, RedisMode, RedisServer};

use super::connect::{Connector, Link, Peer};
use super::fault::Fault;
use super::fit::Unfit;
use super::keys::BUCKETS;

/// Slots of a Redis Cluster.
const SLOTS: u16 = 16_384;

/// A server's place in the topology, from 0.
pub(super) type ShardIndex = usize;

/// Which servers there are, and which of them has which bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topology {
    /// Masters that have a bucket, or what all nodes share.
    pub(super) servers: Vec<RedisServer>,
    buckets: Vec<ShardIndex>,
    /// The server of leases and of what is told to all.
    pub(super) common: ShardIndex,
}

/// Slots from the first to the last, and the master that has them.
type Range = (u16, u16, RedisServer);

impl Topology {
    fn alone(server: RedisServer) -> Self {
        Self { servers: vec![server], buckets: vec![0; usize::from(BUCKETS)], common: 0 }
    }

    /// The server that has a bucket.
    pub(super) fn of(&self, bucket: u16) -> ShardIndex {
        self.buckets.get(usize::from(bucket)).copied().unwrap_or_default()
    }

    fn of_slots(prefix: &str, ranges: &[Range]) -> Result<Self, Fault> {
        let mut servers: Vec<RedisServer> = Vec::new();
        let mut place = |tag: &str| {
            let slot = slot(tag.as_bytes());
            let owns = |range: &&Range| (range.0..=range.1).contains(&slot);
            let (_, _, server) = ranges.iter().find(owns).ok_or(Fault::Uncovered { slot })?;
            let known = servers.iter().position(|known| known == server);
            Ok::<_, Fault>(known.unwrap_or_else(|| {
                servers.push(server.clone());
                servers.len() - 1
            }))
        };
        let buckets = (0..BUCKETS).map(|bucket| place(&format!("{prefix}:{bucket}"))).collect::<Result<_, _>>()?;
        let common = place(prefix)?;
        Ok(Self { servers, buckets, common })
    }
}

/// Looks up which server has what. `known` are servers of before, for when no configured one answers.
///
/// # Errors
/// The last server's, when none could say.
pub(super) async fn find(
    config: &config::Adapter,
    connector: &Connector,
    known: &[RedisServer],
) -> Result<Topology, Fault> {
    match &config.mode {
        RedisMode::Standalone => {
            let server = config.servers.first().ok_or(Unfit::NoServer)?;
            Ok(Topology::alone(server.clone()))
        }
        RedisMode::Sentinel { master } => from_sentinels(&config.servers, connector, master).await,
        RedisMode::Cluster => {
            let mut last = Fault::from(Unfit::NoServer);
            for seed in config.servers.iter().chain(known) {
                match from_node(seed, connector, &config.prefix).await {
                    Ok(topology) => return Ok(topology),
                    Err(fault) => last = fault,
                }
            }
            Err(last)
        }
    }
}

/// The first master that a sentinel names and that says it is one: right after a fail-over sentinels differ.
async fn from_sentinels(sentinels: &[RedisServer], connector: &Connector, name: &str) -> Result<Topology, Fault> {
    let mut last = Fault::NoMaster;
    for sentinel in sentinels {
        let named = async {
            let master = master_by_name(sentinel, connector, name).await?;
            let mut link = connector.open(&master, Peer::Data, None).await?;
            let role = link.ask(&cmd("ROLE")).await?;
            if first_text(&role) == Some("master") { Ok(master) } else { Err(Fault::NoMaster) }
        };
        match named.await {
            Ok(master) => return Ok(Topology::alone(master)),
            Err(fault) => last = fault,
        }
    }
    Err(last)
}

async fn master_by_name(sentinel: &RedisServer, connector: &Connector, name: &str) -> Result<RedisServer, Fault> {
    let mut link = connector.open(sentinel, Peer::Sentinel, None).await?;
    let answer = match link.ask(cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name)).await {
        Err(Fault::Refused { server, code }) if code == "ERR" => return Err(Unfit::NoSentinel { server }.into()),
        answer => answer?,
    };
    if answer == Value::Nil {
        return Err(Unfit::UnknownMaster { server: link.server.to_string(), name: name.to_owned() }.into());
    }
    let server = match &answer {
        Value::Array(parts) => match parts.as_slice() {
            [host, port, ..] => text(host).zip(text(port).and_then(|port| port.parse().ok())),
            _ => None,
        },
        _ => None,
    };
    let (host, port) = server.ok_or_else(|| link.unreadable("SENTINEL"))?;
    Ok(RedisServer { host: host.to_owned(), port })
}

async fn from_node(seed: &RedisServer, connector: &Connector, prefix: &str) -> Result<Topology, Fault> {
    let mut link = connector.open(seed, Peer::Data, None).await?;
    Topology::of_slots(prefix, &slots(&mut link, seed).await?)
}

async fn slots(link: &mut Link, seed: &RedisServer) -> Result<Vec<Range>, Fault> {
    let answer = match link.ask(cmd("CLUSTER").arg("SLOTS")).await {
        Err(Fault::Refused { server, code }) if code == "ERR" => return Err(Unfit::NoCluster { server }.into()),
        answer => answer?,
    };
    let Value::Array(ranges) = &answer else { return Err(link.unreadable("CLUSTER SLOTS")) };
    let ranges = ranges.iter().map(|one| range(one, seed)).collect::<Option<_>>();
    ranges.ok_or_else(|| link.unreadable("CLUSTER SLOTS"))
}

/// Shape: first slot, last slot, the master as a list of address, port and more, then its replicas.
fn range(value: &Value, seed: &RedisServer) -> Option<Range> {
    let Value::Array(parts) = value else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = parts.as_slice() else { return None };
    let [host, Value::Int(port), ..] = master.as_slice() else { return None };
    // A node that does not know its own address leaves it out: it is where it was asked.
    let host = text(host).filter(|host| !host.is_empty()).unwrap_or(&seed.host).to_owned();
    let server = RedisServer { host, port: u16::try_from(*port).ok()? };
    Some((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, server))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

fn first_text(value: &Value) -> Option<&str> {
    match value {
        Value::Array(parts) => parts.first().and_then(text),
        _ => None,
    }
}

/// The slot of a hash tag.
///
/// Source: Redis Cluster specification, "Key distribution model": CRC16 (XMODEM) modulo 16384.
fn slot(tag: &[u8]) -> u16 {
    let crc = tag.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    });
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(port: u16) -> RedisServer {
        RedisServer { host: "127.0.0.1".to_owned(), port }
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12182);
    }

    #[test]
    fn a_bucket_is_where_its_slot_is() {
        let ranges = [(0, 8191, server(1)), (8192, 16383, server(2))];
        let topology = Topology::of_slots("saluran", &ranges).unwrap();
        assert_eq!(topology.servers.len(), 2);
        for bucket in 0..BUCKETS {
            let expected = if slot(format!("saluran:{bucket}").as_bytes()) < 8192 { 1 } else { 2 };
            assert_eq!(topology.servers[topology.of(bucket)].port, expected);
        }
    }

    #[test]
    fn a_slot_without_server_is_named() {
        let common = slot(b"saluran");
        let ranges = [(0, common - 1, server(1)), (common + 1, 16383, server(1))];
        assert_eq!(Topology::of_slots("saluran", &ranges), Err(Fault::Uncovered { slot: common }));
    }
}
