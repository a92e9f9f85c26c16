//! This node's lease, and clearing away after nodes that lost theirs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::hub::far::Origin;
use crate::protocol::AppId;

use super::connect::Link;
use super::fault::Fault;
use super::keys::{BUCKETS, Keys};
use super::script::{self, Facts, Joined, Lease, Refused, Renewed, Scripts};
use super::topology::Topology;

/// Time between a lease's end and the first claim; more than clocks may be apart.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// How long a node that begins a new life has for telling all its shares anew, before what is left of the old one is
/// cleared away.
pub(super) const TELLING: Duration = Duration::from_secs(15);

/// How long a node that says goodbye counts as alive: its members have so long to come back elsewhere.
pub(super) const PARTING: Duration = Duration::from_secs(3);

/// How long a claim lasts without being held.
const CLAIM: Duration = Duration::from_secs(10);

/// Tries with a script that is flushed again and again.
const LOADED: usize = 20;

/// Nodes that are claimed at once.
const CLAIMED: usize = 4;

/// Entries that one call of a script clears away: about a millisecond of Redis' time.
const ENTRIES: usize = 200;

/// A lease, and when it was confirmed last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    lease: Lease,
    begun: Instant,
    /// When the question left that was answered with the lease's end.
    confirmed: Instant,
    term: Duration,
}

impl Held {
    /// Whether the node may speak: a node that was stopped for longer asks first whether it still has its lease.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        now.duration_since(self.confirmed) < self.term
    }

    /// The lease; with the life before while something may be left of that.
    pub(super) fn lease(&self, now: Instant) -> Lease {
        let former = self.lease.former.filter(|_| now.duration_since(self.begun) < 2 * TELLING);
        Lease { former, ..self.lease }
    }

    pub(super) const fn origin(&self) -> Origin {
        self.lease.origin
    }

    pub(super) const fn renewed(&mut self, renewed: &Renewed, asked: Instant) {
        self.lease.end_ms = renewed.end_ms;
        self.confirmed = asked;
    }
}

