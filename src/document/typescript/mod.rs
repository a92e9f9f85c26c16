//! What is declared as TypeScript types.
//!
//! A type for the data of each event, a map from channels to events to data, and the types of a
//! pusher-js that knows them. Read `shape` for what a type can be, then `schema` for how JSON Schema
//! becomes one. A type is never narrower than its schema in what it says of a value's fields, but for
//! this: a schema with `properties` and no `type` is taken for that of an object.

mod channels;
mod event;
mod literal;
mod print;
mod reference;
mod schema;
mod shape;
mod text;

use self::event::event_types;
use super::declared::declared;
use super::names::Names;
use crate::config::{App, Config};

/// A TypeScript module with the types of what is declared for `app`.
///
/// Shape: types only, nothing that runs; compiles under `strict`. It names no version and no time, so
/// it changes only when the declarations do.
#[must_use]
pub fn typescript(config: &Config, app: &App) -> String {
    let mut names = Names::default();
    channels::RESERVED.iter().for_each(|name| names.reserve(name));
    let declared = declared(config, app);
    let mut text = format!(
        "// The declared channels of the app {}. Made by `saluran schema typescript`: do not edit this,\n\
         // change the declarations and make it again.\n",
        app.id
    );
    let mut entries = Vec::with_capacity(declared.len());
    for names_of_channel in &declared {
        let is_first = names_of_channel.name == &names_of_channel.channel.name;
        let events = if is_first { event_types(names_of_channel.channel, &mut names) } else { Vec::new() };
        for declaration in events.iter().flat_map(|event| &event.declarations) {
            text.push('\n');
            text.push_str(declaration);
        }
        entries.push(channels::Entry { declared: *names_of_channel, is_first, events });
    }
    text + &channels::channels(&entries)
}
