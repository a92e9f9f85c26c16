//! Shares: what one node has of a place.

use redis::{Cmd, Value};

use crate::hub::far::{Origin, Share, Synced, Ticket, Totals};

use crate::adapter::answers::{bytes, is_expired, list, number, position, tuple};
use crate::adapter::envelope::{Heard, Unreadable, read_user, write_info};
use crate::adapter::keys::{Address, Keys, hex};

use super::{Refused, Scripts, run};

/// A node's life and until when it may change the shared truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter) struct Lease {
    /// Whose it is.
    pub(in crate::adapter) origin: Origin,
    /// Its end in Redis' Unix milliseconds, as last confirmed.
    pub(in crate::adapter) end_ms: u64,
    /// The node's life before, until nothing is left of it.
    pub(in crate::adapter) former: Option<Origin>,
    /// Tells the node's connections from those that it gave up; rises.
    pub(in crate::adapter) session: u64,
}

impl Scripts {
    /// Sets a node's share of a place; answered by [`synced`].
    pub(in crate::adapter) fn sync(&self, keys: &Keys, lease: Lease, address: &Address, share: &Share) -> Cmd {
        let shares = |origin| [keys.shares(address.bucket, origin), keys.held(address.bucket, origin)];
        let mut names = shares(lease.origin).to_vec();
        names.extend([address.key('m'), address.key('v'), address.occupied()]);
        names.push(keys.sessions(address.bucket));
        names.extend(lease.former.into_iter().flat_map(shares));
        let mut command = run(&self.sync, &names);
        command.arg(lease.end_ms).arg(self.publish).arg(keys.tag(address.bucket)).arg(address.place());
        command.arg(share.subscriptions).arg(rule(share.totals)).arg(share.member_limit);
        command.arg(hex(lease.origin)).arg(lease.session);
        for (id, info) in &share.members {
            command.arg(id.as_str()).arg(info.as_ref().map(write_info).unwrap_or_default());
        }
        command
    }

    /// Removes at most `limit` entries of what a node that is gone had in a bucket; answered by [`reaped`], and to be
    /// repeated until nothing is left.
    pub(in crate::adapter) fn reap(&self, keys: &Keys, origin: Origin, bucket: u16, limit: usize) -> Cmd {
        let names = [keys.shares(bucket, origin), keys.held(bucket, origin), keys.sessions(bucket)];
        let mut command = run(&self.reap, &names);
        command.arg(self.publish).arg(keys.tag(bucket)).arg(limit).arg(hex(origin));
        command
    }
}

const fn rule(totals: Totals) -> u8 {
    match totals {
        Totals::Silent => 0,
        Totals::Edges => 1,
        Totals::All => 2,
    }
}

/// What a sync has changed.
pub(in crate::adapter) fn synced(answer: Value, ticket: Ticket) -> Result<Synced, Refused> {
    if is_expired(&answer) {
        return Err(Refused::Expired);
    }
    let [at, changes, refused] = tuple(answer)?;
    let change = |message| match Heard::read(bytes(message)?)? {
        Heard::Changed(previous, position, change) => Ok((previous, position, change)),
        Heard::Event(..) | Heard::Stayed(..) => Err(Unreadable),
    };
    let changes = list(changes)?.into_iter().map(change).collect::<Result<_, _>>()?;
    let refused = list(refused)?.into_iter().map(|id| read_user(&bytes(id)?)).collect::<Result<_, _>>()?;
    Ok(Synced { ticket, position: position(&at)?, changes, refused })
}

/// Entries that are left to reap.
pub(in crate::adapter) fn reaped(answer: &Value) -> Result<u64, Unreadable> {
    number(answer)
}
