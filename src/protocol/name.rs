//! Names of apps and users: parsed once, then trusted.

use std::fmt;
use std::sync::Arc;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// More characters than allowed.
    #[error("it has {found} characters, at most {allowed} are allowed")]
    TooLong {
        /// Characters found.
        found: usize,
        /// Characters allowed.
        allowed: usize,
    },
    /// A character that the alphabet does not have.
    #[error("it contains {0:?}")]
    Character(char),
}

/// An app's id, as it stands in the paths of the HTTP API.
///
/// Shape: 1 to 64 of `A-Z a-z 0-9 _ -`. Decimal digits only are the safe choice: the Python server
/// library refuses anything else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(Arc<str>);

impl AppId {
    const MAX: usize = 64;

    /// Takes `text` as an app id.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character outside the alphabet.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        if let Some(odd) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
            return Err(InvalidName::Character(odd));
        }
        if text.len() > Self::MAX {
            return Err(InvalidName::TooLong { found: text.len(), allowed: Self::MAX });
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who signed in, or who is a member of a presence channel.
///
/// Shape: a non-empty text; integers that came as JSON numbers are their decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Takes `text` as a user id of at most `allowed` characters.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse(text: &str, allowed: usize) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        // A text never has more characters than bytes, so most need no count.
        if text.len() > allowed {
            let found = text.chars().count();
            if found > allowed {
                return Err(InvalidName::TooLong { found, allowed });
            }
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_id_has_a_small_alphabet() {
        assert!(AppId::parse("1001").is_ok());
        assert!(AppId::parse("app-id_2").is_ok());
        assert_eq!(AppId::parse(""), Err(InvalidName::Empty));
        assert_eq!(AppId::parse("a/b"), Err(InvalidName::Character('/')));
        assert!(AppId::parse(&"9".repeat(64)).is_ok());
        assert_eq!(AppId::parse(&"9".repeat(65)), Err(InvalidName::TooLong { found: 65, allowed: 64 }));
    }

    #[test]
    fn a_user_id_counts_characters_not_bytes() {
        assert!(UserId::parse(&"ą".repeat(128), 128).is_ok());
        assert_eq!(UserId::parse(&"ą".repeat(129), 128), Err(InvalidName::TooLong { found: 129, allowed: 128 }));
    }
}
