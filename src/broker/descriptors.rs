//! How many connections the process may have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors kept for files, HTTP and refusals, at least.
const RESERVE: u64 = 64;

/// Raises the limit on file descriptors as far as it goes, and says how many connections that
/// leaves room for: all but a sixteenth, and but 64.
pub(super) fn capacity() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "file descriptor limit could not be raised");
    }
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let reserve = RESERVE.max(descriptors / 16);
    usize::try_from(descriptors.saturating_sub(reserve)).unwrap_or(usize::MAX)
}
