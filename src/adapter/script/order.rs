//! What is said to all nodes, and to one.

use std::time::Duration;

use bytes::Bytes;
use redis::{Cmd, Value, cmd};

use crate::adapter::answers::{bytes, decimal, list, number, pairs, tuple};
use crate::adapter::envelope::{Unreadable, millis};
use crate::adapter::keys::Keys;

use super::{Scripts, run};

/// How much of what concerns all nodes is kept for those that cannot hear it, and how long.
const KEPT: usize = 10_000;
const AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How much of it is read again: after a fail-over entries may bear the time of a clock that is behind.
const OVERLAP: Duration = Duration::from_secs(60);

/// What became of something that was said to one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter) enum Told {
    /// It hears it.
    Heard,
    /// It lives, and does not hear it now.
    Deaf,
    /// There is no such node.
    Nobody,
}

impl Scripts {
    /// Tells all nodes something, those that are away when they come back. The topic is a plain one, also in a cluster: its
    /// servers pass it on to each other.
    pub(in crate::adapter) fn order(&self, keys: &Keys, message: &[u8]) -> Cmd {
        let mut command = run(&self.order, &[keys.cluster("orders")]);
        command.arg(keys.all()).arg(message).arg(KEPT).arg(millis(AGE));
        command
    }

    /// Asks for what was told to all nodes from shortly before an entry, `None` for all; answered by [`orders`].
    pub(in crate::adapter) fn orders(keys: &Keys, last: Option<u64>) -> Cmd {
        let from = last.map_or(0, |last| last.saturating_sub(millis(OVERLAP)));
        let mut command = cmd("XRANGE");
        command.arg(keys.cluster("orders")).arg(from).arg("+");
        command
    }

    /// Tells one node something; answered by [`told`].
    pub(in crate::adapter) fn tell(&self, keys: &Keys, node: u32, message: &[u8]) -> Cmd {
        let mut command = run(&self.tell, &[keys.cluster("nodes"), keys.cluster("numbers")]);
        command.arg(keys.at(node)).arg(message).arg(node);
        command
    }
}

/// Each entry's Unix milliseconds and what was told, oldest first.
pub(in crate::adapter) fn orders(answer: Value) -> Result<Vec<(u64, Bytes)>, Unreadable> {
    let entry = |entry| {
        let [id, fields] = tuple(entry)?;
        let (_, message) = pairs(fields)?.into_iter().next().ok_or(Unreadable)?;
        let id = bytes(id)?;
        let time = id.split(|byte| *byte == b'-').next().unwrap_or_default();
        Ok((decimal(time)?, message))
    };
    list(answer)?.into_iter().map(entry).collect()
}

pub(in crate::adapter) fn told(answer: &Value) -> Result<Told, Unreadable> {
    match number(answer)? {
        0 => Ok(Told::Deaf),
        1 => Ok(Told::Heard),
        2 => Ok(Told::Nobody),
        _ => Err(Unreadable),
    }
}
