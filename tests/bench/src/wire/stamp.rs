//! What the generator writes into an event's data, and finds again in what a subscriber gets.

use std::fmt::Write as _;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::clock::Nanos;

const MARK: &[u8] = b"stamp=";
/// Bytes of a written stamp, mark included.
const LENGTH: usize = 6 + 6 + 1 + 8 + 1 + 8 + 1 + 16;

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));

/// Which event this is. Shape: `stamp=<channel>.<number>.<settled>.<sent>`, in 6, 8, 8 and 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) channel: u32,
    /// Counts the events of the channel, from 0.
    pub(crate) number: u32,
    /// All numbers below had been accepted by the server before this event was sent. So nobody may
    /// get one of them after this one, however many requests were under way.
    pub(crate) settled: u32,
    /// When it was sent or, at a given rate, should have been.
    pub(crate) sent: Nanos,
}

impl Stamp {
    /// The stamp in `text`.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let at = FINDER.find(text)?;
        let digits = text.get(at + MARK.len()..at + LENGTH)?;
        Some(Self {
            channel: u32::try_from(hex(digits.get(..6)?)?).ok()?,
            number: u32::try_from(hex(digits.get(7..15)?)?).ok()?,
            settled: u32::try_from(hex(digits.get(16..24)?)?).ok()?,
            sent: hex(digits.get(25..)?)?,
        })
    }

    fn write(&self, out: &mut String) {
        let Self { channel, number, settled, sent } = self;
        write!(out, "stamp={channel:06x}.{number:08x}.{settled:08x}.{sent:016x}")
            .expect("a String takes what is written");
    }
}

/// Makes event data of one size, around a stamp.
#[derive(Debug)]
pub(crate) struct Filler {
    letters: String,
}

impl Filler {
    /// For data of `size` bytes, before its quotes are escaped.
    pub(crate) fn new(size: usize) -> Self {
        let around = r#"{"mark":"","fill":""}"#.len() + LENGTH;
        Self { letters: ('a'..='z').cycle().take(size.saturating_sub(around)).collect() }
    }

    /// The data as clients send it: a JSON object.
    pub(crate) fn object(&self, stamp: &Stamp) -> String {
        self.around(stamp, "\"")
    }

    /// The data as the HTTP API takes it: that object in a JSON string, without the quotes around.
    pub(crate) fn escaped(&self, stamp: &Stamp) -> String {
        self.around(stamp, "\\\"")
    }

    fn around(&self, stamp: &Stamp, quote: &str) -> String {
        let mut text = String::with_capacity(self.letters.len() + 96);
        for part in ["{", quote, "mark", quote, ":", quote] {
            text.push_str(part);
        }
        stamp.write(&mut text);
        for part in [quote, ",", quote, "fill", quote, ":", quote, &self.letters, quote, "}"] {
            text.push_str(part);
        }
        text
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | u64::from(char::from(*digit).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_found_where_it_was_written() {
        let stamp = Stamp { channel: 999, number: 70_000, settled: 69_997, sent: 123_456_789_012 };
        let filler = Filler::new(256);
        assert_eq!(filler.object(&stamp).len(), 256);
        assert_eq!(Stamp::read(filler.object(&stamp).as_bytes()), Some(stamp));
        assert_eq!(Stamp::read(filler.escaped(&stamp).as_bytes()), Some(stamp));
        assert_eq!(Stamp::read(b"stamp=12"), None);
    }
}
