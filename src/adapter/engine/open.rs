//! What makes a session: servers that are fit, connections to them, and a lease.

use crate::adapter::connect::{Connector, Link, Peer};
use crate::adapter::fault::Fault;
use crate::adapter::fit::{self, Digest};
use crate::adapter::lease::{Held, Registry};
use crate::adapter::subscription::{NewsReader, Newsroom};
use crate::adapter::topology::{self, ShardIndex, Topology};
use crate::config;
use crate::hub::far::Origin;

/// What is needed to open sessions.
#[derive(Debug)]
pub(in crate::adapter) struct Opener {
    pub(in crate::adapter) config: config::Adapter,
    pub(in crate::adapter) connector: Connector,
    pub(in crate::adapter) registry: Registry,
    pub(in crate::adapter) digests: Vec<Digest>,
}

/// All that a session begins with.
pub(super) struct Opened {
    pub(super) topology: Topology,
    /// For each server: for commands, and for what it sends unasked.
    pub(super) links: Vec<(Link, Link)>,
    pub(super) news: NewsReader,
    pub(super) held: Held,
    pub(super) nodes: u64,
    /// The servers' processes.
    pub(super) processes: Vec<String>,
}

/// What a node goes on with.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) origin: Origin,
    /// The servers' processes when it was told to them last.
    pub(super) processes: Vec<String>,
}

impl Opener {
    /// Looks for the servers, checks them, and takes or renews the lease.
    ///
    /// A server that is another process than before may have an older state, with what this node has taken back since: so
    /// the node begins a new life there, and what it does not tell anew is cleared away with the old one. `session` is above
    /// all before it.
    pub(super) async fn open(
        &self,
        life: Option<Life>,
        known: Option<Topology>,
        session: u64,
    ) -> Result<Opened, Fault> {
        let known = known.map(|known| known.servers).unwrap_or_default();
        let topology = topology::find(&self.config, &self.connector, &known).await?;
        let (room, news) = Newsroom::new();
        let mut links = Vec::with_capacity(topology.servers.len());
        let mut processes = Vec::with_capacity(topology.servers.len());
        let mut first: Option<(String, i64)> = None;
        for (shard, server) in topology.servers.iter().enumerate() {
            let mut link = self.connector.open(server, Peer::Data, Some(room.bell(shard))).await?;
            let found = fit::check(&mut link, &self.config, &self.tag(&topology, shard), life.is_none()).await?;
            let (other, others) = first.get_or_insert_with(|| (link.server.to_string(), found.ahead_ms));
            fit::apart(&link.server, other, found.ahead_ms - *others)?;
            processes.push(found.run_id);
            self.registry.load(&mut link).await?;
            links.push((link, self.connector.open(server, Peer::Data, Some(room.desk(shard))).await?));
        }
        let (common, _) = links.get_mut(topology.common).ok_or(Fault::NoMaster)?;
        let keys = &self.registry.keys;
        if life.is_none() {
            fit::shared(common, keys, &self.config.prefix, &self.digests).await?;
        }
        let former = life.map(|life| (life.origin, life.processes == processes));
        let (held, nodes) = self.registry.take(common, former, session).await?;
        fit::settle(common, keys, &self.digests).await?;
        Ok(Opened { topology, links, news, held, nodes, processes })
    }

    /// What keys begin with that a server has.
    fn tag(&self, topology: &Topology, shard: ShardIndex) -> String {
        let has = |bucket: &u16| topology.of(*bucket) == shard;
        let bucket = (0..crate::adapter::keys::BUCKETS).find(has);
        bucket.map_or_else(|| format!("{{{}}}", self.config.prefix), |bucket| self.registry.keys.tag(bucket))
    }
}
