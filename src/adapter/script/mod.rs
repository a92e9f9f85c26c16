//! Scripts that change and read the shared truth, the commands that run them, and their answers.
//!
//! A script is sent by its hash: whoever connects loads all of them first ([`Scripts::load`]), and again when Redis
//! answers NOSCRIPT. All keys of one command are in one slot.

mod ask;
mod lease;
mod look;
mod order;
mod role;
mod share;
mod stay;
#[cfg(test)]
mod tests;

use redis::{Cmd, cmd};

use crate::hub::far::{Event, Origin};

use super::envelope::{Unreadable, write_event};
use super::keys::Address;

pub(super) use ask::{channel_state, channels, connections, list_channels, member_ids, retained};
pub(super) use lease::{Facts, Joined, Renewed, claimed, is_held, joined, renewed, speakers};
pub(super) use look::{Parts, looked, page};
pub(super) use order::{Told, orders, told};
pub(super) use role::{Candidate, Holder, holder};
pub(super) use share::{Lease, reaped, synced};
pub(super) use stay::{NONE, Sending, is_out_of_turn, stayed};

/// A node without a lease may change nothing: others may have removed its share already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The lease is over.
    #[error("this node's lease is over")]
    Expired,
    /// The answer cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// All scripts, and how what they tell is published.
#[derive(Debug)]
pub(super) struct Scripts {
    publish: &'static str,
    relay: Script,
    sync: Script,
    reap: Script,
    stay: Script,
    look: Script,
    past: Script,
    join: Script,
    renew: Script,
    claim: Script,
    hold: Script,
    forget: Script,
    adopt: Script,
    connections: Script,
    order: Script,
    tell: Script,
    role: Script,
    resign: Script,
}

#[derive(Debug)]
struct Script {
    code: &'static str,
    hash: String,
}

macro_rules! script {
    ($name:literal) => {{
        let code = concat!(include_str!("../scripts/prelude.lua"), include_str!(concat!("../scripts/", $name, ".lua")));
        Script { code, hash: redis::Script::new(code).get_hash().to_owned() }
    }};
}

impl Scripts {
    /// `is_sharded`: topics are those of a cluster's shards.
    pub(super) fn new(is_sharded: bool) -> Self {
        Self {
            publish: if is_sharded { "SPUBLISH" } else { "PUBLISH" },
            relay: script!("relay"),
            sync: script!("sync"),
            reap: script!("reap"),
            stay: script!("stay"),
            look: script!("look"),
            past: script!("past"),
            join: script!("join"),
            renew: script!("renew"),
            claim: script!("claim"),
            hold: script!("hold"),
            forget: script!("forget"),
            adopt: script!("adopt"),
            connections: script!("connections"),
            order: script!("order"),
            tell: script!("tell"),
            role: script!("role"),
            resign: script!("resign"),
        }
    }

    /// Commands that load all scripts, for each server. Other nodes' pipelines go on in between: what asks for an event
    /// that stays to have gone before is there first.
    pub(super) fn load(&self) -> impl Iterator<Item = Cmd> {
        let Self { relay, sync, reap, stay, look, past, join, renew, claim, hold, forget, .. } = self;
        let Self { adopt, connections, order, tell, role, resign, .. } = self;
        let of_places = [relay, sync, reap, stay, look, past];
        let of_nodes = [join, renew, claim, hold, forget, adopt, connections, order, tell, role, resign];
        of_places.into_iter().chain(of_nodes).map(|script| {
            let mut command = cmd("SCRIPT");
            command.arg("LOAD").arg(script.code);
            command
        })
    }

    /// Tells other nodes' subscribers of an event that does not stay.
    pub(super) fn relay(&self, origin: Origin, address: &Address, event: &Event) -> Cmd {
        let mut command = cmd(self.publish);
        command.arg(address.topic()).arg(write_event(origin, event));
        command
    }
}

/// A command that runs a script with these keys; arguments follow.
fn run(script: &Script, keys: &[String]) -> Cmd {
    let mut command = cmd("EVALSHA");
    command.arg(&script.hash).arg(keys.len()).arg(keys);
    command
}
