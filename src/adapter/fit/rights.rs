//! What the user may do.

use redis::{Pipeline, ServerErrorKind, Value, pipe};

use crate::adapter::connect::Link;
use crate::adapter::fault::Fault;
use crate::config::{self, RedisMode};

use super::Unfit;

/// Milliseconds after which the key that was tried is gone, should it not be deleted.
const TRIED: u64 = 1000;

/// Commands of scripts with arguments that fit them. Carried out on a key that holds a text, most only say that it does
/// not fit; whether they are allowed is said before.
const COMMANDS: &[&[&str]] = &[
    &["GET"],
    &["PEXPIRE", "1000"],
    &["PERSIST"],
    &["PTTL"],
    &["HSET", "a", "b"],
    &["HGET", "a"],
    &["HGETALL"],
    &["HDEL", "a"],
    &["HLEN"],
    &["HEXISTS", "a"],
    &["HVALS"],
    &["HRANDFIELD", "1"],
    &["SADD", "a"],
    &["SREM", "a"],
    &["SCARD"],
    &["SISMEMBER", "a"],
    &["SRANDMEMBER", "1"],
    &["ZADD", "1", "a"],
    &["ZREM", "a"],
    &["ZSCORE", "a"],
    &["ZCARD"],
    &["ZRANGE", "0", "1"],
    &["ZCOUNT", "0", "1"],
    &["XADD", "*", "a", "b"],
    &["XTRIM", "MAXLEN", "1"],
    &["XRANGE", "-", "+"],
    &["XREVRANGE", "+", "-"],
];

/// Tries all that will be needed, where it does no harm.
pub(super) async fn check(link: &mut Link, config: &config::Adapter, tag: &str) -> Result<(), Fault> {
    let is_sharded = config.mode == RedisMode::Cluster;
    let (key, topic) = (format!("{tag}:try:{:016x}", rand::random::<u64>()), format!("{tag}:t:"));
    let tried = all(&key, &topic, is_sharded);
    let (mut forbidden, mut unknown, mut beyond) = (Vec::new(), Vec::new(), None);
    for value in link.ask_all(&tried).await? {
        let Value::ServerError(error) = value else { continue };
        let text = error.details().unwrap_or_default();
        if error.kind() == Some(ServerErrorKind::NoPerm) {
            match quoted(text) {
                Some(command) => push_once(&mut forbidden, command),
                None => beyond = beyond.or_else(|| Some(reach(&link.server, text, &config.prefix))),
            }
        }
        if text.starts_with("unknown command") {
            quoted(text).into_iter().for_each(|command| push_once(&mut unknown, command));
        }
        if matches!(error.code(), "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "LOADING" | "READONLY" | "MASTERDOWN")
        {
            // A replica that was given as the master is told so by the next check.
            if error.code() != "READONLY" || is_sharded {
                return Err(Fault::refused(&link.server, &error));
            }
        }
    }
    let server = || link.server.to_string();
    if !unknown.is_empty() {
        return Err(Unfit::NoCommand { server: server(), commands: unknown.into() }.into());
    }
    if !forbidden.is_empty() {
        return Err(Unfit::NoRight { server: server(), commands: forbidden.into() }.into());
    }
    beyond.map_or(Ok(()), |unfit| Err(unfit.into()))
}

/// What stands in the first quotation marks: a command. Shapes: `… has no permissions to run the 'get' command`,
/// `unknown command 'GET', with args …`.
fn quoted(text: &str) -> Option<String> {
    text.split('\'').nth(1).map(str::to_lowercase)
}

fn push_once(all: &mut Vec<String>, one: String) {
    if !all.contains(&one) {
        all.push(one);
    }
}

fn all(key: &str, topic: &str, is_sharded: bool) -> Pipeline {
    let mut tried = pipe();
    tried.cmd("SET").arg(key).arg("").arg("PX").arg(TRIED);
    for command in COMMANDS {
        let [name, arguments @ ..] = *command else { continue };
        tried.cmd(name).arg(key).arg(arguments);
    }
    tried.cmd("DEL").arg(key);
    tried.cmd("EVALSHA").arg("0000000000000000000000000000000000000000").arg(1).arg(key);
    tried.cmd("SCRIPT").arg("LOAD").arg("return 1");
    tried.cmd("PUBLISH").arg(topic).arg("");
    tried.cmd("SUBSCRIBE").arg(topic).cmd("UNSUBSCRIBE").arg(topic);
    if is_sharded {
        tried.cmd("SPUBLISH").arg(topic).arg("");
        tried.cmd("SSUBSCRIBE").arg(topic).cmd("SUNSUBSCRIBE").arg(topic);
    }
    tried.cmd("INFO").arg("server");
    tried.cmd("TIME");
    tried.cmd("PING");
    tried
}

/// The command that a user may not run.
pub(in crate::adapter) fn missing(server: &str, text: &str) -> Option<Unfit> {
    let commands = vec![quoted(text)?].into();
    Some(Unfit::NoRight { server: server.to_owned(), commands })
}

/// Shapes: `… to access one of the keys …`, `… to access one of the channels …`.
fn reach(server: &str, text: &str, prefix: &str) -> Unfit {
    let (server, prefix) = (server.to_owned(), prefix.to_owned());
    let what = if text.contains("channel") { "topics" } else { "keys" };
    Unfit::NoReach { server, what, prefix }
}
