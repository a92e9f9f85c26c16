//! The thread with real servers.
