//! Why a measurement could not be made.

use std::io;
use std::path::PathBuf;

/// What ends a run early; the text is for the person who started it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path} is not a program that can be started; build it (cargo build --release) or set SALURAN_BINARY")]
    NoBinary { path: PathBuf, source: io::Error },
    #[error("{what} could not be started")]
    Start { what: String, source: io::Error },
    #[error("{what} did not say where it listens; its last words:\n{words}")]
    Silent { what: String, words: String },
    #[error("the system refused to {action}")]
    System { action: &'static str, source: io::Error },
    #[error("{path} could not be read as expected")]
    Proc { path: String },
    #[error("{wanted} connections need more open files than the limit of {limit}; raise it (ulimit -n)")]
    OpenFiles { wanted: usize, limit: u64 },
    #[error("only {joined} of {wanted} connections subscribed; {reason}")]
    Connect { joined: usize, wanted: usize, reason: String },
    #[error("no scenario is named {name}; there are: {names}")]
    UnknownScenario { name: String, names: String },
    #[error("{path} could not be written")]
    Write { path: PathBuf, source: io::Error },
}

impl Error {
    /// Wraps what the system said to `action`, for `map_err`.
    pub(crate) fn system<S: Into<io::Error>>(action: &'static str) -> impl FnOnce(S) -> Self {
        move |source| Self::System { action, source: source.into() }
    }
}
