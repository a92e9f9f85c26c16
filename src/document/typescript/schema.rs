//! JSON Schema to types. What is not understood narrows nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::literal::{is_of, literal};
use super::reference::Targets;
use super::shape::{Field, Shape};
use super::text::Comment;

type Keywords = Map<String, Value>;

/// Longest list that is written as a tuple because it always has the same length.
const LONGEST_TUPLE: u64 = 16;

/// The type of the values that `schema` allows; its references go to `targets`.
pub(super) fn shape(schema: &Value, targets: &mut Targets<'_>) -> Shape {
    let keywords = match schema {
        Value::Bool(false) => return Shape::Never,
        Value::Object(keywords) => keywords,
        Value::Null | Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Shape::Unknown;
        }
    };
    let mut parts = Vec::new();
    if let Some(Value::String(reference)) = keywords.get("$ref") {
        parts.push(targets.shape(reference));
    }
    parts.push(own(keywords, targets));
    parts.extend(list(keywords, "allOf").iter().map(|schema| shape(schema, targets)));
    for keyword in ["anyOf", "oneOf"] {
        let choices = list(keywords, keyword);
        if !choices.is_empty() {
            parts.push(Shape::union(choices.iter().map(|schema| shape(schema, targets))));
        }
    }
    Shape::all(parts)
}

/// What a schema is about, for readers.
pub(super) fn comment(schema: &Value) -> Comment {
    Comment::new(schema.get("description").and_then(Value::as_str).unwrap_or_default())
}

/// What the keywords say that are about the value itself.
fn own(keywords: &Keywords, targets: &mut Targets<'_>) -> Shape {
    let kinds = kinds(keywords);
    let is_allowed = |value: &&Value| kinds.is_empty() || kinds.iter().any(|kind| is_of(value, kind));
    if let Some(value) = keywords.get("const") {
        return Shape::union(Some(value).filter(is_allowed).map(literal));
    }
    if let Some(Value::Array(values)) = keywords.get("enum") {
        return Shape::union(values.iter().filter(is_allowed).map(literal));
    }
    if kinds.is_empty() {
        return Shape::Unknown;
    }
    Shape::union(kinds.iter().map(|kind| of_kind(kind, keywords, targets)))
}

/// The types that are named, or the one that the other keywords are about.
fn kinds(keywords: &Keywords) -> Vec<&str> {
    let has = |names: &[&str]| names.iter().any(|name| keywords.contains_key(*name));
    match keywords.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if has(&["const", "enum"]) => Vec::new(),
        _ if has(&["properties", "required", "additionalProperties", "patternProperties"]) => vec!["object"],
        _ if has(&["items", "prefixItems"]) => vec!["array"],
        _ => Vec::new(),
    }
}

fn of_kind(kind: &str, keywords: &Keywords, targets: &mut Targets<'_>) -> Shape {
    match kind {
        "null" | "boolean" | "string" | "number" => Shape::word(kind),
        "integer" => Shape::word("number"),
        "array" => array(keywords, targets),
        "object" => object(keywords, targets),
        _ => Shape::Unknown,
    }
}

fn array(keywords: &Keywords, targets: &mut Targets<'_>) -> Shape {
    let count = |keyword| keywords.get(keyword).and_then(Value::as_u64);
    let (least, most) = (count("minItems").unwrap_or(0), count("maxItems"));
    // Before draft 2020-12 `items` is the list, and `additionalItems` what follows.
    let (first, rest) = match (keywords.get("prefixItems"), keywords.get("items")) {
        (Some(Value::Array(first)), rest) => (&**first, rest),
        (None, Some(Value::Array(first))) => (&**first, keywords.get("additionalItems")),
        (_, rest) => (&[][..], rest),
    };
    let rest = rest.map_or(Shape::Unknown, |schema| shape(schema, targets));
    let is_fixed = most == Some(least) && (1..=LONGEST_TUPLE).contains(&least);
    if first.is_empty() && !is_fixed {
        return Shape::Array(Box::new(rest));
    }
    let mut items: Vec<_> = first.iter().map(|schema| shape(schema, targets)).collect();
    let required = usize::try_from(least).unwrap_or(usize::MAX);
    if is_fixed {
        items.resize(required, rest.clone());
    }
    let is_full = most.is_some_and(|most| usize::try_from(most).is_ok_and(|most| most <= items.len()));
    let rest = Some(rest).filter(|rest| !is_full && *rest != Shape::Never).map(Box::new);
    Shape::Tuple { items, required, rest }
}

fn object(keywords: &Keywords, targets: &mut Targets<'_>) -> Shape {
    let none = Map::new();
    let properties = keywords.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: BTreeSet<_> = list(keywords, "required").iter().filter_map(Value::as_str).collect();
    let additional = keywords.get("additionalProperties").map(|schema| shape(schema, targets));
    let patterns = keywords.get("patternProperties").and_then(Value::as_object).unwrap_or(&none);
    let patterns: Vec<_> = patterns.values().map(|schema| shape(schema, targets)).collect();

    let field = |(name, schema): (&String, &Value)| Field {
        name: name.clone(),
        is_required: required.contains(name.as_str()),
        shape: shape(schema, targets),
        comment: comment(schema),
    };
    let mut fields: Vec<_> = properties.iter().map(field).collect();
    let undescribed = required.iter().filter(|name| !properties.contains_key(**name));
    fields.extend(undescribed.map(|name| Field {
        name: (*name).to_owned(),
        is_required: true,
        shape: Shape::Unknown,
        comment: Comment::default(),
    }));
    let rest = rest(additional, patterns, fields.is_empty());
    Shape::Object { fields, rest: rest.map(Box::new) }
}

