//! Messages and schemas that channels share: each stands in the document once.

use serde_json::{Map, Value, json};

use super::super::names::{Names, key};
use super::object::put;
use super::rebase::rebase;
use super::security;
use crate::config::contract::model::{Event, Schema};

/// What is referred to from elsewhere in the document.
#[derive(Debug, Default)]
pub(super) struct Components<'a> {
    messages: Vec<(String, &'a Event)>,
    message_ids: Names,
    /// The id of the message that stands for any event, once there is one.
    any: Option<String>,
    schemas: Vec<(String, &'a Schema)>,
    schema_ids: Names,
}

impl<'a> Components<'a> {
    /// The id of the message that `event` is, on the channel with the id `channel`.
    pub(super) fn message(&mut self, event: &'a Event, channel: &str) -> String {
        let is_same = |other: &Event| {
            event.name == other.name && event.description == other.description && event.schema == other.schema
        };
        if let Some((id, _)) = self.messages.iter().find(|(_, other)| is_same(other)) {
            return id.clone();
        }
        let id = self.message_ids.take(&wishes(event, channel), "-");
        self.messages.push((id.clone(), event));
        if let Some(schema) = &event.schema {
            self.add_schema(schema, &wishes(event, channel));
        }
        id
    }

    /// The id of the message for channels that declare no events.
    pub(super) fn any_event(&mut self) -> String {
        let ids = &mut self.message_ids;
        self.any.get_or_insert_with(|| ids.take(&["any".to_owned()], "-")).clone()
    }

    fn add_schema(&mut self, schema: &'a Schema, wishes: &[String; 2]) {
        if self.schema_id(schema).is_none() {
            let id = self.schema_ids.take(wishes, "-");
            self.schemas.push((id, schema));
        }
    }

    fn schema_id(&self, schema: &Schema) -> Option<&str> {
        self.schemas.iter().find(|(_, other)| *other == schema).map(|(id, _)| id.as_str())
    }

    /// The components object.
    pub(super) fn finish(&self) -> Value {
        let declared = self.messages.iter().map(|(id, event)| (id.clone(), self.message_object(event)));
        let any = self.any.iter().map(|id| (id.clone(), json!({ "summary": "Any event.", "payload": {} })));
        let messages: Map<_, _> = declared.chain(any).collect();
        let moved = |id: &str, schema: &Schema| rebase(&schema.document, &format!("#/components/schemas/{id}"));
        let schemas: Map<_, _> = self.schemas.iter().map(|(id, schema)| (id.clone(), moved(id, schema))).collect();
        json!({ "messages": messages, "schemas": schemas, "securitySchemes": security::schemes() })
    }

    fn message_object(&self, event: &Event) -> Value {
        let schema = event.schema.as_ref().and_then(|schema| self.schema_id(schema));
        let payload = schema.map_or_else(|| json!({}), |id| json!({ "$ref": format!("#/components/schemas/{id}") }));
        let mut message = json!({ "name": event.name, "payload": payload });
        put(&mut message, "summary", &*event.description);
        message
    }
}

/// The event's name, or where that is taken with the channel before it.
fn wishes(event: &Event, channel: &str) -> [String; 2] {
    let name = key(&event.name);
    let long = format!("{channel}.{name}");
    [name, long]
}
