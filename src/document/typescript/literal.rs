//! Values as types: what `const` and `enum` allow.

use serde_json::Value;

use super::shape::{Field, Shape};
use super::text::{Comment, quoted};

/// The type that has this one value.
pub(super) fn literal(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::word("null"),
        Value::Bool(_) | Value::Number(_) => Shape::Word(value.to_string()),
        Value::String(text) => Shape::Word(quoted(text)),
        Value::Array(items) => {
            Shape::Tuple { required: items.len(), items: items.iter().map(literal).collect(), rest: None }
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let comment = Comment::default();
                Field { name: name.clone(), is_required: true, shape: literal(value), comment }
            };
            Shape::Object { fields: fields.iter().map(field).collect(), rest: None }
        }
    }
}

/// Whether a value is of a JSON Schema type.
pub(super) fn is_of(value: &Value, kind: &str) -> bool {
    match value {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Number(_) => matches!(kind, "number" | "integer"),
        Value::String(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
    }
}
