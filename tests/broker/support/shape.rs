//! What holds of every text frame the broker ever sends, checked on every frame that any test
//! reads.

use serde_json::{Map, Value};

const KEYS: [&str; 4] = ["event", "channel", "data", "user_id"];
/// `data` of these is an object; of everything but client events it is a string.
const OBJECT_EVENTS: [&str; 3] = ["pusher:error", "pusher:signin_success", "pusher:subscription_error"];
/// Names that client libraries make up for their users; no server sends them (section 2.1).
const CLIENT_ONLY: [&str; 5] = [
    "pusher:subscription_succeeded",
    "pusher:member_added",
    "pusher:member_removed",
    "pusher:subscription_count",
    "pusher:signin_error",
];
/// Without these a listener cannot know what an event is about.
const NEED_CHANNEL: [&str; 6] = [
    "pusher_internal:subscription_succeeded",
    "pusher_internal:subscription_count",
    "pusher_internal:member_added",
    "pusher_internal:member_removed",
    "pusher:cache_miss",
    "pusher:subscription_error",
];

/// C-031, C-032, C-033, C-047: the shape of an outbound frame.
pub(crate) fn check(text: &str) {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in the frame {text}"));
    let object = value.as_object().unwrap_or_else(|| panic!("a frame that is no object: {text}"));
    for key in object.keys() {
        assert!(KEYS.contains(&key.as_str()), "top-level key {key} in {text}");
    }
    let event = object.get("event").and_then(Value::as_str).unwrap_or_else(|| panic!("no event in {text}"));
    assert!(!CLIENT_ONLY.contains(&event), "a server never sends {text}");
    for key in ["channel", "user_id"] {
        assert!(object.get(key).is_none_or(Value::is_string), "{key} must be a string or absent: {text}");
    }
    check_channel(event, object, text);
    check_data(event, object, text);
}

fn check_channel(event: &str, object: &Map<String, Value>, text: &str) {
    let expected = if NEED_CHANNEL.contains(&event) {
        true
    } else if event.starts_with("pusher") {
        false
    } else {
        return;
    };
    assert_eq!(object.contains_key("channel"), expected, "whether there is a channel in {text}");
}

fn check_data(event: &str, object: &Map<String, Value>, text: &str) {
    let data = object.get("data").unwrap_or_else(|| panic!("no data in {text}"));
    if event == "pusher:error" {
        check_error(data, text);
    } else if OBJECT_EVENTS.contains(&event) {
        assert!(data.is_object(), "data must be an object: {text}");
    } else if !event.starts_with("client-") {
        assert!(data.is_string(), "data must be a string: {text}");
    }
}

/// C-047: string `message`, integer or null `code`.
fn check_error(data: &Value, text: &str) {
    let message = data.get("message").and_then(Value::as_str);
    assert!(message.is_some_and(|message| !message.is_empty()), "no message in {text}");
    let code = data.get("code").unwrap_or_else(|| panic!("no code in {text}"));
    assert!(code.is_null() || code.is_u64(), "code must be an integer or null: {text}");
}
