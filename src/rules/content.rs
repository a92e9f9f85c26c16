//! What is in an event's data, for the rules that look into it.

use std::time::SystemTime;

use jsonschema::error::ValidationError;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::config::contract::model::Schema;
use crate::protocol::EventData;

use super::breach::Broken;

/// The data of one event, parsed once.
///
/// Publishers send a string with JSON in it; a string with anything else is that string.
#[derive(Debug)]
pub(super) struct Content {
    value: Value,
    /// The JSON text within the string, where that is what the data is.
    inner: Option<String>,
}

impl Content {
    pub(super) fn of(data: EventData<'_>) -> Self {
        let outer = data.as_json();
        if !outer.starts_with('"') {
            return Self { value: serde_json::from_str(outer).unwrap_or(Value::Null), inner: None };
        }
        let inner: String = serde_json::from_str(outer).unwrap_or_default();
        match serde_json::from_str(&inner) {
            Ok(value) => Self { value, inner: Some(inner) },
            Err(_) => Self { value: Value::String(inner), inner: None },
        }
    }

    /// Checks the data against a schema; says the first thing that is wrong, without the value found.
    pub(super) fn check(&self, schema: &Schema) -> Result<(), Broken> {
        if schema.validator.is_valid(&self.value) {
            return Ok(());
        }
        let reason = |error: ValidationError<'_>| (error.instance_path().to_string(), error.masked().to_string());
        let (path, reason) = schema.validator.iter_errors(&self.value).next().map(reason).unwrap_or_default();
        Err(Broken::Schema { path, reason })
    }

    /// Which retained event this one replaces: one for each event name and value of the field `by`.
    pub(super) fn key(&self, event: &str, by: &str) -> Box<str> {
        let value = match self.value.get(by) {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
        };
        format!("{event}\0{value}").into()
    }

    /// The data with a `timestamp`, where it is an object that has none; every other byte stays as it is.
    pub(super) fn stamped(&self, data: EventData<'_>, now: SystemTime) -> Box<RawValue> {
        let text = self.inner.as_deref().unwrap_or_else(|| data.as_json());
        let fields = self.value.as_object().filter(|fields| !fields.contains_key("timestamp"));
        let Some((fields, body)) = fields.zip(text.trim_end().strip_suffix('}')) else {
            return raw(data.as_json().to_owned());
        };
        let comma = if fields.is_empty() { "" } else { "," };
        let stamped = format!("{body}{comma}\"timestamp\":\"{}\"}}", humantime::format_rfc3339_micros(now));
        if self.inner.is_some() { raw(Value::String(stamped).to_string()) } else { raw(stamped) }
    }
}

fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).expect("an object with one field more is JSON")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::json;

    use super::*;

    fn schema(document: Value) -> Schema {
        let validator = jsonschema::validator_for(&document).unwrap().into();
        Schema { document: document.into(), validator }
    }

    fn with<T>(json: &str, look: impl FnOnce(&Content, EventData<'_>) -> T) -> T {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        let data = EventData::checked(&raw);
        look(&Content::of(data), data)
    }

    #[test]
    fn a_string_with_json_is_that_json() {
        let schema = schema(json!({ "type": "object", "required": ["rvm_id"] }));
        assert_eq!(with(r#""{\"rvm_id\":1}""#, |content, _| content.check(&schema)), Ok(()));
        assert_eq!(with(r#"{"rvm_id":1}"#, |content, _| content.check(&schema)), Ok(()));
        assert!(with(r#""plain""#, |content, _| content.check(&schema)).is_err());
    }

    #[test]
    fn a_wrong_value_is_located_and_not_shown() {
        let schema = schema(json!({ "properties": { "a": { "items": { "type": "integer" } } } }));
        let broken = with(r#""{\"a\":[1,\"hunter2\"]}""#, |content, _| content.check(&schema)).unwrap_err();
        let Broken::Schema { path, reason } = broken else { panic!("{broken:?}") };
        assert_eq!(path, "/a/1");
        assert!(reason.contains("integer") && !reason.contains("hunter2"), "{reason}");
    }

    #[test]
    fn a_key_is_the_fields_value_as_text() {
        let key = |json: &str| with(json, |content, _| content.key("e", "id"));
        assert_eq!(key(r#""{\"id\":7}""#), key(r#""{\"id\":\"7\"}""#));
        assert_ne!(key(r#""{\"id\":7}""#), key(r#""{\"id\":8}""#));
        assert_eq!(key(r#""{}""#), key(r#""{\"id\":null}""#));
    }

    #[test]
    fn a_timestamp_is_added_where_there_is_none_and_nothing_else_changes() {
        let now = UNIX_EPOCH + Duration::from_micros(1_758_216_900_000_001);
        let stamp = |json: &str| with(json, |content, data| content.stamped(data, now).get().to_owned());
        assert_eq!(
            stamp(r#""{ \"b\":1.0 , \"a\":\"\\u00e9\" } ""#),
            r#""{ \"b\":1.0 , \"a\":\"\\u00e9\" ,\"timestamp\":\"2025-09-18T17:35:00.000001Z\"}""#
        );
        assert_eq!(stamp("{}"), r#"{"timestamp":"2025-09-18T17:35:00.000001Z"}"#);
        for same in [r#""{\"timestamp\":null}""#, r#""plain""#, "[1]", r#""[1]""#, "5"] {
            assert_eq!(stamp(same), same);
        }
    }
}
