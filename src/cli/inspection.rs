//! What is in a token, as `saluran token inspect` tells it.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::auth::Inspection;

/// Header and claims as they are, then a line that says whether to believe them.
pub(super) fn report(inspection: &Inspection, now: u64) -> String {
    let looked_up = || inspection.verdict.as_ref().ok().map(|identity| Value::Object(identity.claims.clone()));
    let claims = inspection.claims.clone().or_else(looked_up);
    let mut text = String::new();
    for (title, part) in [("header", &inspection.header), ("claims", &claims)] {
        if let Some(part) = part {
            text += &format!("{title} {part:#}\n");
        }
    }
    text += &match &inspection.verdict {
        Ok(identity) => match identity.expires_at {
            Some(at) => format!("valid until {} ({})", time(at), span(at, now)),
            None => "valid, until its issuer says otherwise".to_owned(),
        },
        Err(error) => {
            let expired = claims.as_ref().and_then(|claims| claims.get("exp")?.as_u64()).filter(|at| *at <= now);
            let when = expired.map(|at| format!(", {} ({})", time(at), span(at, now))).unwrap_or_default();
            format!("not valid: {error}{when}")
        }
    };
    text + "\n"
}

/// As RFC 3339 writes it; what lies beyond its years stays a number.
fn time(at: u64) -> String {
    /// The end of the year 9999.
    const LAST: u64 = 253_402_300_799;
    if at > LAST {
        return format!("second {at}");
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at)).to_string()
}

fn span(at: u64, now: u64) -> String {
    let text = humantime::format_duration(Duration::from_secs(at.abs_diff(now))).to_string();
    // The two largest units are what people want to know.
    let short = text.split(' ').take(2).collect::<Vec<_>>().join(" ");
    if at >= now { format!("in {short}") } else { format!("{short} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_for_people() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(u64::MAX), "second 18446744073709551615");
        assert_eq!(span(100_000, 0), "in 1day 3h");
        assert_eq!(span(0, 59), "59s ago");
        assert_eq!(span(5, 5), "in 0s");
        assert!(span(u64::MAX, 0).starts_with("in "));
    }
}
