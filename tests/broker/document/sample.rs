//! Declarations that show everything a document can say.

use std::sync::Arc;
use std::time::Duration;

use saluran::config::contract::model::{Channel, Event, History, Pace, Retain, Role, Schema, Twin, Undeclared};
use saluran::config::contract::pattern::Pattern;
use saluran::config::contract::rule::Rule;
use saluran::config::{App, Config};
use saluran::protocol::AppId;
use serde_json::{Value, json};

/// Two apps; most channels are for both.
pub(super) fn sample() -> Config {
    let mut first = App::new(AppId::parse("1001").unwrap(), "public-key", "very-secret");
    first.undeclared = Undeclared::Refuse;
    let second = App::new(AppId::parse("1002").unwrap(), "other-key", "very-secret");
    let role = |name: &str, includes: &[&str]| {
        let includes = includes.iter().map(|name| (*name).to_owned()).collect();
        Role { name: name.to_owned(), includes }
    };
    let other = Channel { app: Some(second.id.clone()), ..channel("other-app", "", Vec::new()) };
    Config {
        apps: vec![first, second],
        roles: vec![role("operator", &["technician"]), role("technician", &[])],
        channels: vec![status(), machine(), door(), measurements(), odd(), narrow(), encrypted(), silent(), other],
        ..Config::default()
    }
}

/// A channel that everybody may listen to and back ends may publish on.
pub(super) fn channel(name: &str, description: &str, events: Vec<Event>) -> Channel {
    Channel {
        app: None,
        name: pattern(name),
        description: description.to_owned(),
        twin: None,
        publish: rules(&["app"]),
        subscribe: rules(&["anyone"]),
        events,
        rate: None,
        data_bytes: None,
        subscribers: None,
        retain: None,
        history: None,
        timestamp: false,
    }
}

pub(super) fn event(name: &str, description: &str, schema: Option<&Value>) -> Event {
    let schema = schema.map(|document| Schema {
        document: Arc::new(document.clone()),
        validator: Arc::new(jsonschema::validator_for(document).unwrap()),
    });
    Event { name: name.to_owned(), description: description.to_owned(), schema, publish: None, rate: None }
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| Rule::parse(text).unwrap()).collect()
}

fn twin(name: &str, subscribe: &[&str]) -> Twin {
    Twin { name: pattern(name), subscribe: rules(subscribe) }
}

/// A public channel with a twin, and all that can be said of a channel.
fn status() -> Channel {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "rvm_id": { "$ref": "#/$defs/id", "description": "The machine." },
            "status": { "enum": ["active", "maintenance", "full", "error"] },
            "previous_status": { "type": ["string", "null"] },
            "capacity": { "type": "integer", "description": "Percent in use.\n0 to 100." },
            "timestamp": { "type": "string", "format": "date-time", "description": "ISO 8601, UTC." },
        },
        "required": ["rvm_id", "status"],
        "$defs": { "id": { "type": ["integer", "string"], "description": "A number or a UUID." } },
    });
    let health = json!({
        "type": "object",
        "properties": {
            "rvm_id": { "type": "integer" },
            "metrics": { "type": "object", "additionalProperties": { "type": "number" } },
            "status_details": {
                "type": "object",
                "properties": { "power": { "type": "string" } },
                "required": ["power"],
                "additionalProperties": { "type": "boolean" },
            },
        },
        "required": ["rvm_id"],
    });
    let events = vec![
        Event {
            publish: Some(rules(&["app", "role.machine and claim.rvm_id == \"7\""])),
            rate: Some(Pace { count: 2, per: Duration::from_millis(500) }),
            ..event("status-updated", "A machine changed its status.", Some(&schema))
        },
        event("health-updated", "How a machine feels.", Some(&health)),
        event("note", "Anything at all.", None),
    ];
    Channel {
        twin: Some(twin("private-rvm-status", &["role.operator", "app"])),
        publish: rules(&["app", "token"]),
        rate: Some(Pace { count: 60, per: Duration::from_secs(60) }),
        data_bytes: Some(4096),
        subscribers: Some(500),
        retain: Some(Retain { by: "rvm_id".to_owned(), age: Duration::from_secs(86_400), keys: 10_000 }),
        history: Some(History { events: 1000, age: Duration::from_secs(3600) }),
        timestamp: true,
        ..channel("rvm-status", "The state of all machines.", events)
    }
}

