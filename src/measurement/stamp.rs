//! Times as people and the users' programs read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

fn moment(unix_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2025-11-10 14:30:45`, in this machine's time zone.
#[must_use]
pub fn local(unix_ms: i64) -> String {
    moment(unix_ms).to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2025-11-10 14:30:45.123`, in this machine's time zone.
#[must_use]
pub fn local_ms(unix_ms: i64) -> String {
    moment(unix_ms).to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

/// `2025-11-10T14:30:45.123+07:00`, in this machine's time zone.
#[must_use]
pub fn iso(unix_ms: i64) -> String {
    moment(unix_ms).to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// `2025-11-10_143045`, for the name of a file, in this machine's time zone.
#[must_use]
pub fn for_file(unix_ms: i64) -> String {
    moment(unix_ms).to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d_%H%M%S").to_string()
}
