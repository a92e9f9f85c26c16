//! Leases of nodes: who is there, and who cleans up after whom.
//!
//! A node that is gone is claimed, and from then on cannot renew its lease; whoever claimed it reaps all of its buckets
//! and forgets it, or, when the claim ends before, another one does. Claims begin a grace after the lease's end, which
//! must exceed what the clocks of a cluster's servers are apart.

use std::time::Duration;

use bytes::Bytes;
use redis::{Cmd, Value, cmd};

use crate::hub::far::Origin;
use crate::protocol::AppId;

use crate::adapter::answers::{bytes, is_expired, list, number, pairs, tuple};
use crate::adapter::envelope::{Unreadable, millis, text};
use crate::adapter::keys::{Keys, hex};

use super::{Refused, Scripts, run};

/// What a node says of itself.
#[derive(Debug, Clone, Copy)]
pub(in crate::adapter) struct Facts<'a> {
    /// Its life, and how long the first lease is.
    pub(in crate::adapter) origin: Origin,
    pub(in crate::adapter) lease: Duration,
    /// The life whose lease it lost, to be reaped once the grace is over.
    pub(in crate::adapter) former: Option<Origin>,
    pub(in crate::adapter) grace: Duration,
    /// Its number in socket ids.
    pub(in crate::adapter) number: u32,
    /// Name, version and the like.
    pub(in crate::adapter) about: &'a [(&'a str, String)],
    /// Each app's id and a digest of its secrets.
    pub(in crate::adapter) apps: &'a [(String, String)],
}

/// Whether a node is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapter) enum Joined {
    /// Its lease's end in Redis' Unix milliseconds, and other nodes that are alive.
    In { end_ms: u64, others: u64 },
    /// Nodes that are alive have these apps with another secret: another cluster's, under the same prefix.
    Conflict(Vec<Bytes>),
}

/// A lease that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter) struct Renewed {
    /// Its end in Redis' Unix milliseconds.
    pub(in crate::adapter) end_ms: u64,
    /// Nodes that are alive, with this one.
    pub(in crate::adapter) nodes: u64,
}

impl Scripts {
    /// Registers a node; answered by [`joined`].
    pub(in crate::adapter) fn join(&self, keys: &Keys, facts: &Facts<'_>) -> Cmd {
        let Facts { origin, lease, former, grace, number, about, apps } = facts;
        let [nodes, claims, apps_key, numbers] = ["nodes", "claims", "apps", "numbers"].map(|name| keys.cluster(name));
        let names = [nodes, claims, keys.node(*origin), apps_key, numbers];
        let mut command = run(&self.join, &names);
        command.arg(hex(*origin)).arg(millis(*lease)).arg(former.map(hex).unwrap_or_default()).arg(millis(*grace));
        command.arg(number).arg(about.len());
        for (name, value) in *about {
            command.arg(*name).arg(value);
        }
        for (id, digest) in *apps {
            command.arg(id).arg(digest);
        }
        command
    }

    /// Sets the end of a lease, from now on, and says how many connections each app has there; answered by [`renewed`]. A
    /// short one lets a node go.
    pub(in crate::adapter) fn renew(
        &self,
        keys: &Keys,
        origin: Origin,
        lease: Duration,
        connections: &[(AppId, usize)],
    ) -> Cmd {
        let mut command = run(&self.renew, &[keys.cluster("nodes"), keys.node(origin)]);
        command.arg(hex(origin)).arg(millis(lease));
        for (app, count) in connections {
            command.arg(fact(app)).arg(count);
        }
        command
    }

    /// Asks how many connections of an app nodes have besides one; the answer is a number.
    pub(in crate::adapter) fn connections(&self, keys: &Keys, app: &AppId, except: Origin) -> Cmd {
        let mut command = run(&self.connections, &[keys.cluster("nodes")]);
        command.arg(keys.cluster("node:")).arg(fact(app)).arg(hex(except));
        command
    }

    /// Claims at most `limit` nodes that are gone; answered by [`claimed`].
    pub(in crate::adapter) fn claim(&self, keys: &Keys, grace: Duration, claim: Duration, limit: usize) -> Cmd {
        let mut command = run(&self.claim, &[keys.cluster("nodes"), keys.cluster("claims")]);
        command.arg(millis(grace)).arg(millis(claim)).arg(limit);
        command
    }

    /// Makes a claim last longer; answered by [`is_held`].
    pub(in crate::adapter) fn hold(&self, keys: &Keys, origin: Origin, claim: Duration) -> Cmd {
        let mut command = run(&self.hold, &[keys.cluster("claims")]);
        command.arg(hex(origin)).arg(millis(claim));
        command
    }

    /// Forgets a node that is reaped.
    pub(in crate::adapter) fn forget(&self, keys: &Keys, origin: Origin) -> Cmd {
        let [nodes, claims, numbers] = ["nodes", "claims", "numbers"].map(|name| keys.cluster(name));
        let names = [nodes, claims, keys.node(origin), numbers];
        let mut command = run(&self.forget, &names);
        command.arg(hex(origin));
        command
    }

    /// Asks which nodes told shares in a bucket, and are not cleared away; answered by [`speakers`].
    pub(in crate::adapter) fn speakers(keys: &Keys, bucket: u16) -> Cmd {
        let mut command = cmd("HGETALL");
        command.arg(keys.sessions(bucket));
        command
    }

    /// Lets those of them be claimed after a time that nobody knows.
    pub(in crate::adapter) fn adopt(&self, keys: &Keys, after: Duration, speakers: &[Origin]) -> Cmd {
        let mut command = run(&self.adopt, &["nodes", "claims"].map(|name| keys.cluster(name)));
        command.arg(millis(after)).arg(speakers.iter().copied().map(hex).collect::<Vec<_>>());
        command
    }
}

pub(in crate::adapter) fn speakers(answer: Value) -> Result<Vec<Origin>, Unreadable> {
    pairs(answer)?.into_iter().map(|(speaker, _)| origin(&speaker)).collect()
}

/// What a node says of an app's connections stands there.
fn fact(app: &AppId) -> String {
    format!("connections:{app}")
}

fn origin(digits: &[u8]) -> Result<Origin, Unreadable> {
    u64::from_str_radix(text(digits)?, 16).map(Origin).map_err(|_| Unreadable)
}

pub(in crate::adapter) fn joined(answer: Value) -> Result<Joined, Unreadable> {
    let [end, others, conflicts] = tuple(answer)?;
    match number(&end)? {
        0 => list(conflicts)?.into_iter().map(bytes).collect::<Result<_, _>>().map(Joined::Conflict),
        end_ms => Ok(Joined::In { end_ms, others: number(&others)? }),
    }
}

pub(in crate::adapter) fn renewed(answer: Value) -> Result<Renewed, Refused> {
    if is_expired(&answer) {
        return Err(Refused::Expired);
    }
    let [end, nodes] = tuple(answer)?;
    Ok(Renewed { end_ms: number(&end)?, nodes: number(&nodes)? })
}

/// Origins of nodes to reap.
pub(in crate::adapter) fn claimed(answer: Value) -> Result<Vec<Origin>, Unreadable> {
    list(answer)?.into_iter().map(|claimed| origin(&bytes(claimed)?)).collect()
}

/// Whether the claim was still there.
pub(in crate::adapter) fn is_held(answer: &Value) -> Result<bool, Unreadable> {
    number(answer).map(|held| held == 1)
}
