//! The one clock of the bench.

use std::sync::LazyLock;
use std::time::Instant;

/// Nanoseconds since the bench started.
pub(crate) type Nanos = u64;

/// One millisecond.
pub(crate) const MILLISECOND: Nanos = 1_000_000;

/// One second.
pub(crate) const SECOND: Nanos = 1_000_000_000;

static START: LazyLock<Instant> = LazyLock::new(instant);

/// What time it is.
pub(crate) fn now() -> Nanos {
    let start = *START;
    u64::try_from(instant().duration_since(start).as_nanos()).unwrap_or(Nanos::MAX)
}

/// `seconds` as nanoseconds; what is negative is none.
#[expect(clippy::cast_possible_truncation, reason = "an `as` from f64 saturates")]
pub(crate) fn nanos(seconds: f64) -> Nanos {
    (seconds * 1e9) as Nanos
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 / 1e9
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time, and all of it reads it here")]
fn instant() -> Instant {
    Instant::now()
}
