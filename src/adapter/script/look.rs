//! How places stand.

use std::time::Duration;

use bytes::Bytes;
use redis::{Cmd, Value};

use crate::hub::far::{Look, Origin, Past, Position, Stay, Whose};
use crate::hub::{Kept, Page};
use crate::protocol::{UserId, UserInfo};

use crate::adapter::answers::{bytes, decimal, list, number, pairs, position, totals, tuple};
use crate::adapter::envelope::{Reader, Unreadable, read_info, read_stay, read_user, text};
use crate::adapter::keys::Address;

use super::{Scripts, run};

/// What is asked for besides position and total.
#[derive(Debug, Clone, Copy)]
pub(in crate::adapter) enum Parts {
    /// All, and past and late events above this position.
    All(Option<Position>),
    /// Members.
    Members,
    /// Retained events.
    Retained,
    /// The cached event.
    Cached,
}

impl Scripts {
    /// Asks how a place stands; answered by [`looked`].
    pub(in crate::adapter) fn look(&self, address: &Address, parts: Parts) -> Cmd {
        let [position, members, retained, cached, past, late] =
            ['v', 'm', 'r', 'c', 'h', 'l'].map(|kind| address.key(kind));
        let mut command = run(&self.look, &[position, address.occupied(), members, retained, cached, past, late]);
        let (letters, after) = match parts {
            Parts::All(after) => ("mrc", after),
            Parts::Members => ("m", None),
            Parts::Retained => ("r", None),
            Parts::Cached => ("c", None),
        };
        command.arg(address.field()).arg(letters);
        match after {
            Some(after) => command.arg(after.0),
            None => command.arg(""),
        };
        command
    }

    /// Asks for at most `limit` past events above a serial; answered by [`page`].
    pub(in crate::adapter) fn past(&self, address: &Address, after: Option<u64>, limit: usize) -> Cmd {
        let mut command = run(&self.past, &[address.key('h')]);
        command.arg(after.unwrap_or_default()).arg(limit);
        command
    }
}

/// How a place stands, and how many members it has, also when they are not asked for.
pub(in crate::adapter) fn looked(answer: Value, whose: impl Fn(Origin) -> Whose) -> Result<(Look, usize), Unreadable> {
    let [now_ms, at, counts, members, retained, cached, past, late] = tuple(answer)?;
    let now_ms = number(&now_ms)?;
    let (total, count) = totals(&bytes(counts)?)?;
    let mut members: Vec<_> = pairs(members)?.iter().map(|(id, value)| member(id, value)).collect::<Result<_, _>>()?;
    members.sort_unstable_by_key(|(position, _)| *position);
    let all = list(retained)?.into_iter().map(|value| kept(bytes(value)?));
    let mut retained = all.collect::<Result<Vec<_>, _>>()?;
    retained.retain(|(_, end)| *end > now_ms);
    retained.sort_unstable_by_key(|((position, ..), _)| *position);
    let left = |end: u64| Duration::from_millis(end.saturating_sub(now_ms));
    let told = |(position, origin, stay), left| Past { position, source: (origin, whose(origin)), stay, left };
    let events = list(past)?.into_iter().chain(list(late)?);
    let mut missed = events.map(read_past).collect::<Result<Vec<_>, _>>()?;
    missed.sort_unstable_by_key(|(position, ..)| *position);
    // An event may be both.
    missed.dedup_by_key(|(position, ..)| *position);
    let look = Look {
        position: position(&at)?,
        total,
        members: members.into_iter().map(|(_, member)| member).collect(),
        retained: retained.into_iter().map(|(event, end)| told(event, left(end))).collect(),
        cached: read_cached(list(cached)?)?.map(|(event, left)| told(event, left)),
        missed: missed.into_iter().map(|event| told(event, Duration::ZERO)).collect(),
    };
    Ok((look, count))
}

/// A page of past events.
pub(in crate::adapter) fn page(answer: Value) -> Result<Page, Unreadable> {
    let [first, last, events] = tuple(answer)?;
    let end = |id: Value| match &*bytes(id)? {
        [] => Ok(None),
        id => stream_position(id).map(|position| Some(position.0)),
    };
    let event = |entry| read_past(entry).map(|(position, _, stay)| read_kept(position, *stay));
    let events = list(events)?.into_iter().map(event).collect::<Result<_, _>>()?;
    Ok(Page { events, first: end(first)?, last: end(last)? })
}

/// A kept event as the HTTP API reads it.
pub(super) fn read_kept(position: Position, stay: Stay) -> Kept {
    Kept { serial: position.0, name: stay.record.name, data: stay.record.data, at_ms: stay.record.at_ms }
}

/// `<holders> <position> <info>`.
fn member(id: &[u8], value: &Bytes) -> Result<(Position, (UserId, UserInfo)), Unreadable> {
    let mut parts = value.splitn(3, |byte| *byte == b' ').skip(1);
    let position = decimal(parts.next().ok_or(Unreadable)?)?;
    let info = read_info(parts.next().ok_or(Unreadable)?)?;
    Ok((Position(position), (read_user(id)?, info)))
}

/// An event with its position and whose it is.
type Placed = (Position, Origin, Box<Stay>);

/// A retained event with its position and its end.
fn kept(value: Bytes) -> Result<(Placed, u64), Unreadable> {
    let mut reader = Reader::new(value);
    let (position, end) = (Position(reader.u64()?), reader.u64()?);
    let (origin, stay) = read_stay(reader.rest())?;
    Ok(((position, origin, stay), end))
}

fn read_cached(value: Vec<Value>) -> Result<Option<(Placed, Duration)>, Unreadable> {
    if value.is_empty() {
        return Ok(None);
    }
    let [event, left] = <[Value; 2]>::try_from(value).map_err(|_| Unreadable)?;
    let mut reader = Reader::new(bytes(event)?);
    let position = Position(reader.u64()?);
    let (origin, stay) = read_stay(reader.rest())?;
    Ok(Some(((position, origin, stay), Duration::from_millis(number(&left)?))))
}

/// An entry of the stream: its id, and field `e` first.
fn read_past(entry: Value) -> Result<Placed, Unreadable> {
    let [id, fields] = tuple(entry)?;
    let (_, event) = pairs(fields)?.into_iter().next().ok_or(Unreadable)?;
    let (origin, stay) = read_stay(event)?;
    Ok((stream_position(&bytes(id)?)?, origin, stay))
}

fn stream_position(id: &[u8]) -> Result<Position, Unreadable> {
    let (position, _) = text(id)?.split_once('-').ok_or(Unreadable)?;
    decimal(position.as_bytes()).map(Position)
}
