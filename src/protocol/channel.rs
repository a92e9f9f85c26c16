//! Channel names and what their prefixes promise.

use std::fmt;
use std::sync::Arc;

use super::name::{InvalidName, UserId};

/// In front of a user's own channel; what follows is the user id.
const USER_PREFIX: &str = "#server-to-user-";

/// Characters of the user id in a user channel, whatever the limit for names is.
const USER_ID_CHARACTERS: usize = 200;

/// Why a text is not a channel name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid channel name: {0}")]
pub struct InvalidChannel(#[from] pub InvalidName);

/// A channel's name.
///
/// Shape: `[-a-zA-Z0-9_=@,.;]+`, or `#server-to-user-` and a user id.
///
/// Source: protocol reference, section 3.1.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Arc<str>);

impl ChannelName {
    /// Takes `text` as a name of at most `allowed` characters.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character outside the alphabet.
    pub fn parse(text: &str, allowed: usize) -> Result<Self, InvalidChannel> {
        if let Some(user) = text.strip_prefix(USER_PREFIX) {
            UserId::parse(user, USER_ID_CHARACTERS)?;
            return Ok(Self(text.into()));
        }
        if text.is_empty() {
            return Err(InvalidName::Empty.into());
        }
        // All of the alphabet is ASCII, so bytes tell whether it is kept, and characters what breaks it.
        if !text.bytes().all(is_name_byte)
            && let Some(odd) = text.chars().find(|c| !u8::try_from(*c).is_ok_and(is_name_byte))
        {
            return Err(InvalidName::Character(odd).into());
        }
        if text.len() > allowed {
            return Err(InvalidName::TooLong { found: text.len(), allowed }.into());
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the prefix promises.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        ChannelKind::of(&self.0)
    }

    /// The user whose channel this is, for `#server-to-user-` names.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.0.strip_prefix(USER_PREFIX)
    }
}

impl std::borrow::Borrow<str> for ChannelName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

const fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'=' | b'@' | b',' | b'.' | b';')
}

/// What a channel's prefix promises, decided by anchored prefix, longest first.
///
/// Source: protocol reference, section 3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// No prefix: anybody may subscribe.
    Public,
    /// `cache-`: public, and the newest event greets newcomers.
    Cache,
    /// `private-`: subscribing needs a signature.
    Private,
    /// `private-cache-`.
    PrivateCache,
    /// `private-encrypted-`: the payload is opaque to us.
    Encrypted,
    /// `private-encrypted-cache-`.
    EncryptedCache,
    /// `presence-`: private, and members know of each other.
    Presence,
    /// `presence-cache-`.
    PresenceCache,
    /// `#server-to-user-`: for the connections signed in as that user.
    User,
}

impl ChannelKind {
    fn of(name: &str) -> Self {
        let with = |prefix: &str| name.starts_with(prefix);
        if with("private-encrypted-cache-") {
            Self::EncryptedCache
        } else if with("private-encrypted-") {
            Self::Encrypted
        } else if with("private-cache-") {
            Self::PrivateCache
        } else if with("private-") {
            Self::Private
        } else if with("presence-cache-") {
            Self::PresenceCache
        } else if with("presence-") {
            Self::Presence
        } else if with("cache-") {
            Self::Cache
        } else if with("#") {
            Self::User
        } else {
            Self::Public
        }
    }

    /// Whether a subscription needs `auth`.
    #[must_use]
    pub const fn needs_signature(self) -> bool {
        !matches!(self, Self::Public | Self::Cache | Self::User)
    }

    /// Whether subscribers are members that others are told of.
    #[must_use]
    pub const fn is_presence(self) -> bool {
        matches!(self, Self::Presence | Self::PresenceCache)
    }

    /// Whether the newest event is kept for newcomers.
    #[must_use]
    pub const fn is_cache(self) -> bool {
        matches!(self, Self::Cache | Self::PrivateCache | Self::EncryptedCache | Self::PresenceCache)
    }

    /// Whether payloads are end-to-end encrypted.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::Encrypted | Self::EncryptedCache)
    }

    /// Whether connections may send events themselves.
    #[must_use]
    pub const fn takes_client_events(self) -> bool {
        matches!(self, Self::Private | Self::PrivateCache | Self::Presence | Self::PresenceCache)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> ChannelKind {
        ChannelName::parse(name, 200).unwrap().kind()
    }

    /// C-088, C-089, C-090, C-091.
    #[test]
    fn the_alphabet_and_the_length_are_enforced() {
        assert!(ChannelName::parse("-azAZ09_=@,.;", 200).is_ok());
        for bad in ["", "a b", "a/b", "a:b", "a#b", "é", "#other"] {
            assert!(ChannelName::parse(bad, 200).is_err(), "{bad}");
        }
        assert!(ChannelName::parse(&"x".repeat(200), 200).is_ok());
        assert!(ChannelName::parse(&"x".repeat(201), 200).is_err());
    }

    /// C-148.
    #[test]
    fn a_user_channel_takes_any_user_id() {
        let name = ChannelName::parse("#server-to-user-ą b/c", 20).unwrap();
        assert_eq!(name.user(), Some("ą b/c"));
        assert_eq!(name.kind(), ChannelKind::User);
        assert!(ChannelName::parse("#server-to-user-", 200).is_err());
    }

    /// C-092, C-093, C-096, C-097.
    #[test]
    fn kinds_are_decided_by_anchored_prefix() {
        for public in ["my-private-x", "privatex", "presencex", "private", "presence", "cache", "x-cache-y"] {
            assert_eq!(kind(public), ChannelKind::Public, "{public}");
        }
        assert_eq!(kind("cache-private-x"), ChannelKind::Cache);
        assert_eq!(kind("presence-encrypted-x"), ChannelKind::Presence);
        assert_eq!(kind("private-encrypted-cache-x"), ChannelKind::EncryptedCache);
        assert_eq!(kind("private-encrypted-x"), ChannelKind::Encrypted);
        assert_eq!(kind("private-cache-x"), ChannelKind::PrivateCache);
        assert_eq!(kind("presence-cache-x"), ChannelKind::PresenceCache);
        assert_eq!(kind("private-x"), ChannelKind::Private);
    }
}
