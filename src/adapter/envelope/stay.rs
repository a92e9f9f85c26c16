//! Events that stay, as they lie in Redis and cross the wire.
//!
//! ```text
//! origin u64, number u64, since u32, at_ms u64,
//! flags u8 (1 except, 2 id, 4 retain, 8 history, 16 cache, 32 data is a part of the frame,
//! 64 late),
//! [except 2 u64] [id u128, window u64] [key length u32, key, age u64, keys u64] [events u64, age u64] [ttl u64],
//! name length u32, name, data (its start and length in the frame, 2 u32; else length u32, data), frame
//! ```
//!
//! Times are milliseconds.

use std::time::Duration;

use bytes::{BufMut, Bytes};

use crate::hub::far::{Event, Origin, Stay};
use crate::hub::{EventId, History, Record, Retain};

use super::event::{read_except, read_frame, read_number, write_except, write_number};
use super::{Reader, Unreadable, text};

const EXCEPT: u8 = 1;
const ID: u8 = 2;
const RETAIN: u8 = 4;
const HISTORY: u8 = 8;
const CACHE: u8 = 16;
const WITHIN: u8 = 32;
const LATE: u8 = 64;
const ALL: u8 = 127;

/// Bytes of all fields of a fixed size, at most.
const FIELDS: usize = 128;

pub(in crate::adapter) fn write_stay(origin: Origin, stay: &Stay) -> Vec<u8> {
    let Stay { event, id, retain, history, cache, is_late, record } = stay;
    let within = place_within(&record.data, event.frame.bytes());
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(event.except.is_some(), EXCEPT)
        | flag(id.is_some(), ID)
        | flag(retain.is_some(), RETAIN)
        | flag(history.is_some(), HISTORY)
        | flag(cache.is_some(), CACHE)
        | flag(within.is_some(), WITHIN)
        | flag(*is_late, LATE);
    let mut out = Vec::with_capacity(FIELDS + record.name.len() + event.frame.len());
    write_number(origin, event.number, &mut out);
    out.put_u64(record.at_ms);
    out.put_u8(flags);
    write_except(event.except, &mut out);
    if let Some(EventId { key, window }) = id {
        out.put_u128(*key);
        out.put_u64(millis(*window));
    }
    if let Some(Retain { key, age, keys }) = retain {
        write_part(key.as_bytes(), &mut out);
        out.put_u64(millis(*age));
        out.put_u64(*keys as u64);
    }
    if let Some(History { events, age }) = history {
        out.put_u64(*events as u64);
        out.put_u64(millis(*age));
    }
    cache.iter().for_each(|ttl| out.put_u64(millis(*ttl)));
    write_part(record.name.as_bytes(), &mut out);
    match within {
        Some((start, length)) => {
            out.put_u32(start);
            out.put_u32(length);
        }
        None => write_part(&record.data, &mut out),
    }
    out.put_slice(event.frame.as_bytes());
    out
}

pub(in crate::adapter) fn read_stay(bytes: Bytes) -> Result<(Origin, Box<Stay>), Unreadable> {
    let mut reader = Reader::new(bytes);
    let (origin, number) = read_number(&mut reader)?;
    let at_ms = reader.u64()?;
    let flags = reader.u8()?;
    if flags & !ALL != 0 {
        return Err(Unreadable);
    }
    let has = |flag: u8| (flags & flag != 0).then_some(());
    let except = has(EXCEPT).map(|()| read_except(&mut reader)).transpose()?;
    let id = has(ID).map(|()| Ok(EventId { key: reader.u128()?, window: time(&mut reader)? })).transpose()?;
    let retain = has(RETAIN).map(|()| read_retain(&mut reader)).transpose()?;
    let history =
        has(HISTORY).map(|()| Ok(History { events: reader.count()?, age: time(&mut reader)? })).transpose()?;
    let cache = has(CACHE).map(|()| time(&mut reader)).transpose()?;
    let name = text(&reader.part()?)?.into();
    let (data, frame) = match has(WITHIN) {
        Some(()) => {
            let (start, length) = (reader.u32()?, reader.u32()?);
            let frame = read_frame(reader.rest())?;
            (part_of(frame.bytes(), start, length)?, frame)
        }
        None => (reader.part()?, read_frame(reader.rest())?),
    };
    let event = Event { number, except, frame };
    let record = Record { name, data, at_ms };
    let is_late = has(LATE).is_some();
    Ok((origin, Box::new(Stay { event, id, retain, history, cache, is_late, record })))
}

fn read_retain(reader: &mut Reader) -> Result<Retain, Unreadable> {
    let key = text(&reader.part()?)?.into();
    Ok(Retain { key, age: time(reader)?, keys: reader.count()? })
}

fn time(reader: &mut Reader) -> Result<Duration, Unreadable> {
    reader.u64().map(Duration::from_millis)
}

pub(in crate::adapter) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Parts are below 2^32 bytes: limits for names and events are far lower. A longer one would be cut.
fn write_part(part: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    out.put_u32(length);
    out.extend(part.iter().take(length as usize));
}

/// Where `part` lies in `whole`, when it shares its memory.
fn place_within(part: &Bytes, whole: &Bytes) -> Option<(u32, u32)> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some((u32::try_from(start).ok()?, u32::try_from(part.len()).ok()?))
}

fn part_of(frame: &Bytes, start: u32, length: u32) -> Result<Bytes, Unreadable> {
    let (start, length) = (start as usize, length as usize);
    let end = start.checked_add(length).filter(|end| *end <= frame.len()).ok_or(Unreadable)?;
    Ok(frame.slice(start..end))
}
