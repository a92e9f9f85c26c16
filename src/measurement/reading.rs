//! What a camera says: five fields, and what newer senders add.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lane::{LANES, Lane};
use super::mark::Mark;

/// Magnitude from which a displacement is a mistake: what `decimal(10,4)` cannot hold.
const BOUND: f64 = 1_000_000.0;

/// Characters of a sender's name.
const SENDER: usize = 64;

/// The greatest whole number that JSON's readers agree on.
const SEQ: u64 = 1 << 53;

/// How long ago a point may have been measured.
const AGE: Duration = Duration::from_secs(300);

/// A point as a camera measured it; nothing about runs yet. Millimetres, signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Which lane.
    pub lane: Lane,
    /// Displacement at floor 3.
    pub dista: f64,
    /// Displacement at floor 10.
    pub distb: f64,
    /// Whether the marker at floor 3 was seen.
    pub is_a_detected: bool,
    /// Whether the marker at floor 10 was seen.
    pub is_b_detected: bool,
    /// The sender's number of it.
    pub mark: Option<Mark>,
    /// How long ago it was measured.
    pub age: Duration,
}

/// Why something is no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReading {
    /// A required field is absent or null.
    #[error("{field} is missing; required are laptop_id, dista and distb")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// No lane.
    #[error("laptop_id must be a whole number from 1 to {LANES}, not {found}")]
    Lane {
        /// What was there.
        found: String,
    },
    /// Not a finite number in bounds.
    #[error("{field} must be a number of millimetres below 1000000, not {found}{hint}")]
    Number {
        /// The field.
        field: &'static str,
        /// What was there.
        found: String,
        /// What may help.
        hint: &'static str,
    },
    /// Not true or false.
    #[error("{field} must be true or false, not {found}{hint}")]
    Flag {
        /// The field.
        field: &'static str,
        /// What was there.
        found: String,
        /// What may help.
        hint: &'static str,
    },
    /// No name of a sender.
    #[error("sender must be a text of 1 to {SENDER} characters")]
    Sender,
    /// No number of a point.
    #[error("seq must be a whole number below 2^53")]
    Seq,
    /// Older than is kept.
    #[error("age_ms must be a whole number of milliseconds, at most {}", AGE.as_millis())]
    Age,
}

impl Reading {
    /// Reads the fields of a `camera_data` message or of an HTTP body; others are left alone.
    ///
    /// # Errors
    /// The first field that is missing or out of bounds.
    ///
    /// Source: domain reference, A5.1, A6.1 and A6.3.
    pub fn parse(fields: &Map<String, Value>) -> Result<Self, InvalidReading> {
        let given = |field: &'static str| fields.get(field).filter(|value| !value.is_null());
        let required = |field| given(field).ok_or(InvalidReading::Missing { field });
        let (lane, dista, distb) = (required("laptop_id")?, required("dista")?, required("distb")?);
        Ok(Self {
            lane: self::lane(lane)?,
            dista: number("dista", dista)?,
            distb: number("distb", distb)?,
            is_a_detected: flag("is_a_detected", given("is_a_detected"))?,
            is_b_detected: flag("is_b_detected", given("is_b_detected"))?,
            mark: mark(given("sender"), given("seq"))?,
            age: age(given("age_ms"))?,
        })
    }

    /// The lane that a reading names, whatever else is wrong with it.
    #[must_use]
    pub fn lane_of(fields: &Map<String, Value>) -> Option<Lane> {
        lane(fields.get("laptop_id")?).ok()
    }
}

fn lane(value: &Value) -> Result<Lane, InvalidReading> {
    // Some languages have no whole numbers in JSON: 1.0 is one.
    let number = value.as_f64();
    let found = Lane::all().find(|lane| number == Some(f64::from(lane.number())));
    found.ok_or_else(|| InvalidReading::Lane { found: shown(value) })
}

fn number(field: &'static str, value: &Value) -> Result<f64, InvalidReading> {
    let wrong = || InvalidReading::Number { field, found: shown(value), hint: hint(value, "; send float(x)") };
    value.as_f64().filter(|number| number.is_finite() && number.abs() < BOUND).ok_or_else(wrong)
}

