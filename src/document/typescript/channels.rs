//! Which channel has which events: the map, and types that look things up in it.

use std::cmp::Reverse;

use super::super::declared::Declared;
use super::event::EventType;
use super::text::{Comment, field_name, quoted};
use crate::config::contract::pattern::Pattern;

/// Names of this file's own types, which no event's type may have.
pub(super) const RESERVED: &[&str] =
    &["AnyEvents", "ChannelName", "Declaration", "EventData", "EventName", "Events", "TypedChannel", "TypedPusher"];

/// A declared name with its events; those of a twin stand with its channel.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) declared: Declared<'a>,
    pub(super) is_first: bool,
    pub(super) events: Vec<EventType>,
}

/// The part of the module that follows the types of events.
pub(super) fn channels(entries: &[Entry<'_>]) -> String {
    let names: Vec<_> = entries.iter().map(|entry| template(entry.declared.name)).collect();
    let names =
        if names.is_empty() { " never".to_owned() } else { names.iter().map(|name| format!("\n  | {name}")).collect() };
    let map: String = entries.iter().map(in_map).collect();
    format!(
        "\n/** Names of declared channels. */\n\
         export type ChannelName ={names};\n\
         \n/** Declarations of channels, their events, and the data of each. */\n\
         export interface Events {{\n{map}}}\n\
         \n/** The declaration that holds for a channel. */\n\
         export type Declaration<C extends string> ={};\n\
         {HELPERS}",
        lookup(entries)
    )
}

const HELPERS: &str = r#"
/** Events of a channel that declares none. */
export type AnyEvents = { [event: string]: unknown };

/** Names of a channel's events. */
export type EventName<C extends ChannelName> = keyof Events[Declaration<C>] & string;

/** The data of an event on a channel. */
export type EventData<C extends ChannelName, E extends EventName<C>> = Events[Declaration<C>][E];

/** A channel of pusher-js that knows its events. */
export interface TypedChannel<C extends ChannelName> {
  readonly name: string;
  bind<E extends EventName<C>>(event: E, callback: (data: EventData<C, E>) => void, context?: unknown): this;
  bind(event: `pusher:${string}`, callback: (data: unknown) => void, context?: unknown): this;
  unbind<E extends EventName<C>>(event?: E, callback?: (data: EventData<C, E>) => void, context?: unknown): this;
  unbind(event: `pusher:${string}`, callback?: (data: unknown) => void, context?: unknown): this;
}

/** A pusher-js that knows its channels: `const pusher = new Pusher(key, options) as TypedPusher;`. */
export interface TypedPusher {
  subscribe<C extends ChannelName>(channel: C): TypedChannel<C>;
  unsubscribe(channel: ChannelName): void;
}
"#;

/// A name as a type: `` `rvm.${string}` ``, or a text when it has no part.
fn template(name: &Pattern) -> String {
    let mut text = name.as_str().to_owned();
    if name.is_name() {
        return quoted(&text);
    }
    for part in name.parts() {
        text = text.replace(&format!("{{{part}}}"), "${string}");
    }
    format!("`{text}`")
}

fn in_map(entry: &Entry<'_>) -> String {
    let name = field_name(entry.declared.name.as_str());
    let comment = Comment::new(&entry.declared.channel.description).print(2);
    if !entry.is_first {
        let channel = quoted(entry.declared.channel.name.as_str());
        return format!("{comment}  {name}: Events[{channel}];\n");
    }
    if entry.events.is_empty() {
        return format!("{comment}  {name}: AnyEvents;\n");
    }
    let event =
        |event: &EventType| format!("{}    {}: {};\n", event.comment.print(4), field_name(&event.event), event.name);
    let events: String = entry.events.iter().map(event).collect();
    format!("{comment}  {name}: {{\n{events}  }};\n")
}

/// A chain of questions, narrower names first: the first that fits is the declaration.
fn lookup(entries: &[Entry<'_>]) -> String {
    let mut names: Vec<&Pattern> = entries.iter().map(|entry| entry.declared.name).collect();
    names.sort_by_cached_key(|name| precedence(name));
    let question = |name: &&Pattern| format!("\n  C extends {} ? {} :", template(name), quoted(name.as_str()));
    let questions: String = names.iter().map(question).collect();
    format!("{questions}{}never", if questions.is_empty() { " " } else { "\n  " })
}

/// Names with more dots come first, since `${string}` takes dots too; then those with more text of
/// their own, which a narrower pattern always has.
fn precedence(name: &Pattern) -> (Reverse<usize>, Reverse<usize>, String) {
    let text = name.as_str();
    let parts: usize = name.parts().map(|part| part.len() + "{}".len()).sum();
    (Reverse(text.matches('.').count()), Reverse(text.len().saturating_sub(parts)), text.to_owned())
}
