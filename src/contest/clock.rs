//! Two clocks: one that people read and can set, one that nobody can.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::measurement::Tick;

/// Where Linux says which start of the machine this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// A moment, by both clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Unix milliseconds, by the clock that people read.
    pub unix_ms: i64,
    /// The same moment by the clock that nobody sets.
    pub tick: Tick,
}

/// Tells the time.
#[derive(Debug, Clone)]
pub struct Clock {
    boot: Arc<str>,
}

impl Clock {
    /// This machine's clocks.
    #[must_use]
    pub fn new() -> Self {
        let boot = fs::read_to_string(BOOT_ID).unwrap_or_default();
        Self { boot: boot.trim().into() }
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Moment {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let since = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(since.tv_sec).unwrap_or_default();
        let ns = seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(since.tv_nsec).unwrap_or_default());
        Moment {
            unix_ms: i64::try_from(unix.as_millis()).unwrap_or(i64::MAX),
            tick: Tick { boot: (*self.boot).into(), ns },
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
