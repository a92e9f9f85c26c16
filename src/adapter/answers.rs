//! Reads what Redis answers, under RESP2 and RESP3 alike.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use bytes::Bytes;
use redis::Value;

use crate::hub::far::Position;

use super::envelope::{Unreadable, text};

pub(super) fn list(value: Value) -> Result<Vec<Value>, Unreadable> {
    match value {
        Value::Array(list) | Value::Set(list) => Ok(list),
        Value::Nil => Ok(Vec::new()),
        _ => Err(Unreadable),
    }
}

/// A list of so many.
pub(super) fn tuple<const N: usize>(value: Value) -> Result<[Value; N], Unreadable> {
    list(value)?.try_into().map_err(|_| Unreadable)
}

/// Keys and values of a hash.
pub(super) fn pairs(value: Value) -> Result<Vec<(Bytes, Bytes)>, Unreadable> {
    if let Value::Map(pairs) = value {
        return pairs.into_iter().map(|(key, value)| Ok((bytes(key)?, bytes(value)?))).collect();
    }
    let mut list = list(value)?.into_iter();
    let mut pairs = Vec::with_capacity(list.len() / 2);
    while let Some(key) = list.next() {
        pairs.push((bytes(key)?, bytes(list.next().ok_or(Unreadable)?)?));
    }
    Ok(pairs)
}

pub(super) fn bytes(value: Value) -> Result<Bytes, Unreadable> {
    match value {
        Value::BulkString(bytes) => Ok(bytes.into()),
        Value::SimpleString(text) => Ok(text.into()),
        _ => Err(Unreadable),
    }
}

pub(super) fn number(value: &Value) -> Result<u64, Unreadable> {
    match value {
        Value::Int(number) => u64::try_from(*number).map_err(|_| Unreadable),
        Value::BulkString(digits) => decimal(digits),
        _ => Err(Unreadable),
    }
}

pub(super) fn position(value: &Value) -> Result<Position, Unreadable> {
    number(value).map(Position)
}

pub(super) fn decimal<T: std::str::FromStr>(digits: &[u8]) -> Result<T, Unreadable> {
    text(digits)?.parse().map_err(|_| Unreadable)
}

/// `<total> <members>`, as it stands in `T:o:<app>`.
pub(super) fn totals(value: &[u8]) -> Result<(usize, usize), Unreadable> {
    let (total, members) = text(value)?.split_once(' ').ok_or(Unreadable)?;
    Ok((decimal(total.as_bytes())?, decimal(members.as_bytes())?))
}

/// Whether a script refused to do anything for a node that has no lease.
pub(super) fn is_expired(value: &Value) -> bool {
    matches!(value, Value::BulkString(word) if word == b"expired")
}
