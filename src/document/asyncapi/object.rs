//! Objects that get their fields one after another.

use serde_json::Value;

/// Puts a field into an object; a text that is empty is left out.
pub(super) fn put(object: &mut Value, field: &str, value: impl Into<Value>) {
    let value = value.into();
    if let Value::Object(fields) = object
        && value != ""
    {
        fields.insert(field.to_owned(), value);
    }
}

/// Puts a field if there is a value for it.
pub(super) fn put_some<V: Into<Value>>(object: &mut Value, field: &str, value: Option<V>) {
    if let Some(value) = value {
        put(object, field, value);
    }
}
