//! Subjects whose tokens count no longer.

use std::sync::Arc;

use dashmap::DashMap;

use super::identity::Identity;

/// Subjects that an app may have revoked.
const SUBJECTS: usize = 100_000;

/// Up to when the tokens of subjects are refused.
///
/// Kept in memory, and bounded: when full, further subjects are refused rather than others forgotten.
#[derive(Debug, Default)]
pub struct Revocations(DashMap<Arc<str>, u64, foldhash::fast::RandomState>);

/// As many subjects are revoked as can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{SUBJECTS} subjects are revoked, the most there can be")]
pub struct Full;

impl Revocations {
    /// From now on, tokens of `subject` that were issued up to `at` (unix seconds), or do not say when,
    /// are refused.
    ///
    /// # Errors
    /// `Full` when there is no room for one more subject.
    pub fn revoke(&self, subject: &str, at: u64) -> Result<(), Full> {
        if self.0.len() >= SUBJECTS && !self.0.contains_key(subject) {
            return Err(Full);
        }
        let mut until = self.0.entry(subject.into()).or_insert(at);
        *until = at.max(*until);
        Ok(())
    }

    /// Whether a token counts no longer.
    #[must_use]
    pub fn is_revoked(&self, identity: &Identity) -> bool {
        let until = self.0.get(&*identity.subject).map(|until| *until);
        until.is_some_and(|until| identity.issued_at.is_none_or(|at| at <= until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(subject: &str, issued_at: Option<u64>) -> Identity {
        Identity {
            subject: subject.into(),
            name: None,
            roles: Vec::new(),
            claims: serde_json::Map::new(),
            issued_at,
            expires_at: None,
        }
    }

    #[test]
    fn later_tokens_of_a_revoked_subject_count() {
        let revocations = Revocations::default();
        revocations.revoke("7", 100).unwrap();
        revocations.revoke("7", 90).unwrap();
        for (subject, issued_at, is_revoked) in [
            ("7", Some(99), true),
            ("7", Some(100), true),
            ("7", Some(101), false),
            ("7", None, true),
            ("8", None, false),
        ] {
            assert_eq!(revocations.is_revoked(&identity(subject, issued_at)), is_revoked, "{subject} {issued_at:?}");
        }
    }

    #[test]
    fn nobody_is_forgotten_when_it_is_full() {
        let revocations = Revocations::default();
        for number in 0..SUBJECTS {
            revocations.revoke(&number.to_string(), 1).unwrap();
        }
        assert_eq!(revocations.revoke("one more", 1), Err(Full));
        assert_eq!(revocations.revoke("0", 5), Ok(()));
        assert!(revocations.is_revoked(&identity("0", Some(5))));
    }
}
