//! Plain events.

use bytes::{BufMut, Bytes};

use crate::hub::far::{Event, Number, Origin};
use crate::protocol::{Frame, SocketId};

use super::{EVENT, Reader, Unreadable};

const EXCEPT: u8 = 1;

/// The message of an event that does not stay.
pub(in crate::adapter) fn write_event(origin: Origin, event: &Event) -> Vec<u8> {
    let mut out = Vec::with_capacity(38 + event.frame.len());
    out.put_u8(EVENT);
    write_number(origin, event.number, &mut out);
    out.put_u8(if event.except.is_some() { EXCEPT } else { 0 });
    write_except(event.except, &mut out);
    out.put_slice(event.frame.as_bytes());
    out
}

pub(super) fn read_event(mut reader: Reader) -> Result<(Origin, Event), Unreadable> {
    let (origin, number) = read_number(&mut reader)?;
    let except = match reader.u8()? {
        0 => None,
        EXCEPT => Some(read_except(&mut reader)?),
        _ => return Err(Unreadable),
    };
    Ok((origin, Event { number, except, frame: read_frame(reader.rest())? }))
}

pub(super) fn write_number(origin: Origin, number: Number, out: &mut Vec<u8>) {
    out.put_u64(origin.0);
    out.put_u64(number.value);
    out.put_u32(number.since);
}

pub(super) fn read_number(reader: &mut Reader) -> Result<(Origin, Number), Unreadable> {
    Ok((Origin(reader.u64()?), Number { value: reader.u64()?, since: reader.u32()? }))
}

pub(super) fn write_except(except: Option<SocketId>, out: &mut Vec<u8>) {
    except.into_iter().flat_map(SocketId::halves).for_each(|half| out.put_u64(half));
}

pub(super) fn read_except(reader: &mut Reader) -> Result<SocketId, Unreadable> {
    Ok(SocketId::from_halves([reader.u64()?, reader.u64()?]))
}

pub(super) fn read_frame(bytes: Bytes) -> Result<Frame, Unreadable> {
    Frame::from_wire(bytes).ok_or(Unreadable)
}
