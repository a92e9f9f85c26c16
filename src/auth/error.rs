//! Why a token does not count.

/// What is wrong with a token, for the person who sent it; the token itself never appears.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More bytes than any token needs.
    #[error("the token is longer than {allowed} bytes")]
    TooLong {
        /// Bytes allowed.
        allowed: usize,
    },
    /// Neither a JWT nor, where those are looked up, anything else.
    #[error("the token is not a JSON Web Token")]
    Malformed,
    /// Signed with another algorithm than the configured one.
    #[error("the token is signed with another algorithm than {expected}")]
    Algorithm {
        /// The configured one.
        expected: &'static str,
    },
    /// No key has the token's `kid`.
    #[error("no key is known with the kid of the token")]
    UnknownKey,
    /// The signature is not one by our key.
    #[error("the token's signature does not hold")]
    Signature,
    /// A header that asks for what we do not know.
    #[error("the token has a critical header that is not understood")]
    Critical,
    /// A claim that is absent, or of the wrong type.
    #[error("the token's claim {0} is missing or of the wrong type")]
    Claim(&'static str),
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come: `nbf` or `iat` lies ahead.
    #[error("the token is not valid yet")]
    NotYet,
    /// Issued by somebody else.
    #[error("the token's issuer is another than {expected}")]
    Issuer {
        /// The configured one.
        expected: String,
    },
    /// Issued for somebody else.
    #[error("the token is not for {expected}")]
    Audience {
        /// The configured one.
        expected: String,
    },
    /// Revoked.
    #[error("the token has been revoked")]
    Revoked,
    /// Who issued it says no.
    #[error("the token is unknown to its issuer, or no longer valid")]
    Inactive,
    /// Nobody can tell at the moment.
    #[error("the token cannot be checked at the moment: {0}")]
    Unavailable(&'static str),
}

impl Error {
    /// Whether the token may be good all the same, and is worth another try.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
