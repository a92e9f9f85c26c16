//! Questions of the HTTP API.

use redis::{Cmd, Value, cmd};

use crate::hub::far::{Place, Whose};
use crate::hub::{AppIndex, ChannelState, ChannelSummary, Kept};
use crate::protocol::{AppId, UserId};

use crate::adapter::answers::{number, pairs, totals};
use crate::adapter::envelope::{Unreadable, text};
use crate::adapter::keys::{BUCKETS, Keys, named_place};

use super::look::{looked, read_kept};

/// One command for each bucket, with the bucket; each is answered by a part of [`channels`].
pub(in crate::adapter) fn list_channels(keys: &Keys, app: &AppId) -> Vec<(u16, Cmd)> {
    let command = |bucket| {
        let mut command = cmd("HGETALL");
        command.arg(keys.occupied(bucket, app));
        (bucket, command)
    };
    (0..BUCKETS).map(command).collect()
}

/// The occupied channels of one bucket whose names start so.
pub(in crate::adapter) fn channels(answer: Value, prefix: &str) -> Result<Vec<ChannelSummary>, Unreadable> {
    let mut found = Vec::new();
    for (field, value) in pairs(answer)? {
        let (subscriptions, members) = totals(&value)?;
        let field = text(&field)?;
        let is_asked = field.strip_prefix('c').is_some_and(|name| name.starts_with(prefix));
        // The app is known to who asks.
        let Some(Place::Channel(channel)) = named_place(AppIndex(0), field).filter(|_| is_asked && subscriptions > 0)
        else {
            continue;
        };
        let members = channel.name.kind().is_presence().then_some(members);
        found.push(ChannelSummary { name: channel.name, subscriptions, members });
    }
    Ok(found)
}

/// Connections at other nodes.
pub(in crate::adapter) fn connections(answer: &Value) -> Result<usize, Unreadable> {
    usize::try_from(number(answer)?).map_err(|_| Unreadable)
}

/// One channel, from a look at its cached event.
pub(in crate::adapter) fn channel_state(answer: Value) -> Result<ChannelState, Unreadable> {
    let (look, members) = looked(answer, |_| Whose::Other)?;
    let cached = look.cached.map(|past| (past.stay.record.data, past.left));
    Ok(ChannelState { subscriptions: look.total, members, cached })
}

/// Who is there, from a look at its members.
pub(in crate::adapter) fn member_ids(answer: Value) -> Result<Vec<UserId>, Unreadable> {
    Ok(looked(answer, |_| Whose::Other)?.0.members.into_iter().map(|(id, _)| id).collect())
}

/// The retained events, from a look at them.
pub(in crate::adapter) fn retained(answer: Value) -> Result<Vec<Kept>, Unreadable> {
    let (look, _) = looked(answer, |_| Whose::Other)?;
    Ok(look.retained.into_iter().map(|past| read_kept(past.position, *past.stay)).collect())
}
