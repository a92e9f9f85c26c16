//! The log: lines on standard error, for people or for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is no filter.
    #[error("the log level {level:?} is no level and no filter such as `saluran=debug,info`")]
    Level {
        /// What was found.
        level: String,
    },
    /// The process already has a log.
    #[error("the log was started twice")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts the log of this process at `level`; `json` for one JSON object a line.
///
/// # Errors
/// When `level` is no filter, or the log runs already.
pub fn start(level: &str, json: bool) -> Result<(), LogError> {
    // Below us, every peer that breaks HTTP is an error; above, those are counted. The server of the
    // cameras' listener tells of threads what nobody needs.
    let filter = EnvFilter::try_new(format!("actix_http=off,actix_server=warn,{level}"))
        .map_err(|_| LogError::Level { level: level.to_owned() })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if json {
        lines.json().flatten_event(true).finish().try_init()?;
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).finish().try_init()?;
    }
    Ok(())
}