/// A family of channels with a twin; an event as elsewhere, and one of the same name that is another.
fn machine() -> Channel {
    let user = json!({
        "type": "object",
        "properties": {
            "session_id": { "type": "string" },
            "user": { "oneOf": [{ "$ref": "#/$defs/user" }, { "type": "null" }] },
            "friends": { "type": "array", "items": { "$ref": "#/$defs/user" } },
        },
        "required": ["session_id", "user"],
        "additionalProperties": false,
        "$defs": {
            "user": {
                "description": "Somebody.",
                "type": "object",
                "properties": {
                    "name": { "type": "string" },
                    "parent": { "anyOf": [{ "$ref": "#/$defs/user" }, { "type": "null" }] },
                },
                "required": ["name"],
            },
        },
    });
    let health = json!({ "type": "object", "properties": { "ok": { "const": true } }, "required": ["ok"] });
    let events = vec![
        event("session.authorized", "Somebody claimed the machine.", Some(&user)),
        event("health-updated", "Another of this name.", Some(&health)),
        event("note", "Anything at all.", None),
    ];
    Channel {
        twin: Some(twin("private-rvm.{rvm_id}", &["role.operator", "role.machine and claim.rvm_id == rvm_id"])),
        publish: rules(&["app", "rvm_id in claim.machines"]),
        timestamp: true,
        ..channel("rvm.{rvm_id}", "One machine.", events)
    }
}

/// Names that lie within a wider family.
fn door() -> Channel {
    let schema = json!({ "type": "boolean" });
    channel("rvm.{rvm_id}.door", "", vec![event("opened", "", Some(&schema))])
}

/// Shapes of lists, and choices between required fields.
fn measurements() -> Channel {
    let schema = json!({
        "type": "object",
        "properties": {
            "bbox": { "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 },
            "point": { "prefixItems": [{ "type": "number" }, { "type": "number" }], "items": false, "minItems": 1 },
            "mixed": { "type": "array", "items": { "type": ["string", "null"] } },
            "class": { "type": "string" },
            "class_name": { "type": "string" },
            "not_understood": { "not": { "type": "string" } },
            "nothing": false,
        },
        "anyOf": [{ "required": ["class"] }, { "required": ["class_name"] }],
    });
    let all = json!({
        "allOf": [
            { "type": "object", "properties": { "a": { "type": "number" } }, "required": ["a"] },
            { "type": "object", "properties": { "b": { "type": "string" } } },
        ],
    });
    let old = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "array",
        "items": [{ "type": "string" }],
        "additionalItems": { "type": "number" },
    });
    Channel {
        subscribe: rules(&["role.operator", "claim.category == category"]),
        publish: rules(&["claim.laptop_id == laptop_id"]),
        timestamp: true,
        ..channel(
            "private-measurements.{category}.{laptop_id}",
            "",
            vec![
                event("measured", "", Some(&schema)),
                event("client-typing", "", Some(&all)),
                event("old", "", Some(&old)),
            ],
        )
    }
}

/// Names and texts that have to be escaped, and references that cannot be followed.
fn odd() -> Channel {
    let schema = json!({
        "description": "Ends */ here? `No` ${it} does not.",
        "type": "object",
        "properties": {
            "with-dash": { "type": "string", "description": "*/ export type Wrong = string; /*" },
            "with \"quotes\" and \\": { "enum": ["a\"b", "*/", 1.5, -2, null, true, ["x", 1], { "k-k": "v" }] },
            "größe": { "type": "number" },
            "": { "type": "string" },
            "const": { "const": { "to": "#/$defs/loop" } },
            "again": { "$ref": "#" },
            "loop": { "$ref": "#/$defs/loop" },
            "path": { "$ref": "#/properties/gr%C3%B6%C3%9Fe" },
        },
        "required": ["gr\u{f6}\u{df}e", "not described"],
        "patternProperties": { "^x-": { "type": "string" } },
        "additionalProperties": false,
        "$defs": { "loop": { "anyOf": [{ "$ref": "#/$defs/round" }, { "type": "string" }] }, "round": { "$ref": "#/$defs/loop" } },
    });
    let events = vec![
        event("App\\Events\\\"Größe\"", "First line.\n*/ second `line`.", Some(&schema)),
        event("größe", "", None),
        event("übung", "", None),
        event("data", "", Some(&json!({ "type": "string" }))),
    ];
    channel("event", "A channel with */ in its description.", events)
}

/// A name in another's family, and events of any name.
fn narrow() -> Channel {
    Channel { subscribe: rules(&["token"]), ..channel("rvm.7", "The seventh machine is different.", Vec::new()) }
}

/// Signed though it is for anyone; its names become the same key as another's.
fn encrypted() -> Channel {
    channel("private-encrypted-{rvm_id}", "", Vec::new())
}

/// Nobody publishes and nobody listens.
fn silent() -> Channel {
    Channel {
        publish: Vec::new(),
        subscribe: Vec::new(),
        ..channel("private-encrypted-rvm_id", "", vec![event("never", "", None)])
    }
}
