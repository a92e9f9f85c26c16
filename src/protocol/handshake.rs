//! What a client says of itself while it connects.

use std::borrow::Cow;

/// The versions that we speak.
pub const VERSIONS: std::ops::RangeInclusive<u8> = 4..=7;

/// The version that a missing parameter means where an app assumes it.
pub const CURRENT: u8 = 7;

/// Why the query of a handshake is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHandshake {
    /// No `protocol`, or an empty one.
    #[error("No protocol version supplied")]
    NoProtocol,
    /// `protocol` is not a number, or `version` does not look like one.
    #[error("Invalid version string format")]
    Format,
    /// A number, but not one of ours.
    #[error("Unsupported protocol version")]
    Unsupported,
}

/// The query parameters of `/app/{key}` that matter.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Handshake<'a> {
    protocol: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    client: Option<Cow<'a, str>>,
}

impl<'a> Handshake<'a> {
    /// Reads a query string; unknown parameters are ignored, of repeated ones the first counts.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let mut handshake = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match &*name {
                "protocol" => &mut handshake.protocol,
                "version" => &mut handshake.version,
                "client" => &mut handshake.client,
                _ => continue,
            };
            if slot.is_none() && !value.is_empty() {
                *slot = Some(value);
            }
        }
        handshake
    }

    /// The protocol version, checked in the order of the reference's section 1.5.
    ///
    /// # Errors
    /// What is wrong with `protocol`, else with `version`.
    pub fn protocol(&self) -> Result<u8, InvalidHandshake> {
        let text = self.protocol.as_deref().ok_or(InvalidHandshake::NoProtocol)?;
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidHandshake::Format);
        }
        let protocol = text.parse().map_err(|_| InvalidHandshake::Unsupported)?;
        if !VERSIONS.contains(&protocol) {
            return Err(InvalidHandshake::Unsupported);
        }
        self.check_version()?;
        Ok(protocol)
    }

    /// Whether `version`, if given, looks like a version.
    ///
    /// # Errors
    /// `Format` when it does not.
    pub fn check_version(&self) -> Result<(), InvalidHandshake> {
        match &self.version {
            Some(version) if !looks_like_a_version(version) => Err(InvalidHandshake::Format),
            _ => Ok(()),
        }
    }

    /// Whether this is the Java client, which cannot digest counts on encrypted channels.
    #[must_use]
    pub fn is_java(&self) -> bool {
        self.client.as_deref() == Some("java-client")
    }
}

/// `^[0-9]+(\.[0-9A-Za-z]+)*([-+._][0-9A-Za-z.+_-]*)?$`
fn looks_like_a_version(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() {
        return false;
    }
    // What follows the digits is either nothing or starts with a separator; the dotted parts of the
    // pattern are a case of its tail, so one check serves both.
    let starts_well = rest.is_empty() || rest.starts_with(['.', '-', '+', '_']);
    starts_well && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'_' | b'-'))
}

/// Picks the subprotocol to echo from what `Sec-WebSocket-Protocol` offers.
///
/// The first `pusher-channels-protocol-N` with a version of ours; `None` selects nothing.
///
/// Source: protocol reference, section 1.2.
#[must_use]
pub fn subprotocol(offered: &str) -> Option<&str> {
    offered.split(',').map(str::trim).find(|token| {
        token
            .strip_prefix("pusher-channels-protocol-")
            // One digit: a number would also be read from `07` and `+7`.
            .filter(|version| version.len() == 1)
            .and_then(|version| version.parse::<u8>().ok())
            .is_some_and(|version| VERSIONS.contains(&version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(query: &str) -> Result<u8, InvalidHandshake> {
        Handshake::parse(query).protocol()
    }

    /// C-002, C-003, C-005, C-006, C-007, C-008.
    #[test]
    fn protocols_4_to_7_are_spoken() {
        assert_eq!(protocol("flash=false&x=y&protocol=7"), Ok(7));
        assert_eq!(protocol("protocol=4"), Ok(4));
        assert_eq!(protocol("protocol="), Err(InvalidHandshake::NoProtocol));
        assert_eq!(protocol(""), Err(InvalidHandshake::NoProtocol));
        for unsupported in ["1", "2", "3", "8", "999999999999"] {
            assert_eq!(protocol(&format!("protocol={unsupported}")), Err(InvalidHandshake::Unsupported));
        }
        for odd in ["abc", "7.5", "-7", "%2B7"] {
            assert_eq!(protocol(&format!("protocol={odd}")), Err(InvalidHandshake::Format));
        }
    }

    /// C-009.
    #[test]
    fn versions_must_look_like_versions() {
        for good in ["1.0", "7.0.3", "8.4.0-rc2", "0.0.0-dev", "", "8", "1.2.3+build.5"] {
            assert_eq!(protocol(&format!("protocol=7&version={}", good.replace('+', "%2B"))), Ok(7), "{good}");
        }
        for odd in ["@version@", "v1", ".1", "1 0", "1/0", "abc"] {
            assert_eq!(protocol(&format!("protocol=7&version={odd}")), Err(InvalidHandshake::Format), "{odd}");
        }
    }

    /// C-020, C-021.
    #[test]
    fn the_first_known_subprotocol_is_picked() {
        assert_eq!(subprotocol("pusher-channels-protocol-7"), Some("pusher-channels-protocol-7"));
        assert_eq!(
            subprotocol("mqtt, pusher-channels-protocol-9, pusher-channels-protocol-5"),
            Some("pusher-channels-protocol-5")
        );
        for other in ["mqtt", "pusher-channels-protocol-+7", "pusher-channels-protocol-07"] {
            assert_eq!(subprotocol(other), None, "{other}");
        }
    }
}
