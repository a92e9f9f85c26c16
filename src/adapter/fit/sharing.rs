//! Whether others use the same prefix for something else.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use redis::{Value, cmd, pipe};
use sha2::{Digest as _, Sha256};

use crate::adapter::answers::{number, pairs};
use crate::adapter::connect::Link;
use crate::adapter::fault::Fault;
use crate::adapter::keys::Keys;
use crate::config;

use super::Unfit;

/// Bytes of each hash that are kept: enough to tell clusters apart, too few to find a secret with.
const KEPT: usize = 4;

/// An app's id, and a hash of each of its secrets. A secret that is about to be replaced stands beside the new one, so
/// nodes of one cluster have one in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    app: String,
    secrets: Vec<String>,
}

impl Digest {
    /// Of a configured app.
    #[must_use]
    pub fn of(app: &config::App) -> Self {
        let hash = |credential: &config::Credential| {
            let mut hash = Sha256::new();
            for part in [app.id.as_str(), &credential.key, credential.secret.expose()] {
                hash.update(part);
                hash.update([0]);
            }
            hash.finalize().iter().take(KEPT).map(|byte| format!("{byte:02x}")).collect()
        };
        Self { app: app.id.as_str().to_owned(), secrets: app.credentials.iter().map(hash).collect() }
    }
}

/// Checks that nodes that are alive, but not `former` ones of ours, have no other secrets for the same apps.
pub(in crate::adapter) async fn shared(
    link: &mut Link,
    keys: &Keys,
    prefix: &str,
    digests: &[Digest],
) -> Result<(), Fault> {
    let time = link.ask(&cmd("TIME")).await?;
    let seconds = match &time {
        Value::Array(parts) => parts.first().and_then(|seconds| number(seconds).ok()),
        _ => None,
    };
    let now_ms = seconds.ok_or_else(|| link.unreadable("TIME"))? * 1000;
    let mut asked = pipe();
    asked.cmd("ZCOUNT").arg(keys.cluster("nodes")).arg(now_ms).arg("+inf");
    asked.cmd("HGETALL").arg(keys.cluster("apps"));
    let answers: [Value; 2] = link.ask_all(&asked).await?.try_into().map_err(|_| link.unreadable("HGETALL"))?;
    let [alive, apps] = answers;
    if number(&alive).map_err(|_| link.unreadable("ZCOUNT"))? == 0 {
        link.ask(cmd("DEL").arg(keys.cluster("apps"))).await?;
        return Ok(());
    }
    let apps = pairs(apps).map_err(|_| link.unreadable("HGETALL"))?;
    for Digest { app, secrets } in digests {
        let known = apps.iter().find(|(id, _)| id == app.as_bytes());
        let Some((_, known)) = known else { continue };
        let is_ours = |known: &[u8]| secrets.iter().any(|secret| secret.as_bytes() == known);
        if !known.split(|byte| *byte == b' ').any(is_ours) {
            return Err(Unfit::PrefixTaken { prefix: prefix.to_owned(), app: app.clone() }.into());
        }
    }
    Ok(())
}

/// Says which apps this node has.
pub(in crate::adapter) async fn settle(link: &mut Link, keys: &Keys, digests: &[Digest]) -> Result<(), Fault> {
    if digests.is_empty() {
        return Ok(());
    }
    let mut command = cmd("HSET");
    command.arg(keys.cluster("apps"));
    for Digest { app, secrets } in digests {
        command.arg(app).arg(secrets.join(" "));
    }
    link.ask(&command).await.map(drop)
}
