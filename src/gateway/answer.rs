//! Frames for one raw client: answers, never what everybody is told.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::contest::{Accepted, Mode};
use crate::measurement::Serial;

use super::point::Refused;

#[derive(Serialize)]
struct Pong {
    r#type: &'static str,
    timestamp: i64,
}

#[derive(Serialize)]
struct Complaint<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    laptop_id: Option<&'a Value>,
    reason: &'a str,
    error: String,
}

#[derive(Serialize)]
struct Ack<'a> {
    r#type: &'static str,
    laptop_id: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<&'a Value>,
    ok: bool,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Taken { mode: Mode, serial: Option<Serial>, duplicate: bool },
    Refused { reason: &'static str, error: String },
}

/// The answer to a ping; unix milliseconds come in, seconds go out.
pub(super) fn pong(now_ms: i64) -> Bytes {
    encode(&Pong { r#type: "pong", timestamp: now_ms / 1000 })
}

/// What became of a point, for a camera that asks.
pub(super) fn ack(fields: &Map<String, Value>, taken: &Result<Accepted, Refused>) -> Bytes {
    let outcome = match taken {
        Ok(accepted) => {
            Outcome::Taken { mode: accepted.mode, serial: accepted.serial(), duplicate: accepted.is_duplicate }
        }
        Err(refused) => Outcome::Refused { reason: refused.reason(), error: refused.to_string() },
    };
    encode(&Ack {
        r#type: "ack",
        laptop_id: number(fields, "laptop_id"),
        seq: number(fields, "seq"),
        ok: taken.is_ok(),
        outcome,
    })
}

/// Why a point was not taken, for a camera that does not ask.
pub(super) fn refusal(fields: &Map<String, Value>, refused: &Refused) -> Bytes {
    complaint(number(fields, "laptop_id"), refused.reason(), refused.to_string())
}

/// What is wrong.
pub(super) fn error(reason: &str, error: String) -> Bytes {
    complaint(None, reason, error)
}

fn complaint(laptop_id: Option<&Value>, reason: &str, error: String) -> Bytes {
    encode(&Complaint { r#type: "error", laptop_id, reason, error })
}

/// A number as it came, so that whoever sent it finds it again; anything else could be of any size.
fn number<'a>(fields: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    fields.get(field).filter(|value| value.is_number())
}

pub(super) fn encode(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("answers hold strings and finite numbers").into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::contest::NotTaken;

    use super::*;

    fn text(bytes: &Bytes) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn answers_look_as_the_wire_says() {
        assert_eq!(text(&pong(1_762_785_045_999)), r#"{"type":"pong","timestamp":1762785045}"#);
        let point = fields(&json!({"laptop_id": 1, "seq": 7}));
        let off = Err(NotTaken::RealtimeOff.into());
        let sentence = NotTaken::RealtimeOff.to_string();
        let expected = format!(
            r#"{{"type":"ack","laptop_id":1,"seq":7,"ok":false,"reason":"realtime_off","error":"{sentence}"}}"#
        );
        assert_eq!(text(&ack(&point, &off)), expected);
        let taken = Ok(Accepted { point: None, nama_tim: "".into(), mode: Mode::Recording, is_duplicate: true });
        let unnumbered = fields(&json!({"laptop_id": 1}));
        assert_eq!(
            text(&ack(&unnumbered, &taken)),
            r#"{"type":"ack","laptop_id":1,"ok":true,"mode":"recording","serial":null,"duplicate":true}"#
        );
        let expected = format!(r#"{{"type":"error","laptop_id":1,"reason":"realtime_off","error":"{sentence}"}}"#);
        assert_eq!(text(&refusal(&point, &NotTaken::RealtimeOff.into())), expected);
        let big = fields(&json!({"laptop_id": "x".repeat(9000)}));
        assert!(refusal(&big, &NotTaken::RealtimeOff.into()).len() < 300);
        assert_eq!(text(&error("key", "no".to_owned())), r#"{"type":"error","reason":"key","error":"no"}"#);
    }
}
