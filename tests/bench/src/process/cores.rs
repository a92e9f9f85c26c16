//! Server and generator on a core each, so that neither takes the other's time.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::error::Error;

/// Where server and generator run; nowhere in particular with fewer than two cores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) server: Option<usize>,
    pub(crate) generator: Option<usize>,
}

impl Cores {
    /// The first two cores this process may use.
    pub(crate) fn choose() -> Result<Self, Error> {
        let allowed = sched_getaffinity(None).map_err(Error::system("say which cores are ours"))?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        Ok(match (cores.next(), cores.next()) {
            (Some(server), Some(generator)) => Self { server: Some(server), generator: Some(generator) },
            _ => Self { server: None, generator: None },
        })
    }
}

/// Keeps the calling thread, and what it starts from now on, on `core`.
pub(crate) fn pin(core: usize) -> Result<(), Error> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(Error::system("keep a process on one core"))
}
