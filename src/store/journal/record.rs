//! A line of the journal.

use std::io::Write as _;

use crate::measurement::Entry;

/// Hexadecimal digits of the checksum.
const DIGITS: usize = 8;

/// Writes an entry.
///
/// Shape: the CRC-32 of the JSON as eight hexadecimal digits, a space, the JSON, a line feed.
pub(super) fn encode(entry: &Entry, into: &mut Vec<u8>) {
    let start = into.len();
    into.extend_from_slice(&[b'0'; DIGITS]);
    into.push(b' ');
    let json = into.len();
    serde_json::to_writer(&mut *into, entry).expect("entries are numbers and texts");
    let sum = crc32fast::hash(into.get(json..).unwrap_or_default());
    if let Some(mut digits) = into.get_mut(start..json) {
        write!(digits, "{sum:08x}").expect("eight digits fit");
    }
    into.push(b'\n');
}

/// Reads a line, its line feed included; `None` when it is not whole.
pub(super) fn decode(line: &[u8]) -> Option<Entry> {
    let line = line.strip_suffix(b"\n")?;
    let (digits, rest) = line.split_at_checked(DIGITS)?;
    let json = rest.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    if crc32fast::hash(json) != sum {
        return None;
    }
    serde_json::from_slice(json).ok()
}
