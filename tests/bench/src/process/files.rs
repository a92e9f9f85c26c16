//! The limit on open files, which every connection counts against, here and in the servers.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::Error;

/// What a process has open besides its subscribers.
const OTHERS: u64 = 64;

/// Raises the limit as far as it goes, also for servers that are started later.
pub(crate) fn raise_limit() -> Result<(), Error> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit { current: maximum, maximum };
    setrlimit(Resource::Nofile, raised).map_err(Error::system("raise the limit on open files"))
}

/// Checks that there is room for `wanted` connections.
pub(crate) fn ensure(wanted: usize) -> Result<(), Error> {
    match getrlimit(Resource::Nofile).current {
        Some(limit) if wanted as u64 + OTHERS > limit => Err(Error::OpenFiles { wanted, limit }),
        _ => Ok(()),
    }
}
