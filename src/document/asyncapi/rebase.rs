//! A JSON Schema that moves into a larger document.

use serde_json::{Map, Value};

/// The schema as it stands at `place`, a reference such as `#/components/schemas/x`.
///
/// References within the schema follow it. Its `$schema` and `$id` are left out: they say what holds
/// for a document of its own.
pub(super) fn rebase(document: &Value, place: &str) -> Value {
    let mut moved = document.clone();
    let id = document.get("$id").and_then(Value::as_str).map(|id| id.trim_end_matches('#').to_owned());
    if let Value::Object(keywords) = &mut moved {
        keywords.remove("$schema");
        keywords.remove("$id");
    }
    let move_ = Move { place, id: id.as_deref().unwrap_or_default() };
    move_.schema(&mut moved);
    moved
}

struct Move<'a> {
    place: &'a str,
    /// The document's own address; empty when it has none.
    id: &'a str,
}

impl Move<'_> {
    fn schema(&self, schema: &mut Value) {
        match schema {
            Value::Object(keywords) => keywords.iter_mut().for_each(|(keyword, value)| self.keyword(keyword, value)),
            Value::Array(schemas) => schemas.iter_mut().for_each(|schema| self.schema(schema)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn keyword(&self, keyword: &str, value: &mut Value) {
        match (keyword, value) {
            ("$ref", Value::String(reference)) => self.reference(reference),
            // Values, not schemas, whatever stands in them.
            ("const" | "enum" | "default" | "examples", _) => {}
            // Names of somebody's choice, each with a schema.
            (
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies",
                Value::Object(schemas),
            ) => self.each(schemas),
            (_, value) => self.schema(value),
        }
    }

    fn each(&self, schemas: &mut Map<String, Value>) {
        schemas.values_mut().for_each(|schema| self.schema(schema));
    }

    fn reference(&self, reference: &mut String) {
        let local = reference.strip_prefix(self.id).unwrap_or(reference);
        if local == "#" || (local.is_empty() && !self.id.is_empty()) {
            self.place.clone_into(reference);
        } else if let Some(pointer) = local.strip_prefix('#').filter(|pointer| pointer.starts_with('/')) {
            *reference = format!("{}{pointer}", self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_follow_and_values_stay() {
        let document = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "https://example.org/a",
            "properties": {
                "const": { "$ref": "#/$defs/b" },
                "$ref": { "const": { "$ref": "#/$defs/b" } },
                "self": { "$ref": "#" },
                "full": { "$ref": "https://example.org/a#/$defs/b" },
                "other": { "$ref": "https://example.org/b#/c" },
            },
            "$defs": { "b": { "anyOf": [{ "$ref": "https://example.org/a" }] } },
        });
        let expected = json!({
            "properties": {
                "const": { "$ref": "#/x/$defs/b" },
                "$ref": { "const": { "$ref": "#/$defs/b" } },
                "self": { "$ref": "#/x" },
                "full": { "$ref": "#/x/$defs/b" },
                "other": { "$ref": "https://example.org/b#/c" },
            },
            "$defs": { "b": { "anyOf": [{ "$ref": "#/x" }] } },
        });
        assert_eq!(rebase(&document, "#/x"), expected);
        assert_eq!(rebase(&true.into(), "#/x"), true);
    }
}