fn flag(field: &'static str, value: Option<&Value>) -> Result<bool, InvalidReading> {
    let Some(value) = value else { return Ok(false) };
    value.as_bool().ok_or_else(|| InvalidReading::Flag {
        field,
        found: shown(value),
        hint: hint(value, "; send bool(x)"),
    })
}

fn mark(sender: Option<&Value>, seq: Option<&Value>) -> Result<Option<Mark>, InvalidReading> {
    let Some(seq) = seq else { return Ok(None) };
    let seq = seq.as_u64().filter(|seq| *seq < SEQ).ok_or(InvalidReading::Seq)?;
    let Some(sender) = sender else { return Ok(None) };
    let sender = sender.as_str().filter(|text| (1..=SENDER).contains(&text.chars().count()));
    Ok(Some(Mark { sender: sender.ok_or(InvalidReading::Sender)?.into(), seq }))
}

fn age(value: Option<&Value>) -> Result<Duration, InvalidReading> {
    let Some(value) = value else { return Ok(Duration::ZERO) };
    let age = value.as_u64().map(Duration::from_millis);
    age.filter(|age| *age <= AGE).ok_or(InvalidReading::Age)
}

/// A value as it may stand in an error: short.
fn shown(value: &Value) -> String {
    const SHOWN: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// For texts only: numbers of numpy and the like become texts when they are not converted.
fn hint(value: &Value, advice: &'static str) -> &'static str {
    if value.is_string() { advice } else { "" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<Reading, InvalidReading> {
        Reading::parse(value.as_object().expect("an object"))
    }

    #[test]
    fn the_five_fields_are_enough_and_flags_default_to_false() {
        let reading = parse(&json!({"type": "camera_data", "laptop_id": 1, "dista": 5.234, "distb": -3})).unwrap();
        assert_eq!((reading.lane.number(), reading.dista, reading.distb), (1, 5.234, -3.0));
        assert!(!reading.is_a_detected && !reading.is_b_detected && reading.mark.is_none() && reading.age.is_zero());
    }

    #[test]
    fn what_is_wrong_is_said_with_what_was_found() {
        let with = |field: &str, value: Value| {
            let mut all =
                json!({"laptop_id": 1, "dista": 1, "distb": 2, "is_a_detected": true, "sender": "s", "seq": 1});
            all[field] = value;
            parse(&all).map(drop).map_err(|error| error.to_string())
        };
        let number = "must be a number of millimetres below 1000000, not";
        let cases = [
            ("laptop_id", json!(9), "laptop_id must be a whole number from 1 to 8, not 9".to_owned()),
            ("laptop_id", json!("1"), "laptop_id must be a whole number from 1 to 8, not \"1\"".to_owned()),
            ("laptop_id", json!(1.5), "laptop_id must be a whole number from 1 to 8, not 1.5".to_owned()),
            ("dista", json!(null), "dista is missing; required are laptop_id, dista and distb".to_owned()),
            ("dista", json!("np.float64(1.5)"), format!("dista {number} \"np.float64(1.5)\"; send float(x)")),
            ("distb", json!(1e6), format!("distb {number} 1000000.0")),
            (
                "is_a_detected",
                json!("True"),
                "is_a_detected must be true or false, not \"True\"; send bool(x)".to_owned(),
            ),
            ("is_a_detected", json!(1), "is_a_detected must be true or false, not 1".to_owned()),
            ("seq", json!(-1), "seq must be a whole number below 2^53".to_owned()),
            ("sender", json!(""), "sender must be a text of 1 to 64 characters".to_owned()),
            ("age_ms", json!(300_001), "age_ms must be a whole number of milliseconds, at most 300000".to_owned()),
        ];
        for (field, value, expected) in cases {
            assert_eq!(with(field, value), Err(expected));
        }
        assert_eq!(with("laptop_id", json!(1.0)), Ok(()));
    }
}
