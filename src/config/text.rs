//! Fields that are read from a text, alone or as a list.

use super::given::Given;
use super::shape::Shape;
use super::slot::{Fault, Field, Slot};

/// A text of the given shape.
pub(super) fn text<'a, T>(target: &'a mut T, shape: &'a Shape<T>) -> Field<'a> {
    Box::new(Text { target, shape })
}

/// A text that has no default; the field stays `None` until it is given.
pub(super) fn required<'a, T>(target: &'a mut Option<T>, shape: &'a Shape<T>) -> Field<'a> {
    Box::new(Required { target, shape })
}

/// A list of texts of the given shape; a variable separates them by commas.
pub(super) fn list<'a, T>(target: &'a mut Vec<T>, shape: &'a Shape<T>) -> Field<'a> {
    Box::new(List { target, shape })
}

struct Text<'a, T> {
    target: &'a mut T,
    shape: &'a Shape<T>,
}

impl<T> Slot for Text<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.target = parse(given, self.shape).map_err(|fault| vec![fault])?;
        Ok(())
    }

    fn show(&self) -> String {
        quote(&(self.shape.show)(self.target))
    }

    fn allowed(&self) -> String {
        self.shape.allowed.to_owned()
    }
}

struct Required<'a, T> {
    target: &'a mut Option<T>,
    shape: &'a Shape<T>,
}

impl<T> Slot for Required<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.target = Some(parse(given, self.shape).map_err(|fault| vec![fault])?);
        Ok(())
    }

    fn show(&self) -> String {
        self.target.as_ref().map_or_else(String::new, |value| quote(&(self.shape.show)(value)))
    }

    fn allowed(&self) -> String {
        self.shape.allowed.to_owned()
    }
}

struct List<'a, T> {
    target: &'a mut Vec<T>,
    shape: &'a Shape<T>,
}

impl<T> Slot for List<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.target = items(given, &self.allowed(), |item| parse(item, self.shape))?;
        Ok(())
    }

    fn show(&self) -> String {
        let items: Vec<_> = self.target.iter().map(|item| quote(&(self.shape.show)(item))).collect();
        format!("[{}]", items.join(", "))
    }

    fn allowed(&self) -> String {
        format!("a list; each item is {}", self.shape.allowed)
    }
}

/// Reads every item of a list, and says all that is wrong with any of them.
pub(super) fn items<T>(
    given: Given<'_>,
    allowed: &str,
    read: impl Fn(Given<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Vec<Fault>> {
    let Some(items) = given.items() else {
        let advice = given.quoted().map_or("", |_| "Put it in brackets: [\"…\", \"…\"].");
        return Fault::value(given, given.describe(), allowed.to_owned()).advise(advice).alone();
    };
    let mut values = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (number, item) in items.into_iter().enumerate() {
        match read(item) {
            Ok(value) => values.push(value),
            Err(fault) => faults.push(fault.within(&format!("[{number}]"))),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

/// `given` as a text of `shape`.
pub(super) fn parse<T>(given: Given<'_>, shape: &Shape<T>) -> Result<T, Fault> {
    given.text().and_then(shape.parse).ok_or_else(|| {
        let advice = if given.is_bare() { "Put it in quotes." } else { shape.advice };
        let found = if shape.shown { given.describe() } else { given.describe_hidden().to_owned() };
        Fault::value(given, found, shape.allowed.to_owned()).advise(advice)
    })
}

fn quote(text: &str) -> String {
    format!("\"{text}\"")
}
