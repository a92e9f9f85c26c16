//! A frame as the strictest client looks at it.

use saluran::error::{Answer, Refusal};
use saluran::protocol::{Frame, outbound};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// All that may stand at the top of a message; nothing twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    event: String,
    #[serde(default, deserialize_with = "text")]
    channel: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(default, deserialize_with = "text")]
    user_id: Option<String>,
}

/// A text where there is one: null is none, and the Java client throws on it.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

const OF_NO_CHANNEL: [&str; 5] = [
    "pusher:connection_established",
    "pusher:error",
    "pusher:pong",
    "pusher:signin_success",
    "pusher_internal:watchlist_events",
];

/// Checks one of our text frames, whatever is in it.
///
/// # Panics
/// When a client could not read it.
pub fn check(frame: &Frame) {
    let json = payload(frame.as_bytes());
    let message: Message<'_> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let is_client_event = message.event.starts_with("client-");
    assert!(message.user_id.is_none() || is_client_event, "{json}");
    assert!(!lone_surrogate(message.data.get()), "{json}");
    match &*message.event {
        "pusher:error" | "pusher:signin_success" | "pusher:subscription_error" => {
            assert!(message.data.get().starts_with('{'), "{json}");
        }
        _ if is_client_event => {}
        name => {
            let data: String = serde_json::from_str(message.data.get()).expect("a text");
            if name.starts_with("pusher") {
                serde_json::from_str::<&RawValue>(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
                assert!(!lone_surrogate(&data), "{data}");
            }
        }
    }
    assert_eq!(message.channel.is_none(), OF_NO_CHANNEL.contains(&&*message.event), "{json}");
}

/// Checks what a connection is told that did something wrong: a text message never closes it.
///
/// # Panics
/// When a client could not read it, or would go away.
pub fn check_refusal(refusal: &Refusal, failed_channel: Option<&str>) {
    let Answer::Error(code) = refusal.answer() else { panic!("{refusal} ends the connection") };
    assert!(code.is_none_or(|code| (4300..4400).contains(&code)));
    check(&outbound::error(code, &refusal.to_string()));
    if let Some(channel) = failed_channel {
        let (kind, status) = refusal.subscription_failure();
        check(&outbound::subscription_error(channel, kind, &refusal.to_string(), status));
    }
}

/// Takes the header off, whose length must be in the shortest form.
fn payload(bytes: &[u8]) -> &str {
    let [0x81, second, rest @ ..] = bytes else { panic!("no whole text frame: {bytes:?}") };
    let payload = match (*second, rest) {
        (126, [a, b, payload @ ..]) => {
            let length = usize::from(u16::from_be_bytes([*a, *b]));
            assert!(length > 125 && length == payload.len());
            payload
        }
        (127, rest) => {
            let (length, payload) = rest.split_at(8);
            let length = u64::from_be_bytes(length.try_into().expect("eight bytes"));
            assert!(length > u64::from(u16::MAX) && length == payload.len() as u64);
            payload
        }
        (short, payload) => {
            assert_eq!(usize::from(short), payload.len());
            payload
        }
    };
    std::str::from_utf8(payload).expect("a text frame is UTF-8")
}

/// Whether JSON text escapes half a surrogate pair, on which many parsers fail.
#[must_use]
pub fn lone_surrogate(json: &str) -> bool {
    let unit = |at: usize| json.get(at..at + 4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let mut expected_low_at = None;
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let is_escape = json[at + 1..].starts_with('u');
        let low = is_escape.then(|| unit(at + 2)).flatten();
        match (expected_low_at, low) {
            (Some(expected), Some(0xDC00..=0xDFFF)) if expected == at => expected_low_at = None,
            (Some(_), _) | (None, Some(0xDC00..=0xDFFF)) => return true,
            (None, Some(0xD800..=0xDBFF)) => expected_low_at = Some(at + 6),
            (None, _) => {}
        }
        at += if is_escape { 6 } else { 2 };
    }
    expected_low_at.is_some()
}
