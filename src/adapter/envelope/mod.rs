//! What crosses the wire: messages on a place's topic, and events that stay.
//!
//! Binary, numbers big-endian, a message's kind in its first byte:
//!
//! ```text
//! 1 event     origin u64, number u64, since u32, flags u8 (1: except), [except 2 u64], frame
//! 2 stayed    previous u64, position u64, an event that stays (see `stay`)
//! 3 added     previous u64, position u64, length u32, member id, info (0, or 1 and a text)
//! 4 removed   previous u64, position u64, member id
//! 5 total     previous u64, position u64, total u64
//! 10 again    as 2, of what stays already
//! ```
//!
//! Scripts write all but the first (`scripts/prelude.lua`, `scripts/stay.lua`). Kinds 6 to 9 are in `control`. Frames and `data` are slices of what was read.

mod event;
mod reader;
mod stay;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

use crate::hub::far::{Change, Event, Origin, Place, Position, Report, Stay, Whose};
use crate::protocol::{UserId, UserInfo};

pub(super) use event::write_event;
pub(super) use reader::{Reader, text};
pub(super) use stay::{millis, read_stay, write_stay};

const EVENT: u8 = 1;
const STAYED: u8 = 2;
const ADDED: u8 = 3;
const REMOVED: u8 = 4;
const TOTAL: u8 = 5;
const AGAIN: u8 = 10;

/// What came from Redis is not of the shape that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what Redis sent has another shape")]
pub(super) struct Unreadable;

/// A message on a place's topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// An event that does not stay.
    Event(Origin, Event),
    /// An event that stays, with the position before it and its own.
    Stayed(Position, Position, Origin, Box<Stay>),
    /// Members or the total have changed.
    Changed(Position, Position, Change),
}

impl Heard {
    pub(super) fn read(message: Bytes) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(message);
        let kind = reader.u8()?;
        if kind == EVENT {
            let (origin, event) = event::read_event(reader)?;
            return Ok(Self::Event(origin, event));
        }
        let (previous, position) = (Position(reader.u64()?), Position(reader.u64()?));
        if matches!(kind, STAYED | AGAIN) {
            let (origin, stay) = read_stay(reader.rest())?;
            let stay = if kind == AGAIN { Box::new(stay.repeated()) } else { stay };
            return Ok(Self::Stayed(previous, position, origin, stay));
        }
        read_change(kind, reader).map(|change| Self::Changed(previous, position, change))
    }

    /// What a home hears of it; nothing of an event that is said to be a user's.
    pub(super) fn report(self, place: Place, whose: impl Fn(Origin) -> Whose) -> Option<Report> {
        match self {
            Self::Event(origin, event) => match place {
                Place::Channel(channel) => Some(Report::Relayed(channel, (origin, whose(origin)), event)),
                Place::User(_) => None,
            },
            Self::Stayed(previous, position, origin, stay) => {
                let change = Change::Stayed((origin, whose(origin)), stay);
                Some(Report::Changed(place, previous, position, change))
            }
            Self::Changed(previous, position, change) => Some(Report::Changed(place, previous, position, change)),
        }
    }
}

fn read_change(kind: u8, mut reader: Reader) -> Result<Change, Unreadable> {
    match kind {
        ADDED => {
            let id = read_user(&reader.part()?)?;
            Ok(Change::Added(id, read_info(&reader.rest())?))
        }
        REMOVED => Ok(Change::Removed(read_user(&reader.rest())?)),
        TOTAL => {
            let total = reader.count()?;
            if reader.rest().is_empty() { Ok(Change::Total(total)) } else { Err(Unreadable) }
        }
        _ => Err(Unreadable),
    }
}

/// Ids were within limits where they came from.
pub(super) fn read_user(id: &[u8]) -> Result<UserId, Unreadable> {
    UserId::parse(text(id)?, usize::MAX).map_err(|_| Unreadable)
}

pub(super) fn read_info(info: &[u8]) -> Result<UserInfo, Unreadable> {
    match info {
        [0] => Ok(None),
        [1, info @ ..] => Ok(Some(Arc::from(text(info)?))),
        _ => Err(Unreadable),
    }
}

/// A member's info as it stands in messages and keys.
pub(super) fn write_info(info: &UserInfo) -> Vec<u8> {
    match info {
        None => vec![0],
        Some(info) => [&[1], info.as_bytes()].concat(),
    }
}
