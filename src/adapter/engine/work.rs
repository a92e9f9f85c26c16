//! What a session does at the same time as it listens.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use bytes::Bytes;
use redis::{Cmd, Pipeline, Value};
use tokio::time::{Instant, sleep_until};

use crate::adapter::connect::Link;
use crate::adapter::fault::Fault;
use crate::adapter::lease::Registry;
use crate::adapter::script::{self, Renewed};
use crate::adapter::topology::{self, ShardIndex, Topology};
use crate::hub::far::Origin;
use crate::protocol::AppId;

use super::open::Opener;

use std::sync::Arc;

/// What was done.
pub(super) enum Done {
    /// A batch has its answers.
    Batch(ShardIndex, Result<Vec<Value>, Fault>),
    /// Subscriptions were taken, or some refused.
    Subscribed(ShardIndex, Result<(), Fault>),
    /// A server is to be asked again.
    Rested,
    /// The lease was renewed; asked when.
    Renewed(Instant, Result<Renewed, Fault>),
    /// What was said to all nodes, with when.
    Orders(Result<Vec<(u64, Bytes)>, Fault>),
    /// All connections answer, and the servers are still those that count.
    Checked(Result<(), Fault>),
    /// So many dead nodes were cleared away.
    Reaped(Result<u64, Fault>),
}

pub(super) async fn send(shard: ShardIndex, mut link: Link, batch: Pipeline, load_first: Option<Registry>) -> Done {
    if let Some(registry) = load_first
        && let Err(fault) = registry.load(&mut link).await
    {
        return Done::Batch(shard, Err(fault));
    }
    Done::Batch(shard, link.ask_all(&batch).await)
}

pub(super) async fn subscribe(shard: ShardIndex, mut link: Link, batch: Pipeline) -> Done {
    let answers = match link.ask_all(&batch).await {
        Ok(answers) => answers,
        Err(fault) => return Done::Subscribed(shard, Err(fault)),
    };
    let refused = answers.iter().find_map(|answer| match answer {
        Value::ServerError(error) => Some(Fault::refused(&link.server, error)),
        _ => None,
    });
    Done::Subscribed(shard, refused.map_or(Ok(()), Err))
}

pub(super) async fn orders(mut link: Link, command: Cmd) -> Done {
    let answer = link.ask(&command).await;
    Done::Orders(answer.and_then(|answer| script::orders(answer).map_err(|_| link.unreadable("orders"))))
}

pub(super) async fn rest(until: Instant) -> Done {
    sleep_until(until).await;
    Done::Rested
}

pub(super) async fn renew(registry: Registry, mut link: Link, origin: Origin, counts: Vec<(AppId, usize)>) -> Done {
    let asked = Instant::now();
    Done::Renewed(asked, registry.renew(&mut link, origin, &counts).await)
}

/// Pings all connections, and asks sentinels or the cluster whether the servers are still the same.
pub(super) async fn check(opener: Arc<Opener>, links: Vec<Link>, known: Topology) -> Done {
    for mut link in links {
        if let Err(fault) = link.ask(&redis::cmd("PING")).await {
            return Done::Checked(Err(fault));
        }
    }
    let found = match topology::find(&opener.config, &opener.connector, &known.servers).await {
        Ok(found) if found != known => Err(Fault::NoMaster),
        // Sentinels may be gone while the server itself is well.
        Ok(_) | Err(_) => Ok(()),
    };
    Done::Checked(found)
}

/// `adopts`: first looks for nodes that nobody knows.
pub(super) async fn reap(registry: Registry, mut links: Vec<Link>, topology: Topology, adopts: bool) -> Done {
    if adopts && let Err(fault) = registry.adopt(&mut links, &topology).await {
        return Done::Reaped(Err(fault));
    }
    Done::Reaped(registry.reap(&mut links, &topology).await)
}
