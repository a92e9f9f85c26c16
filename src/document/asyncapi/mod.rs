//! What is declared as an AsyncAPI 3.0.0 document.
//!
//! The document's application is the broker: what it sends to subscribers has the action `send`, and
//! what publishers send to it `receive`. Read `operation` for who may, `components` for what is shared.
//!
//! Source: AsyncAPI specification 3.0.0.

mod channel;
mod components;
mod object;
mod operation;
mod rebase;
mod security;
mod server;

use serde_json::{Map, Value, json};

use self::channel::Entry;
use self::components::Components;
use self::object::put;
use super::declared::declared;
use super::names::Names;
use crate::config::contract::model::Undeclared;
use crate::config::{App, Config};

/// The AsyncAPI document of what is declared for `app`; `version` is that of the broker.
///
/// Shape: AsyncAPI 3.0.0, valid by its JSON Schema. Rules, rates and what stays are extensions that
/// begin with `x-saluran-`; their times end in `_ms`.
#[must_use]
pub fn asyncapi(config: &Config, app: &App, version: &str) -> Value {
    let mut components = Components::default();
    let mut ids = Names::default();
    let declared = declared(config, app);
    let entries: Vec<_> = declared.iter().map(|names| Entry::new(*names, &mut ids, &mut components)).collect();
    let channels: Map<_, _> = entries.iter().map(|entry| (entry.id.clone(), entry.channel(&entries))).collect();
    let undeclared = match app.undeclared {
        Undeclared::Allow => "allow",
        Undeclared::Refuse => "refuse",
    };
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": info(app, version),
        "defaultContentType": "application/json",
        "servers": server::servers(config, app),
        "channels": channels,
        "operations": operation::operations(&entries),
        "components": components.finish(),
        "x-saluran-undeclared": undeclared,
    });
    if !config.roles.is_empty() {
        let roles: Map<_, _> = config.roles.iter().map(|role| (role.name.clone(), json!(role.includes))).collect();
        put(&mut document, "x-saluran-roles", roles);
    }
    document
}

fn info(app: &App, version: &str) -> Value {
    let id = &app.id;
    json!({
        "title": format!("Saluran app {id}"),
        "version": version,
        "description": format!(
            "Channels that are declared for the app {id}. Payloads here are the `data` of events. Over the WebSocket \
             `data` is the JSON text of the payload, in a frame `{{\"event\": …, \"channel\": …, \"data\": …}}`, as \
             Pusher clients read it. Names that begin with `client-` are published over the WebSocket, all others \
             with `POST /apps/{id}/events`."
        ),
    })
}
