//! What each server must be.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::{Value, cmd};
use tokio::time::Instant;

use crate::adapter::answers::{list, number};
use crate::adapter::connect::Link;
use crate::adapter::fault::Fault;
use crate::config::{self, RedisMode};

use super::{Unfit, rights};

/// How far clocks may be apart; less than the grace after a lease's end.
pub const APART: Duration = Duration::from_secs(2);

/// This machine, in messages.
const HERE: &str = "this machine";

/// What was found of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapter) struct Found {
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub(in crate::adapter) ahead_ms: i64,
    /// Tells its process from others: another one may not have all that this one had.
    pub(in crate::adapter) run_id: String,
}

/// Checks a server that is about to be used. `tag`: of a bucket that it has. For the first time its clock must not be far
/// from this machine's.
///
/// # Errors
/// `Unfit` when it cannot be used.
pub(in crate::adapter) async fn check(
    link: &mut Link,
    config: &config::Adapter,
    tag: &str,
    is_first: bool,
) -> Result<Found, Fault> {
    let Value::BulkString(info) = plain(link.ask(&cmd("INFO")).await?) else { return Err(link.unreadable("INFO")) };
    let info = String::from_utf8_lossy(&info);
    // First what it is: an old one, or one of a cluster, knows nothing of what is tried.
    judge(&info, &link.server, config)?;
    rights::check(link, config, tag).await?;
    let ahead_ms = ahead_ms(link).await?;
    match apart(&link.server, HERE, ahead_ms) {
        Err(unfit) if is_first => return Err(unfit.into()),
        // A node that runs keeps its members when somebody sets a clock.
        Err(error) => tracing::warn!(%error, "clocks came apart"),
        Ok(()) => {}
    }
    Ok(Found { ahead_ms, run_id: field(&info, "run_id").unwrap_or_default() })
}

fn field(info: &str, name: &str) -> Option<String> {
    let value = |line: &'_ str| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned());
    info.lines().find_map(value)
}

/// # Errors
/// When two clocks that are so far ahead of a third are too far apart.
pub(in crate::adapter) fn apart(server: &str, other: &str, ahead_ms: i64) -> Result<(), Unfit> {
    let apart = Duration::from_millis(ahead_ms.unsigned_abs());
    if apart <= APART {
        return Ok(());
    }
    Err(Unfit::ClocksApart { server: server.to_owned(), other: other.to_owned(), apart })
}

fn plain(value: Value) -> Value {
    match value {
        Value::VerbatimString { text, .. } => Value::BulkString(text.into_bytes()),
        value => value,
    }
}

fn judge(info: &str, server: &str, config: &config::Adapter) -> Result<(), Fault> {
    let field = |name: &str| field(info, name);
    let server = server.to_owned();
    let version = field("redis_version").unwrap_or_default();
    if version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_none_or(|major| major < 7) {
        return Err(Unfit::TooOld { server, version }.into());
    }
    let is_cluster = field("cluster_enabled").as_deref() == Some("1");
    if is_cluster != (config.mode == RedisMode::Cluster) {
        let unfit = if is_cluster { Unfit::IsCluster { server } } else { Unfit::NoCluster { server } };
        return Err(unfit.into());
    }
    if field("role").as_deref() != Some("master") {
        return Err(match config.mode {
            RedisMode::Standalone => Unfit::Replica { server }.into(),
            // It was one a moment ago.
            RedisMode::Sentinel { .. } | RedisMode::Cluster => Fault::NoMaster,
        });
    }
    let policy = field("maxmemory_policy").unwrap_or_default();
    if field("maxmemory").is_some_and(|most| most != "0") && policy != "noeviction" {
        return Err(Unfit::Evicts { server, policy }.into());
    }
    Ok(())
}

async fn ahead_ms(link: &mut Link) -> Result<i64, Fault> {
    let asked = Instant::now();
    let time = link.ask(&cmd("TIME")).await?;
    let way = asked.elapsed() / 2;
    let parts = list(time).map_err(|_| link.unreadable("TIME"))?;
    let [seconds, micros] = parts.as_slice() else { return Err(link.unreadable("TIME")) };
    let unreadable = |_| link.unreadable("TIME");
    let there = number(seconds).map_err(unreadable)? * 1000 + number(micros).map_err(unreadable)? / 1000;
    let here = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(way).as_millis();
    let ahead = i128::from(there) - i128::try_from(here).unwrap_or_default();
    Ok(i64::try_from(ahead).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(info: &str) -> Result<(), Fault> {
        judge(info, "redis:6379", &config::Adapter::default())
    }

    const GOOD: &str = "# Server\r\nredis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n\
                        role:master\r\ncluster_enabled:0\r\n";

    #[test]
    fn a_policy_that_evicts_counts_only_where_memory_ends() {
        assert_eq!(judged(GOOD), Ok(()));
        let (server, policy) = ("redis:6379".to_owned(), "allkeys-lru".to_owned());
        let full = GOOD.replace("maxmemory:0", "maxmemory:1000");
        assert_eq!(judged(&full), Err(Unfit::Evicts { server, policy }.into()));
        assert_eq!(judged(&full.replace("allkeys-lru", "noeviction")), Ok(()));
    }

    #[test]
    fn versions_before_7_are_refused() {
        for version in ["6.2.14", "2.8", ""] {
            let found = judged(&GOOD.replace("7.0.15", version));
            let (server, version) = ("redis:6379".to_owned(), version.to_owned());
            assert_eq!(found, Err(Unfit::TooOld { server, version }.into()));
        }
        assert_eq!(judged(&GOOD.replace("7.0.15", "8.2.0")), Ok(()));
    }

    #[test]
    fn clocks_may_be_two_seconds_apart() {
        assert_eq!(apart("a", "b", -2000), Ok(()));
        let (server, other) = ("a".to_owned(), "b".to_owned());
        let error = Unfit::ClocksApart { server, other, apart: Duration::from_millis(2001) };
        assert_eq!(apart("a", "b", -2001), Err(error));
    }
}
