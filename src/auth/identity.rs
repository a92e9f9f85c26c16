//! Who a token speaks for.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// What a valid token says.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who it is about.
    pub subject: Arc<str>,
    /// What people call the subject.
    pub name: Option<Arc<str>>,
    /// As the token lists them; what they include is the rules' business.
    pub roles: Vec<Arc<str>>,
    /// All claims, `sub` and `exp` too.
    pub claims: Map<String, Value>,
    /// Unix seconds; of a looked-up token, when it was looked up.
    pub issued_at: Option<u64>,
    /// Unix seconds.
    pub expires_at: Option<u64>,
}

impl Identity {
    /// Whether it is over at `now`, in unix seconds.
    #[must_use]
    pub fn is_expired(&self, now: u64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Claims are about people, and logs are for others.
        f.debug_struct("Identity").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Seconds since 1970.
#[must_use]
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
