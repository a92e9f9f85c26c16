//! Where the references of an AsyncAPI document lead.

use saluran::document;
use serde_json::Value;

use super::VERSION;
use super::sample::sample;

/// Every `$ref` of the document leads somewhere, and no component stands there unused.
#[test]
fn references_lead_somewhere_and_components_are_used() {
    let config = sample();
    let document = document::asyncapi(&config, &config.apps[0], VERSION);
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in &references {
        assert!(leads_somewhere(&document, reference), "{reference}");
    }
    for kind in ["messages", "schemas", "securitySchemes"] {
        for id in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{id}");
            assert!(references.contains(&reference.as_str()), "{reference} is not used");
        }
    }
}

pub(super) fn leads_somewhere(document: &Value, reference: &str) -> bool {
    let pointer = percent_encoding::percent_decode_str(&reference[1..]).decode_utf8().unwrap();
    document.pointer(&pointer).is_some()
}

/// All references that are not within constants.
pub(super) fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str));
            // A constant is no schema, whatever stands in it.
            let schemas = fields.iter().filter(|(name, _)| *name != "const");
            schemas.for_each(|(_, value)| collect(value, references));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