/// What is needed to ask about leases; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Registry {
    pub(super) scripts: Arc<Scripts>,
    pub(super) keys: Keys,
    pub(super) term: Duration,
    pub(super) about: Arc<[(&'static str, String)]>,
    /// This node's number in socket ids.
    pub(super) number: u32,
}

impl Registry {
    /// Renews a lease, or takes the first one, or one for a new life when the old one is over or not to go on. Says how many
    /// nodes there are.
    pub(super) async fn take(
        &self,
        link: &mut Link,
        former: Option<(Origin, bool)>,
        session: u64,
    ) -> Result<(Held, u64), Fault> {
        let term = self.term;
        if let Some((origin, true)) = former {
            let asked = Instant::now();
            match self.renew(link, origin, &[]).await {
                Ok(Renewed { end_ms, nodes }) => {
                    let lease = Lease { origin, end_ms, former: None, session };
                    return Ok((Held { lease, begun: asked, confirmed: asked, term }, nodes));
                }
                Err(Fault::Expired) => {}
                Err(fault) => return Err(fault),
            }
        }
        let origin = Origin(rand::random());
        let former = former.map(|(origin, _)| origin);
        let facts =
            Facts { origin, lease: term, former, grace: TELLING, number: self.number, about: &self.about, apps: &[] };
        let confirmed = Instant::now();
        let answer = self.run(link, &self.scripts.join(&self.keys, &facts)).await?;
        match script::joined(answer) {
            Ok(Joined::In { end_ms, others }) => {
                let lease = Lease { origin, end_ms, former, session };
                Ok((Held { lease, begun: confirmed, confirmed, term }, others + 1))
            }
            Ok(Joined::Conflict(_)) | Err(_) => Err(link.unreadable("join")),
        }
    }

    /// # Errors
    /// `Expired` when the node has no lease any more.
    pub(super) async fn renew(
        &self,
        link: &mut Link,
        origin: Origin,
        connections: &[(AppId, usize)],
    ) -> Result<Renewed, Fault> {
        self.set(link, origin, self.term, connections).await
    }

    /// Lets the lease end soon.
    pub(super) async fn part(&self, link: &mut Link, origin: Origin) -> Result<(), Fault> {
        self.set(link, origin, PARTING, &[]).await.map(drop)
    }

    async fn set(
        &self,
        link: &mut Link,
        origin: Origin,
        term: Duration,
        connections: &[(AppId, usize)],
    ) -> Result<Renewed, Fault> {
        let answer = self.run(link, &self.scripts.renew(&self.keys, origin, term, connections)).await?;
        script::renewed(answer).map_err(|refused| match refused {
            Refused::Expired => Fault::Expired,
            Refused::Unreadable(_) => link.unreadable("renew"),
        })
    }

    /// Runs a script; one that somebody flushed is loaded again.
    async fn run(&self, link: &mut Link, command: &redis::Cmd) -> Result<redis::Value, Fault> {
        for _ in 1..LOADED {
            match link.ask(command).await {
                Err(Fault::Refused { code, .. }) if code == "NOSCRIPT" => self.load(link).await?,
                answer => return answer,
            }
        }
        link.ask(command).await
    }

    /// Loads all scripts.
    pub(super) async fn load(&self, link: &mut Link) -> Result<(), Fault> {
        let mut all = redis::pipe();
        self.scripts.load().for_each(|command| {
            all.add_command(command);
        });
        for answer in link.ask_all(&all).await? {
            if let redis::Value::ServerError(error) = answer {
                return Err(Fault::refused(&link.server, &error));
            }
        }
        Ok(())
    }

    async fn ask(&self, links: &mut [Link], shard: usize, command: &redis::Cmd) -> Result<redis::Value, Fault> {
        let link = links.get_mut(shard).ok_or(Fault::NoMaster)?;
        self.run(link, command).await
    }

    /// Looks for nodes that told shares and that nobody knows, so that they are cleared away in time.
    pub(super) async fn adopt(&self, links: &mut [Link], topology: &Topology) -> Result<(), Fault> {
        let mut found = HashSet::new();
        for bucket in 0..BUCKETS {
            let shard = topology.of(bucket);
            let answer = self.ask(links, shard, &Scripts::speakers(&self.keys, bucket)).await?;
            found.extend(script::speakers(answer).map_err(|_| unreadable(links, shard, "speakers"))?);
        }
        let found: Vec<Origin> = found.into_iter().collect();
        let adopt = self.scripts.adopt(&self.keys, self.term + GRACE, &found);
        self.ask(links, topology.common, &adopt).await.map(drop)
    }

    /// Clears away after nodes whose lease is over, unless another one does. Says after how many.
    pub(super) async fn reap(&self, links: &mut [Link], topology: &Topology) -> Result<u64, Fault> {
        let claim = self.scripts.claim(&self.keys, GRACE, CLAIM, CLAIMED);
        let common = topology.common;
        let answer = self.ask(links, common, &claim).await?;
        let gone = script::claimed(answer).map_err(|_| unreadable(links, common, "claim"))?;
        let mut reaped = 0;
        for origin in gone {
            if self.clear(links, topology, origin).await? {
                self.ask(links, common, &self.scripts.forget(&self.keys, origin)).await?;
                reaped += 1;
            }
        }
        Ok(reaped)
    }

    /// Says whether all is cleared away; not so when the claim was lost to another node.
    async fn clear(&self, links: &mut [Link], topology: &Topology, origin: Origin) -> Result<bool, Fault> {
        let mut held = Instant::now();
        for bucket in 0..BUCKETS {
            let shard = topology.of(bucket);
            loop {
                if held.elapsed() > CLAIM / 3 {
                    held = Instant::now();
                    let common = topology.common;
                    let answer = self.ask(links, common, &self.scripts.hold(&self.keys, origin, CLAIM)).await?;
                    if !script::is_held(&answer).map_err(|_| unreadable(links, common, "hold"))? {
                        return Ok(false);
                    }
                }
                let answer = self.ask(links, shard, &self.scripts.reap(&self.keys, origin, bucket, ENTRIES)).await?;
                if script::reaped(&answer).map_err(|_| unreadable(links, shard, "reap"))? == 0 {
                    break;
                }
            }
        }
        Ok(true)
    }
}

fn unreadable(links: &[Link], shard: usize, to: &'static str) -> Fault {
    links.get(shard).map_or(Fault::NoMaster, |link| link.unreadable(to))
}
