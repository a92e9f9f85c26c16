//! `$ref` within one schema: each target becomes a type with a name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::super::names::{Names, pascal};
use super::shape::Shape;

/// The targets of one schema document.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    document: &'a Value,
    /// The name of the event's type, which begins those of its targets.
    name: String,
    names: &'a mut Names,
    /// JSON pointer to name.
    given: BTreeMap<String, String>,
    waiting: VecDeque<(String, &'a Value)>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(document: &'a Value, name: &str, names: &'a mut Names) -> Self {
        Self { document, name: name.to_owned(), names, given: BTreeMap::new(), waiting: VecDeque::new() }
    }

    /// Says that the event's type is that of the whole document, to which `#` refers.
    pub(super) fn are_within_event(&mut self) {
        self.given.insert(String::new(), self.name.clone());
    }

    /// The type that `reference` stands for; anything when it leads out of the document, nowhere, or
    /// round in a circle.
    pub(super) fn shape(&mut self, reference: &str) -> Shape {
        let Some((pointer, schema)) = find(self.document, reference) else { return Shape::Unknown };
        if reaches(self.document, schema, &pointer, &mut BTreeSet::new()) {
            return Shape::Unknown;
        }
        if let Some(name) = self.given.get(&pointer) {
            return Shape::Named(name.clone());
        }
        let suffix = match pointer.rsplit('/').next().map(pascal) {
            Some(last) if !last.is_empty() => last,
            _ => "Value".to_owned(),
        };
        let name = self.names.take(&[format!("{}{suffix}", self.name)], "");
        self.given.insert(pointer, name.clone());
        self.waiting.push_back((name.clone(), schema));
        Shape::Named(name)
    }

    /// A target that has a name and no declaration yet; each is given once.
    pub(super) fn next(&mut self) -> Option<(String, &'a Value)> {
        self.waiting.pop_front()
    }
}

/// The JSON pointer of a local reference, and what it leads to.
fn find<'a>(document: &'a Value, reference: &str) -> Option<(String, &'a Value)> {
    let encoded = reference.strip_prefix('#')?;
    let pointer = percent_encoding::percent_decode_str(encoded).decode_utf8().ok()?;
    Some((pointer.to_string(), document.pointer(&pointer)?))
}

/// Whether `schema` refers to `goal` as the same value, not as a part of it; no type may do that.
fn reaches(document: &Value, schema: &Value, goal: &str, seen: &mut BTreeSet<String>) -> bool {
    let Value::Object(keywords) = schema else { return false };
    let reference = keywords.get("$ref").and_then(Value::as_str);
    let by_reference = reference.and_then(|reference| find(document, reference)).is_some_and(|(pointer, target)| {
        let is_goal = pointer == goal;
        is_goal || (seen.insert(pointer) && reaches(document, target, goal, seen))
    });
    by_reference || members(keywords).any(|member| reaches(document, member, goal, seen))
}

/// The schemas that hold for the same value.
fn members(keywords: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| keywords.get(keyword)?.as_array());
    lists.flatten()
}
