//! Fields with a unit: times and sizes.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::given::Given;
use super::slot::{Fault, Field, Slot};

/// Units of time, in milliseconds, from the largest.
const TIMES: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Units of size, in bytes, from the largest.
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)];

/// A time in milliseconds: a text with a unit, or whole seconds.
pub(super) fn time(target: &mut Duration, range: RangeInclusive<u64>) -> Field<'_> {
    Box::new(Time { target, range, step: 1 })
}

/// A time that must be whole seconds; `range` is in milliseconds all the same.
pub(super) fn seconds(target: &mut Duration, range: RangeInclusive<u64>) -> Field<'_> {
    Box::new(Time { target, range, step: 1000 })
}

struct Time<'a> {
    target: &'a mut Duration,
    range: RangeInclusive<u64>,
    step: u64,
}

impl Slot for Time<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let time = match given.whole() {
            Some(seconds) => seconds.checked_mul(1000),
            None => given.text().and_then(|text| parse(text, &TIMES)),
        };
        match time.filter(|time| self.range.contains(time) && time % self.step == 0) {
            Some(time) => *self.target = Duration::from_millis(time),
            None => {
                let advice = if time.is_some() {
                    ""
                } else {
                    "Write a whole number and a unit (ms, s, m, h) in quotes, or whole seconds."
                };
                return Fault::value(given, given.describe(), self.allowed()).advise(advice).alone();
            }
        }
        Ok(())
    }

    fn show(&self) -> String {
        format!("\"{}\"", show_time(*self.target))
    }

    fn allowed(&self) -> String {
        let (least, most) = (show(*self.range.start(), &TIMES), show(*self.range.end(), &TIMES));
        let whole = if self.step == 1 { "" } else { " in whole seconds" };
        format!("\"{least}\" to \"{most}\"{whole}")
    }
}

/// A size in bytes: a text with a unit, or whole bytes.
pub(super) fn bytes(target: &mut usize, range: RangeInclusive<u64>) -> Field<'_> {
    Box::new(Bytes { target, range })
}

/// A size in bytes, or `word` for none.
pub(super) fn bytes_or<'a>(word: &'static str, target: &'a mut Option<usize>, range: RangeInclusive<u64>) -> Field<'a> {
    Box::new(BytesOr { word, target, range })
}

struct BytesOr<'a> {
    word: &'static str,
    target: &'a mut Option<usize>,
    range: RangeInclusive<u64>,
}

impl Slot for BytesOr<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        if given.text() == Some(self.word) {
            *self.target = None;
            return Ok(());
        }
        let mut size = 0;
        let read = bytes(&mut size, self.range.clone()).read(given);
        read.map_err(|faults| faults.into_iter().map(|fault| fault.allow(self.allowed())).collect::<Vec<_>>())?;
        *self.target = Some(size);
        Ok(())
    }

    fn show(&self) -> String {
        let none = || format!("\"{}\"", self.word);
        self.target.map_or_else(none, |mut size| bytes(&mut size, self.range.clone()).show())
    }

    fn allowed(&self) -> String {
        format!("\"{}\" or {}", self.word, bytes(&mut 0, self.range.clone()).allowed())
    }
}

struct Bytes<'a> {
    target: &'a mut usize,
    range: RangeInclusive<u64>,
}

impl Slot for Bytes<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let size = given.whole().or_else(|| given.text().and_then(|text| parse(text, &SIZES)));
        let allowed = size.filter(|size| self.range.contains(size));
        match allowed.and_then(|size| usize::try_from(size).ok()) {
            Some(size) => *self.target = size,
            None => {
                let advice = if size.is_some() {
                    ""
                } else {
                    "Write a whole number and a unit (KiB, MiB, GiB) in quotes, or whole bytes."
                };
                return Fault::value(given, given.describe(), self.allowed()).advise(advice).alone();
            }
        }
        Ok(())
    }

    fn show(&self) -> String {
        let size = show_bytes(*self.target);
        if size.ends_with('B') { format!("\"{size}\"") } else { size }
    }

    fn allowed(&self) -> String {
        let [least, most] = [self.range.start(), self.range.end()].map(|size| match show(*size, &SIZES) {
            size if size.ends_with('B') => format!("\"{size}\""),
            size => size,
        });
        format!("{least} to {most}")
    }
}

/// A time with a unit, as `10s`.
pub(super) fn parse_time(text: &str) -> Option<Duration> {
    parse(text, &TIMES).map(Duration::from_millis)
}

/// `time` with the largest unit that loses nothing, as `10m`.
pub(super) fn show_time(time: Duration) -> String {
    show(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), &TIMES)
}

/// `size` with the largest unit that loses nothing, as `64KiB` or `10000`.
pub(super) fn show_bytes(size: usize) -> String {
    show(u64::try_from(size).unwrap_or(u64::MAX), &SIZES)
}

/// Shape: decimal digits, spaces if any, a unit. `None` as well when the number is too large to count.
fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

fn show(number: u64, units: &[(&str, u64)]) -> String {
    let fits = |(_, factor): &&(&str, u64)| number > 0 && number.is_multiple_of(*factor);
    match units.iter().find(fits) {
        Some((unit, factor)) => format!("{}{unit}", number / factor),
        // Zero of anything: the unit that people count it in, seconds or bytes.
        None if units == TIMES => "0s".to_owned(),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        for (text, time) in [("500ms", 500), ("30s", 30_000), ("10 m", 600_000), ("1h", 3_600_000)] {
            assert_eq!(parse(text, &TIMES), Some(time), "{text}");
        }
        for text in ["", "s", "30", "1.5s", "-1s", "1d", "1S", "99999999999999999999s", "é"] {
            assert_eq!(parse(text, &TIMES), None, "{text}");
        }
        assert_eq!(parse("18446744073709551615h", &TIMES), None);
    }

    #[test]
    fn a_size_may_have_a_unit() {
        for (text, size) in [("10240", 10_240), ("64KiB", 65_536), ("1 MiB", 1_048_576)] {
            assert_eq!(parse(text, &SIZES), Some(size), "{text}");
        }
        for text in ["", "KiB", "64kb", "1.5MiB", "18446744073709551615GiB"] {
            assert_eq!(parse(text, &SIZES), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for size in [0, 1, 1000, 1024, 10_240, 65_536, 1 << 20, 3 << 30] {
            assert_eq!(parse(&show(size, &SIZES), &SIZES), Some(size));
        }
        for time in [0, 1, 1500, 2000, 90_000, 600_000, 7_200_000] {
            assert_eq!(parse(&show(time, &TIMES), &TIMES), Some(time));
        }
    }

    #[test]
    fn a_bare_number_is_whole_seconds() {
        let mut time = Duration::ZERO;
        seconds(&mut time, 1000..=9000).read(Given::Variable("9")).unwrap();
        assert_eq!(time, Duration::from_secs(9));
        assert!(seconds(&mut time, 1000..=9000).read(Given::Variable("1500ms")).is_err());
    }
}
