//! One value as it was given, by the file or by a variable, before anybody knows what it should be.

use toml::Spanned;
use toml::de::DeValue;

/// Characters of a value that a message shows.
const SHOWN: usize = 60;

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// From the file: typed, at a byte offset.
    File(&'a DeValue<'a>, usize),
    /// From a variable or a part of one: only text.
    Variable(&'a str),
}

impl<'a> Given<'a> {
    pub(super) fn file(value: &'a Spanned<DeValue<'a>>) -> Self {
        Self::File(value.get_ref(), value.span().start)
    }

    /// Byte offset in the file.
    pub(super) fn offset(&self) -> Option<usize> {
        match self {
            Self::File(_, offset) => Some(*offset),
            Self::Variable(_) => None,
        }
    }

    /// A whole number that is not negative.
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Self::File(value, _) => {
                let integer = value.as_integer()?;
                u64::from_str_radix(integer.as_str(), integer.radix()).ok()
            }
            Self::Variable(text) => text.parse().ok(),
        }
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        match self {
            Self::File(value, _) => value.as_str(),
            Self::Variable(text) => Some(text),
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::File(value, _) => value.as_bool(),
            Self::Variable(text) => text.parse().ok(),
        }
    }

    /// The items of a list; a variable separates them by commas, and is an empty list when empty.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::File(value, _) => Some(value.as_array()?.iter().map(Self::file).collect()),
            Self::Variable(text) if text.trim().is_empty() => Some(Vec::new()),
            Self::Variable(text) => Some(text.split(',').map(|t| Self::Variable(t.trim())).collect()),
        }
    }

    /// The text of a quoted value in the file, which may be a number or a flag with quotes too many.
    pub(super) fn quoted(&self) -> Option<&'a str> {
        self.offset().and_then(|_| self.text())
    }

    /// A number or a flag in the file, which may be a text with quotes forgotten.
    pub(super) fn is_bare(&self) -> bool {
        match self {
            Self::File(value, _) => value.is_integer() || value.is_float() || value.is_bool(),
            Self::Variable(_) => false,
        }
    }

    /// The value for a message: short, on one line.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Variable(text) => quote(text),
            Self::File(DeValue::String(text), _) => quote(text),
            Self::File(DeValue::Integer(integer), _) => shorten(&integer.to_string()),
            Self::File(DeValue::Float(float), _) => shorten(float.as_str()),
            Self::File(DeValue::Boolean(flag), _) => flag.to_string(),
            Self::File(DeValue::Datetime(time), _) => time.to_string(),
            Self::File(DeValue::Array(_) | DeValue::Table(_), _) => self.describe_type().to_owned(),
        }
    }

    /// The value for a message that must not show it.
    pub(super) fn describe_hidden(&self) -> &'static str {
        match self.text() {
            Some("") => "an empty text",
            Some(_) => "another text",
            None => self.describe_type(),
        }
    }

    /// What kind of value it is.
    pub(super) fn describe_type(&self) -> &'static str {
        match self {
            Self::Variable(_) | Self::File(DeValue::String(_), _) => "a text",
            Self::File(DeValue::Integer(_) | DeValue::Float(_), _) => "a number",
            Self::File(DeValue::Boolean(_), _) => "a flag",
            Self::File(DeValue::Datetime(_), _) => "a date or time",
            Self::File(DeValue::Array(_), _) => "a list",
            Self::File(DeValue::Table(_), _) => "a table",
        }
    }
}

/// `text` in quotes, shortened, with nothing in it that could move a terminal's cursor.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", shorten(text))
}

/// `text` shortened and escaped.
pub(super) fn shorten(text: &str) -> String {
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(SHOWN).flat_map(char::escape_debug).collect();
    if characters.next().is_some() { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_whatever_is_asked_for() {
        assert_eq!(Given::Variable("17").whole(), Some(17));
        assert_eq!(Given::Variable("17").text(), Some("17"));
        assert_eq!(Given::Variable("true").flag(), Some(true));
        assert_eq!(Given::Variable("yes").flag(), None);
        let items = Given::Variable("a, b").items().unwrap();
        assert_eq!(items.iter().filter_map(Given::text).collect::<Vec<_>>(), ["a", "b"]);
        assert!(Given::Variable(" ").items().unwrap().is_empty());
    }

    #[test]
    fn a_value_is_shown_on_one_line_and_shortened() {
        assert_eq!(quote("a\nb\u{1b}[2J"), r#""a\nb\u{1b}[2J""#);
        assert_eq!(shorten(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }

    #[test]
    fn a_number_in_any_base_counts() {
        let value = DeValue::parse("0xff").unwrap();
        assert_eq!(Given::file(&value).whole(), Some(255));
        let value = DeValue::parse("-1").unwrap();
        assert_eq!(Given::file(&value).whole(), None);
        assert_eq!(Given::file(&value).describe(), "-1");
    }
}
