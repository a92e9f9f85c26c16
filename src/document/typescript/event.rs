//! The types of a channel's events.

use super::super::names::{Names, pascal};
use super::reference::Targets;
use super::schema;
use super::shape::Shape;
use super::text::Comment;
use crate::config::contract::model::{Channel, Event, Schema};
use crate::config::contract::pattern::Pattern;

/// An event's name, the type of its data, and how that type is declared.
#[derive(Debug)]
pub(super) struct EventType {
    pub(super) event: String,
    pub(super) comment: Comment,
    pub(super) name: String,
    /// The type, then those that it refers to.
    pub(super) declarations: Vec<String>,
}

/// The types of all events of a channel, in the order of the declaration.
pub(super) fn event_types(channel: &Channel, names: &mut Names) -> Vec<EventType> {
    let event = |event| event_type(event, channel, names);
    channel.events.iter().map(event).collect()
}

fn event_type(event: &Event, channel: &Channel, names: &mut Names) -> EventType {
    let name = names.take(&wishes(&channel.name, &event.name), "");
    let mut comment = Comment::new(&event.description);
    let mut declarations = Vec::new();
    match &event.schema {
        None => declarations.push(declaration(&name, &Shape::Unknown, &comment)),
        Some(Schema { document, .. }) => {
            if comment == Comment::default() {
                comment = schema::comment(document);
            }
            let mut targets = Targets::new(document, &name, names);
            if !channel.timestamp {
                targets.are_within_event();
            }
            let shape = schema::shape(document, &mut targets);
            let data = if channel.timestamp { shape.stamped() } else { shape };
            declarations.push(declaration(&name, &data, &comment));
            while let Some((name, schema)) = targets.next() {
                let shape = schema::shape(schema, &mut targets);
                declarations.push(declaration(&name, &shape, &schema::comment(schema)));
            }
        }
    }
    EventType { event: event.name.clone(), comment, name, declarations }
}

fn declaration(name: &str, shape: &Shape, comment: &Comment) -> String {
    format!("{}export type {name} = {};\n", comment.print(0), shape.print(0))
}

/// The channel's text with the event's name; where that is taken, with the channel's parts too.
fn wishes(channel: &Pattern, event: &str) -> [String; 2] {
    let long = type_name(&pascal(channel.as_str()), event);
    let mut text = channel.as_str().to_owned();
    for part in channel.parts() {
        text = text.replace(&format!("{{{part}}}"), "-");
    }
    let short = pascal(&text);
    if short.is_empty() { [long.clone(), long] } else { [type_name(&short, event), long] }
}

fn type_name(channel: &str, event: &str) -> String {
    let event = match pascal(event) {
        event if event.is_empty() => "Event".to_owned(),
        event => event,
    };
    let digit = if channel.starts_with(|c: char| c.is_ascii_digit()) { "Channel" } else { "" };
    format!("{digit}{channel}{event}")
}
