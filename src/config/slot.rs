//! A field that waits for its value: how the value is read, shown and explained.
//!
//! One kind of value is one implementation of [`Slot`]; the tables in `server.rs`, `limits.rs`,
//! `log.rs` and `apps.rs` say which field is of which kind.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::given::Given;
use super::problem::Problem;

/// One field of the configuration, borrowed for reading into it or for showing it.
pub(super) trait Slot {
    /// Takes `given`, or leaves the field as it is and says everything that is wrong.
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>>;
    /// The field's value as it would stand in the file; empty when it has none.
    fn show(&self) -> String;
    /// The values that would do, for people.
    fn allowed(&self) -> String;
}

/// A boxed [`Slot`], as the tables return it.
pub(super) type Field<'a> = Box<dyn Slot + 'a>;

/// A value and the byte offset in the file where it was given.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) offset: Option<usize>,
}

impl<T> Placed<T> {
    /// A value that nobody has given.
    pub(super) const fn default(value: T) -> Self {
        Self { value, offset: None }
    }
}

/// What is wrong with a value, or with a part of it.
#[derive(Debug)]
pub(super) struct Fault {
    /// Path from the key to the part, as `[1].secret`; empty for the value itself.
    pub(super) part: String,
    /// Byte offset of the part in the file.
    pub(super) offset: Option<usize>,
    pub(super) problem: Problem,
    pub(super) advice: String,
}

impl Fault {
    /// `given` does not do; `found` is what may be shown of it.
    pub(super) fn value(given: Given<'_>, found: impl Into<String>, allowed: String) -> Self {
        Self {
            part: String::new(),
            offset: given.offset(),
            problem: Problem::Value { found: found.into(), allowed },
            advice: String::new(),
        }
    }

    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    /// The same fault of a value that could have been another one too.
    pub(super) fn allow(mut self, all: String) -> Self {
        if let Problem::Value { allowed, .. } = &mut self.problem {
            *allowed = all;
        }
        self
    }

    /// The same fault, in a part of the value.
    pub(super) fn within(self, part: &str) -> Self {
        Self { part: format!("{part}{}", self.part), ..self }
    }

    pub(super) fn alone<T>(self) -> Result<T, Vec<Self>> {
        Err(vec![self])
    }
}

/// `true` or `false`.
pub(super) fn flag(target: &mut bool) -> Field<'_> {
    Box::new(Flag(target))
}

struct Flag<'a>(&'a mut bool);

impl Slot for Flag<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let Some(value) = given.flag() else {
            let quoted = given.quoted().is_some_and(|text| text.parse::<bool>().is_ok());
            return Fault::value(given, given.describe(), self.allowed())
                .advise(if quoted { "Leave out the quotes." } else { "" })
                .alone();
        };
        *self.0 = value;
        Ok(())
    }

    fn show(&self) -> String {
        self.0.to_string()
    }

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }
}

/// A whole number in `range`.
pub(super) fn count<T>(target: &mut T, range: RangeInclusive<T>) -> Field<'_>
where
    T: Copy + PartialOrd + Display + TryFrom<u64>,
{
    Box::new(Count { target, range })
}

struct Count<'a, T> {
    target: &'a mut T,
    range: RangeInclusive<T>,
}

impl<T: Copy + PartialOrd + Display + TryFrom<u64>> Slot for Count<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.target = whole(given, &self.range, &self.allowed())?;
        Ok(())
    }

    fn show(&self) -> String {
        self.target.to_string()
    }

    fn allowed(&self) -> String {
        format!("{} to {}", self.range.start(), self.range.end())
    }
}

fn whole<T>(given: Given<'_>, range: &RangeInclusive<T>, allowed: &str) -> Result<T, Vec<Fault>>
where
    T: Copy + PartialOrd + TryFrom<u64>,
{
    let number = given.whole().and_then(|number| T::try_from(number).ok());
    let Some(number) = number.filter(|number| range.contains(number)) else {
        let quoted = given.quoted().is_some_and(|text| text.parse::<u64>().is_ok());
        return Fault::value(given, given.describe(), allowed.to_owned())
            .advise(if quoted { "Leave out the quotes." } else { "" })
            .alone();
    };
    Ok(number)
}

/// A whole number in `range`, or `word` for what no number says.
pub(super) fn count_or<'a, T: Absent>(
    word: &'static str,
    target: &'a mut T,
    range: RangeInclusive<usize>,
) -> Field<'a> {
    Box::new(CountOr { word, target, range })
}

/// A number that may be absent.
pub(super) trait Absent {
    fn number(&self) -> Option<usize>;
    fn put(&mut self, number: Option<usize>);
}

impl Absent for Option<usize> {
    fn number(&self) -> Option<usize> {
        *self
    }

    fn put(&mut self, number: Option<usize>) {
        *self = number;
    }
}

/// Where 0 stands for none.
impl Absent for usize {
    fn number(&self) -> Option<usize> {
        Some(*self).filter(|number| *number > 0)
    }

    fn put(&mut self, number: Option<usize>) {
        *self = number.unwrap_or(0);
    }
}

struct CountOr<'a, T> {
    word: &'static str,
    target: &'a mut T,
    range: RangeInclusive<usize>,
}

impl<T: Absent> Slot for CountOr<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let number =
            if given.text() == Some(self.word) { None } else { Some(whole(given, &self.range, &self.allowed())?) };
        self.target.put(number);
        Ok(())
    }

    fn show(&self) -> String {
        self.target.number().map_or_else(|| format!("\"{}\"", self.word), |number| number.to_string())
    }

    fn allowed(&self) -> String {
        format!("\"{}\" or {} to {}", self.word, self.range.start(), self.range.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut field: Field<'_>, text: &str) -> bool {
        field.read(Given::Variable(text)).is_ok()
    }

    #[test]
    fn a_refused_value_leaves_the_field_as_it_was() {
        let (mut port, mut workers, mut most, mut on) = (6001_u16, 4_usize, Some(3_usize), true);
        assert!(!read(count(&mut port, 0..=u16::MAX), "65536"));
        assert!(!read(count_or("auto", &mut workers, 1..=1024), "0"));
        assert!(!read(count_or("unlimited", &mut most, 1..=9), "none"));
        assert!(!read(flag(&mut on), "off"));
        assert_eq!((port, workers, most, on), (6001, 4, Some(3), true));
    }

    #[test]
    fn a_word_stands_for_no_number() {
        let (mut workers, mut most) = (4_usize, Some(3_usize));
        assert!(read(count_or("auto", &mut workers, 1..=1024), "auto"));
        assert!(read(count_or("unlimited", &mut most, 1..=9), "unlimited"));
        assert_eq!((workers, most), (0, None));
        assert_eq!(count_or("auto", &mut workers, 1..=1024).show(), "\"auto\"");
    }
}
