//! Events that stay.

use std::time::Duration;

use redis::{Cmd, Value};

use crate::hub::far::{Event, LATE, Origin, Outcome, Stay};

use crate::adapter::answers::{list, position};
use crate::adapter::envelope::{Unreadable, millis, write_event, write_stay};
use crate::adapter::keys::{Address, hex};

use super::{Scripts, run};

/// Redis takes no time of nothing, and adds times to its own without overflow below this one (139 years).
const LONGEST: u64 = 1 << 42;

/// The number of an event of which nothing stays: listeners know it by its own.
pub(in crate::adapter) const NONE: u64 = 0;

/// What tells a request that is sent again, and what goes before it. Sent in the order of numbers, in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter) struct Sending {
    /// Who counts; the same over a node's lives.
    pub(in crate::adapter) sender: Origin,
    /// Rises with each event that stays of the sender in the bucket; from 1, or [`NONE`].
    pub(in crate::adapter) number: u64,
    /// The one that was sent just before in the same pipeline: where that was not carried out, this one is not either.
    pub(in crate::adapter) after: Option<u64>,
}

impl Scripts {
    /// Keeps an event as it asks and tells all listeners; answered by [`stayed`].
    pub(in crate::adapter) fn stay(&self, sending: Sending, address: &Address, stay: &Stay) -> Cmd {
        let mut keys: Vec<String> = vec![address.sender(sending.sender), address.key('v'), address.occupied()];
        keys.extend(['r', 'z', 'h', 'c', 'l'].map(|kind| address.key(kind)));
        keys.extend(stay.id.map(|id| address.id(id.key)));
        let mut command = run(&self.stay, &keys);
        let sent = format!("{} {}", hex(sending.sender), sending.number);
        command.arg(self.publish).arg(address.topic()).arg(address.field()).arg(sent).arg(sending.number);
        command.arg(write_stay(sending.sender, stay)).arg(stay.id.map_or(0, |id| bounded(id.window)));
        match &stay.retain {
            Some(retain) => command.arg(&*retain.key).arg(bounded(retain.age)).arg(retain.keys),
            None => command.arg("").arg("").arg(""),
        };
        match stay.history {
            Some(history) => command.arg(history.events).arg(bounded(history.age)),
            None => command.arg("").arg(""),
        };
        match stay.cache {
            Some(ttl) => command.arg(bounded(ttl)),
            None => command.arg(""),
        };
        if stay.is_late {
            command.arg(LATE.events).arg(bounded(LATE.age))
        } else {
            command.arg("").arg("")
        };
        match sending.after {
            Some(number) => command.arg(number),
            None => command.arg(""),
        };
        command
    }

    /// Tells other nodes' subscribers of an event that does not stay, and goes after one that does.
    pub(in crate::adapter) fn relay_after(&self, sender: Origin, address: &Address, event: &Event, number: u64) -> Cmd {
        let mut command = run(&self.relay, &[address.sender(sender)]);
        command.arg(self.publish).arg(address.topic()).arg(write_event(sender, event)).arg(number);
        command
    }
}

fn bounded(time: Duration) -> u64 {
    millis(time).clamp(1, LONGEST)
}

/// Whether an event was not carried out since what goes before it was not.
pub(in crate::adapter) fn is_out_of_turn(answer: &Value) -> bool {
    matches!(answer, Value::Array(parts) if matches!(parts.as_slice(), [Value::Int(4)]))
}

/// What became of an event that is to stay.
pub(in crate::adapter) fn stayed(answer: Value) -> Result<Outcome, Unreadable> {
    match &*list(answer)? {
        [Value::Int(1), previous, at] => Ok(Outcome::At(position(previous)?, position(at)?)),
        [Value::Int(2)] => Ok(Outcome::Known),
        [Value::Int(3)] => Ok(Outcome::Before),
        _ => Err(Unreadable),
    }
}