/// What fields may be that are not named.
///
/// Anything may be there by default. That is not written beside named fields, so that a misspelt one
/// is found: TypeScript lets values have more fields than their type anyway.
fn rest(additional: Option<Shape>, patterns: Vec<Shape>, is_bare: bool) -> Option<Shape> {
    let is_said = additional.is_some() || !patterns.is_empty() || is_bare;
    let rest = Shape::union(patterns.into_iter().chain([additional.unwrap_or(Shape::Unknown)]));
    let is_open = rest == Shape::Unknown;
    let is_closed = rest == Shape::Never;
    Some(rest).filter(|_| is_bare || (is_said && !is_open && !is_closed))
}

fn list<'k>(keywords: &'k Keywords, keyword: &str) -> &'k [Value] {
    keywords.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::names::Names;
    use super::*;

    /// The type on one line, and the names of what it refers to.
    fn read(schema: &Value) -> (String, Vec<String>) {
        let mut names = Names::default();
        let mut targets = Targets::new(schema, "Data", &mut names);
        targets.are_within_event();
        let text = shape(schema, &mut targets).print(0).split_whitespace().collect::<Vec<_>>().join(" ");
        let named = std::iter::from_fn(|| targets.next().map(|(name, _)| name));
        (text, named.collect())
    }

    #[test]
    fn a_schema_becomes_the_type_of_its_values() {
        for (schema, expected) in [
            (json!(true), "unknown"),
            (json!(false), "never"),
            (json!({}), "unknown"),
            (json!({ "minLength": 3 }), "unknown"),
            (json!({ "type": "integer" }), "number"),
            (json!({ "type": ["number", "integer", "null"] }), "number | null"),
            (json!({ "type": "object" }), "{ [field: string]: unknown; }"),
            (json!({ "type": "object", "additionalProperties": false }), "{ [field: string]: never; }"),
            (json!({ "type": "object", "additionalProperties": { "type": "string" } }), "{ [field: string]: string; }"),
            (json!({ "properties": { "a": true } }), "{ a?: unknown; }"),
            (json!({ "required": ["a"] }), "{ a: unknown; }"),
            (
                json!({
                    "properties": { "a": { "type": "number" } },
                    "patternProperties": { "^x": { "type": "string" } },
                    "additionalProperties": false,
                }),
                "{ a?: number; [field: string]: string | number | undefined; }",
            ),
            (json!({ "const": "a" }), "\"a\""),
            (json!({ "type": "string", "enum": ["a", null] }), "\"a\""),
            (json!({ "enum": [] }), "never"),
            (json!({ "items": { "enum": [1, 2] } }), "(1 | 2)[]"),
            (json!({ "type": "array" }), "unknown[]"),
            (json!({ "type": "array", "items": false }), "never[]"),
            (json!({ "prefixItems": [{ "type": "string" }], "minItems": 1 }), "[string, ...unknown[]]"),
            (json!({ "prefixItems": [{ "type": "string" }], "maxItems": 1 }), "[string?]"),
            (json!({ "type": "array", "minItems": 2, "maxItems": 2 }), "[unknown, unknown]"),
            (json!({ "anyOf": [{ "type": "string" }, {}] }), "unknown"),
            (json!({ "oneOf": [{ "type": "string" }, { "type": "null" }] }), "string | null"),
            (json!({ "oneOf": [{ "type": "string" }, { "type": "string", "minLength": 1 }] }), "string"),
            (json!({ "allOf": [{ "type": "string" }, { "minLength": 1 }] }), "string"),
            (json!({ "type": "string", "not": { "const": "a" } }), "string"),
            (json!({ "$ref": "elsewhere.json" }), "unknown"),
            (json!({ "$ref": "#/$defs/none" }), "unknown"),
            (json!({ "$ref": "#" }), "unknown"),
            (json!({ "anyOf": [{ "$ref": "#" }, { "type": "string" }] }), "unknown"),
            (json!({ "items": { "$ref": "#" } }), "Data[]"),
            (json!(7), "unknown"),
        ] {
            assert_eq!(read(&schema), (expected.to_owned(), Vec::new()), "{schema}");
        }
    }

    #[test]
    fn a_target_is_declared_once_and_named_after_its_place() {
        let schema = json!({
            "items": { "anyOf": [{ "$ref": "#/$defs/a-b" }, { "$ref": "#/$defs/aB" }, { "$ref": "#/$defs/a-b" }] },
            "$defs": { "a-b": { "type": "string" }, "aB": { "items": { "$ref": "#/$defs/aB" } } },
        });
        let named = ["DataAB", "DataAB2"].map(str::to_owned).to_vec();
        assert_eq!(read(&schema), ("(DataAB | DataAB2)[]".to_owned(), named));
    }
}
