//! Processes: the servers under test, where they run, and what they use.

pub(crate) mod cores;
pub(crate) mod files;
pub(crate) mod launch;
pub(crate) mod server;
pub(crate) mod usage;
