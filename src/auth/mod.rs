//! Who has a bearer token: JWTs by configured keys, opaque tokens by asking who issued them.
//!
//! Owns everything about tokens: keys and their rotation, claims, caches, revocations, and issuing.
//! Knows no channel, no rule and no connection; JWT and HTTP-client types stop here. Read `tokens`
//! first, then `claims`; `keeper` is the one thread that does network work.

mod claims;
mod error;
mod identity;
mod introspection;
mod issue;
mod json;
mod jwks;
mod jwt;
mod keeper;
mod remote;
mod revocations;
mod tokens;

pub use error::Error;
pub use identity::{Identity, unix_now};
pub use issue::{Claims, IssueError, issue};
pub use jwks::KeyError;
pub use keeper::{Keeper, KeeperThread};
pub use revocations::{Full, Revocations};
pub use tokens::{Inspection, Tokens};

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod introspection_tests;
#[cfg(test)]
mod issuer;
#[cfg(test)]
mod remote_tests;
#[cfg(test)]
mod testing;
