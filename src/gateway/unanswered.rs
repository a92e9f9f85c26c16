//! Why a question is not answered.

use crate::contest::NotDone;
use crate::store::Unreadable;

/// The contest or its store does not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    /// The contest does not.
    #[error(transparent)]
    NotDone(#[from] NotDone),
    /// The database does not.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Unanswered {
    /// A word for programs.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::NotDone(why) => why.reason(),
            Self::Unreadable(_) => "unreadable",
        }
    }
}
