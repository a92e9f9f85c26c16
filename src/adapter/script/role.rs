//! Roles: what one node does for all, and no other at the same time.

use std::time::Duration;

use redis::{Cmd, Value};

use crate::hub::far::Origin;

use crate::adapter::answers::{bytes, number, tuple};
use crate::adapter::envelope::{Unreadable, millis, text};
use crate::adapter::keys::{Keys, hex};

use super::{Scripts, run};

/// Who wants a role.
#[derive(Debug, Clone, Copy)]
pub(in crate::adapter) struct Candidate<'a> {
    pub(in crate::adapter) role: &'a str,
    pub(in crate::adapter) life: Origin,
    pub(in crate::adapter) name: &'a str,
    /// How long the role lasts without being kept, and how long after that nobody else begins.
    pub(in crate::adapter) lease: Duration,
    pub(in crate::adapter) grace: Duration,
}

/// Who has a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapter) struct Holder {
    pub(in crate::adapter) is_us: bool,
    pub(in crate::adapter) life: Origin,
    pub(in crate::adapter) name: Box<str>,
}

impl Scripts {
    /// Takes or keeps a role; answered by [`holder`].
    pub(in crate::adapter) fn role(&self, keys: &Keys, candidate: &Candidate<'_>) -> Cmd {
        let Candidate { role, life, name, lease, grace } = candidate;
        let mut command = run(&self.role, &[keys.role(role)]);
        command.arg(hex(*life)).arg(*name).arg(millis(*lease)).arg(millis(*grace));
        command
    }

    /// Gives a role up, if the node has it.
    pub(in crate::adapter) fn resign(&self, keys: &Keys, role: &str, life: Origin) -> Cmd {
        let mut command = run(&self.resign, &[keys.role(role)]);
        command.arg(hex(life));
        command
    }
}

pub(in crate::adapter) fn holder(answer: Value) -> Result<Holder, Unreadable> {
    let [is_us, life, name] = tuple(answer)?;
    let life = u64::from_str_radix(text(&bytes(life)?)?, 16).map_err(|_| Unreadable)?;
    Ok(Holder { is_us: number(&is_us)? == 1, life: Origin(life), name: text(&bytes(name)?)?.into() })
}
