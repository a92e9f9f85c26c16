//! An event's name and data, as they cross us.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::escapes::is_unicode;

/// Why a name or its data cannot be published or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// No characters, or more than allowed.
    #[error("Invalid event name: it has {found} characters, 1 to {allowed} are allowed")]
    NameLength {
        /// Characters found.
        found: usize,
        /// Characters allowed.
        allowed: usize,
    },
    /// `pusher…` belongs to the protocol.
    #[error("The 'pusher' namespace is reserved for internal usage")]
    Reserved,
    /// A published event's `data` is a JSON string, nothing else.
    #[error("Expected data parameter to be a string")]
    NotAString,
    /// A string with half a surrogate pair, which many clients cannot read.
    #[error("The data contains an unpaired surrogate escape; send valid Unicode")]
    NotUnicode,
    /// More bytes than allowed.
    #[error("The data content of this event exceeds the allowed maximum ({allowed} bytes)")]
    DataTooLong {
        /// Bytes allowed.
        allowed: usize,
    },
}

/// An event's name: free text of 1 to the allowed number of characters.
///
/// Source: protocol reference, section 3.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName<'a>(Cow<'a, str>);

impl<'a> EventName<'a> {
    /// Takes the name of a client event.
    ///
    /// # Errors
    /// When it has no characters or more than `allowed`.
    pub fn from_client(text: Cow<'a, str>, allowed: usize) -> Result<Self, InvalidEvent> {
        let too_long = text.len() > allowed && text.chars().count() > allowed;
        if too_long || text.is_empty() {
            return Err(InvalidEvent::NameLength { found: text.chars().count(), allowed });
        }
        Ok(Self(text))
    }

    /// Takes the name of a published event.
    ///
    /// # Errors
    /// As `from_client`, and when it starts with `pusher`.
    pub fn from_publisher(text: Cow<'a, str>, allowed: usize) -> Result<Self, InvalidEvent> {
        if text.starts_with("pusher") {
            return Err(InvalidEvent::Reserved);
        }
        Self::from_client(text, allowed)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event's data as JSON text, passed through byte for byte.
#[derive(Debug, Clone, Copy)]
pub struct EventData<'a>(&'a RawValue);

impl<'a> EventData<'a> {
    /// Takes the data of a client event: any JSON value.
    ///
    /// A string counts with its content, any other value with its JSON text.
    ///
    /// # Errors
    /// When it has more than `allowed` bytes, or is not Unicode.
    pub fn from_client(raw: &'a RawValue, allowed: usize) -> Result<Self, InvalidEvent> {
        if raw.get().starts_with('"') {
            return Self::from_publisher(raw, allowed);
        }
        if raw.get().len() > allowed {
            return Err(InvalidEvent::DataTooLong { allowed });
        }
        if !is_unicode(raw.get()) {
            return Err(InvalidEvent::NotUnicode);
        }
        Ok(Self(raw))
    }

    /// Takes the data of a published event: a JSON string with at most `allowed` bytes of content.
    ///
    /// # Errors
    /// When it is not a string, too long, or not Unicode.
    pub fn from_publisher(raw: &'a RawValue, allowed: usize) -> Result<Self, InvalidEvent> {
        let Some(content) = raw.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return Err(InvalidEvent::NotAString);
        };
        // Escapes only ever shrink, so a short text is short enough; only `\u` can go wrong.
        let is_plain = memchr::memmem::find(content.as_bytes(), b"\\u").is_none();
        if content.len() <= allowed && is_plain {
            return Ok(Self(raw));
        }
        let Ok(decoded) = serde_json::from_str::<Cow<'_, str>>(raw.get()) else {
            return Err(InvalidEvent::NotUnicode);
        };
        if decoded.len() > allowed {
            return Err(InvalidEvent::DataTooLong { allowed });
        }
        Ok(Self(raw))
    }

    /// Takes data that was made of data in bounds.
    #[must_use]
    pub const fn checked(raw: &'a RawValue) -> Self {
        Self(raw)
    }

    /// Bytes of the content of a string, or of another value's JSON text.
    #[must_use]
    pub fn size(&self) -> usize {
        let text = self.0.get();
        match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => plain.len(),
            Some(_) => serde_json::from_str::<Cow<'_, str>>(text).map_or(text.len(), |content| content.len()),
            None => text.len(),
        }
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &'a str {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    /// C-164, C-165.
    #[test]
    fn names_are_free_but_for_length_and_the_reserved_prefix() {
        assert!(EventName::from_publisher(r"App\Events\Foo".into(), 200).is_ok());
        assert!(EventName::from_publisher("ą".repeat(200).into(), 200).is_ok());
        assert!(EventName::from_publisher("a".repeat(201).into(), 200).is_err());
        assert_eq!(EventName::from_publisher("pusher-x".into(), 200), Err(InvalidEvent::Reserved));
    }

    /// C-136, C-161, C-162, C-168.
    #[test]
    fn the_limit_counts_decoded_bytes() {
        assert!(EventData::from_publisher(&raw(r#""""#), 0).is_ok());
        assert!(EventData::from_publisher(&raw(r#""\u00eb""#), 2).is_ok());
        assert_eq!(
            EventData::from_publisher(&raw(r#""\u00eb""#), 1).unwrap_err(),
            InvalidEvent::DataTooLong { allowed: 1 }
        );
        assert!(EventData::from_publisher(&raw(r#""\"\"""#), 2).is_ok());
        assert_eq!(EventData::from_publisher(&raw("{}"), 9).unwrap_err(), InvalidEvent::NotAString);
        assert_eq!(EventData::from_publisher(&raw(r#""\ud800""#), 99).unwrap_err(), InvalidEvent::NotUnicode);
        assert!(EventData::from_client(&raw("[1,2]"), 5).is_ok());
        assert!(EventData::from_client(&raw("[1,23]"), 5).is_err());
    }

    #[test]
    fn half_a_surrogate_pair_is_refused_however_deep_it_is() {
        let odd = raw(r#"{"n":["\ud800"]}"#);
        assert_eq!(EventData::from_client(&odd, 99).unwrap_err(), InvalidEvent::NotUnicode);
    }
}
