//! What is wrong with a configuration, said so that a person can put it right.

use std::fmt;
use std::sync::Arc;

/// Every mistake of one reading, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    mistakes: Vec<Mistake>,
}

impl Error {
    pub(super) fn new(mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by(|one, other| one.place.cmp(&other.place));
        Self { mistakes }
    }

    /// The mistakes; never empty.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.mistakes {
            writeln!(f, "{mistake}")?;
        }
        match self.mistakes.len() {
            1 => f.write_str("1 mistake"),
            count => write!(f, "{count} mistakes"),
        }
    }
}

impl std::error::Error for Error {}

/// One mistake: where, which key, what is wrong and what to do.
///
/// Displayed as `channels.toml:12:8: server.port: found 70000, allowed 0 to 65535.`, with the advice
/// on a second line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where to look.
    pub place: Place,
    /// Full path of the key, as `app[2].limits.event_name` (apps count from 0); empty for the whole file.
    pub key: String,
    /// What is wrong.
    pub problem: Problem,
    /// What to do; may be empty.
    pub advice: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}.", self.problem)?;
        for line in self.advice.lines() {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    File(Arc<str>),
    /// A line and a column of the file, both from 1; columns count characters.
    Line {
        /// The file, as it was named on the command line.
        file: Arc<str>,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// Nothing was given at all.
    Nowhere,
}

impl Place {
    /// The line, when it is one of the file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Line { line, .. } => Some(*line),
            Self::File(_) | Self::Variable(_) | Self::Nowhere => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.write_str(file),
            Self::Line { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) => f.write_str(name),
            Self::Nowhere => f.write_str("configuration"),
        }
    }
}

/// The kinds of mistakes. Secrets are never part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// The file is not TOML.
    #[error("not valid TOML: {reason}")]
    Syntax {
        /// What the parser says.
        reason: String,
    },
    /// A value of the wrong type, shape or size.
    #[error("found {found}, allowed {allowed}")]
    Value {
        /// The value as given, or what it is when it must not be shown.
        found: String,
        /// Every value that would do.
        allowed: String,
    },
    /// No such key in this section.
    #[error("unknown key")]
    UnknownKey,
    /// A variable that looks like ours and means nothing.
    #[error("unknown variable")]
    UnknownVariable,
    /// A key that must be given and is not.
    #[error("missing")]
    Missing,
    /// The same id or key a second time.
    #[error("found the same as {first}")]
    Twice {
        /// Where it was given first: key and place.
        first: String,
    },
    /// A file or a text that is no key or no schema.
    #[error("cannot be used: {reason}")]
    Unusable {
        /// What it is instead.
        reason: String,
    },
    /// Keys that exclude each other.
    #[error("found {found} together with {other}, allowed one of them")]
    Together {
        /// This key.
        found: String,
        /// The other one.
        other: String,
    },
    /// Roles that include each other.
    #[error("found a circle: {circle}")]
    Circle {
        /// The roles, with arrows between.
        circle: String,
    },
    /// Two patterns that stand for the same name, and neither is narrower.
    #[error("found a pattern that crosses {other}: both stand for {name}")]
    Crossing {
        /// The other one: pattern, key and place.
        other: String,
        /// A name that both stand for.
        name: String,
    },
    /// Both ways to give the keys of an app.
    #[error("found both `credentials` and `key` with `secret`, allowed one of the two forms")]
    BothForms,
    /// Nobody could connect.
    #[error("no app is declared, so nobody could connect")]
    NoApp,
}
