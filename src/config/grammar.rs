//! Fields of texts in a small language: what is wrong with one is said by whoever reads it.

use super::given::Given;
use super::slot::{Fault, Field, Placed, Slot};
use super::text::items;

/// How a text becomes a value and back, and why it does not.
pub(super) struct Grammar<T> {
    /// The error is the advice: what is wrong with the text, or what was probably meant.
    pub(super) parse: fn(&str) -> Result<T, String>,
    /// The value as a text that `parse` takes.
    pub(super) show: fn(&T) -> String,
    /// The texts that would do, for people.
    pub(super) allowed: &'static str,
}

/// One text that has no default, with its place.
pub(super) fn placed<'a, T>(target: &'a mut Option<Placed<T>>, grammar: &'static Grammar<T>) -> Field<'a> {
    Box::new(One { target, grammar })
}

/// A list of texts, each with its place; `None` until it is given.
pub(super) fn placed_list<'a, T>(target: &'a mut Option<Vec<Placed<T>>>, grammar: &'static Grammar<T>) -> Field<'a> {
    Box::new(List { target, grammar })
}

struct One<'a, T: 'static> {
    target: &'a mut Option<Placed<T>>,
    grammar: &'static Grammar<T>,
}

impl<T> Slot for One<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.target = Some(parse(given, self.grammar).map_err(|fault| vec![fault])?);
        Ok(())
    }

    fn show(&self) -> String {
        self.target.as_ref().map_or_else(String::new, |held| format!("\"{}\"", (self.grammar.show)(&held.value)))
    }

    fn allowed(&self) -> String {
        self.grammar.allowed.to_owned()
    }
}

struct List<'a, T: 'static> {
    target: &'a mut Option<Vec<Placed<T>>>,
    grammar: &'static Grammar<T>,
}

impl<T> Slot for List<'_, T> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.target = Some(items(given, &self.allowed(), |item| parse(item, self.grammar))?);
        Ok(())
    }

    fn show(&self) -> String {
        let Some(values) = &self.target else { return String::new() };
        let items: Vec<_> = values.iter().map(|held| format!("\"{}\"", (self.grammar.show)(&held.value))).collect();
        format!("[{}]", items.join(", "))
    }

    fn allowed(&self) -> String {
        format!("a list; each item is {}", self.grammar.allowed)
    }
}

/// `given` as a text of `grammar`.
pub(super) fn parse<T>(given: Given<'_>, grammar: &Grammar<T>) -> Result<Placed<T>, Fault> {
    let wrong = |advice| Fault::value(given, given.describe(), grammar.allowed.to_owned()).advise(advice);
    let Some(text) = given.text() else {
        return Err(wrong(if given.is_bare() { "Put it in quotes.".to_owned() } else { String::new() }));
    };
    let value = (grammar.parse)(text).map_err(wrong)?;
    Ok(Placed { value, offset: given.offset() })
}
