//! What goes wrong with a database, by what can be done about it.

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

/// Characters of a database's own words that are told.
const TOLD: usize = 200;

/// Something went wrong; nothing of what was tried has happened, or nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The database will never take this, however often it is tried.
    Content {
        /// Its name for that.
        code: String,
    },
    /// The database is elsewhere in the journal than we thought: ask it again.
    Moved,
    /// The database does not work at the moment.
    Away {
        /// What it said; without addresses and passwords.
        reason: String,
    },
}

impl Fault {
    pub(super) fn away(reason: impl Into<String>) -> Self {
        Self::Away { reason: reason.into() }
    }

    /// In words.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Content { code } => format!("it refuses the content ({code})"),
            Self::Moved => "another broker writes to it".to_owned(),
            Self::Away { reason } => reason.clone(),
        }
    }
}

impl From<sqlx::Error> for Fault {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else a library says, the database is away")]
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refused) => {
                let code = refused.code().unwrap_or_default().into_owned();
                if is_about_content(&code, refused.try_downcast_ref::<SqliteError>().is_some()) {
                    return Self::Content { code };
                }
                Self::away(refused.message().chars().take(TOLD).collect::<String>())
            }
            sqlx::Error::Encode(_) => Self::Content { code: "encoding".to_owned() },
            // The words of these may hold the URL.
            sqlx::Error::Configuration(_) => Self::away("its URL is not understood"),
            sqlx::Error::Io(error) => Self::away(error.kind().to_string()),
            sqlx::Error::Tls(_) => Self::away("no TLS connection to it comes about"),
            sqlx::Error::PoolTimedOut => Self::away("it does not answer in time"),
            sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => Self::away("it is closed"),
            _ => Self::away("it answers what is not understood"),
        }
    }
}

impl From<MigrateError> for Fault {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is wrong with its tables, they are not ours")]
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match error.into() {
                Self::Content { code } => Self::away(format!("its tables cannot be made ({code})")),
                fault @ (Self::Moved | Self::Away { .. }) => fault,
            },
            _ => Self::away("its tables are of another version of this program"),
        }
    }
}

/// PostgreSQL: classes 22, data exceptions, and 23, broken constraints. SQLite: constraint, mismatch, too big.
///
/// Source: PostgreSQL manual, appendix A; sqlite.org/rescode.html.
fn is_about_content(code: &str, is_sqlite: bool) -> bool {
    if is_sqlite {
        return code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18..=20));
    }
    code.starts_with("22") || code.starts_with("23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_from_a_database_that_is_away() {
        for code in ["19", "1555", "2067", "20", "18"] {
            assert!(is_about_content(code, true), "{code}");
        }
        // Busy, I/O, full, read-only; then lock timeout, disk full, shutdown, no such table.
        for code in ["5", "10", "13", "8", "778"] {
            assert!(!is_about_content(code, true), "{code}");
        }
        for code in ["22021", "23505"] {
            assert!(is_about_content(code, false), "{code}");
        }
        for code in ["55P03", "53100", "57P01", "42P01"] {
            assert!(!is_about_content(code, false), "{code}");
        }
    }

    #[test]
    fn no_word_of_the_url_gets_out() {
        let error = sqlx::Error::Configuration("postgres://u:hunter2@host/db".into());
        assert_eq!(Fault::from(error), Fault::away("its URL is not understood"));
    }
}
