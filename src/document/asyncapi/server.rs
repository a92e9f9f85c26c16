//! Where the broker is reached.

use serde_json::{Value, json};

use super::object::{put, put_some};
use crate::config::{App, Config};

/// The listener as subscribers and as publishers reach it.
pub(super) fn servers(config: &Config, app: &App) -> Value {
    let prefix = &config.server.path_prefix;
    let [websocket, http] = if app.tls_only { ["wss", "https"] } else { ["ws", "http"] };
    let variables = address(config);
    let mut with_key = variables.clone();
    put(&mut with_key, "key", key(app));
    json!({
        "websocket": {
            "host": HOST,
            "pathname": format!("{prefix}/app/{{key}}"),
            "protocol": websocket,
            "description": "Subscribing, and client events: the Pusher protocol, version 7.",
            "variables": with_key,
        },
        "http": {
            "host": HOST,
            "pathname": format!("{prefix}/apps/{}", app.id),
            "protocol": http,
            "description": "Publishing: the Pusher HTTP API.",
            "variables": variables,
        },
    })
}

/// The broker cannot know by which name others reach it.
const HOST: &str = "{host}:{port}";

fn address(config: &Config) -> Value {
    let server = &config.server;
    let host = if server.host.is_unspecified() { "localhost".to_owned() } else { server.host.to_string() };
    let mut port = json!({ "description": "Its port, or that of a proxy in front of it." });
    let known = Some(server.port).filter(|port| *port != 0);
    put_some(&mut port, "default", known.map(|port| port.to_string()));
    json!({ "host": { "description": "Name or address of the broker.", "default": host }, "port": port })
}

fn key(app: &App) -> Value {
    let keys: Vec<_> = app.credentials.iter().map(|held| held.key.as_str()).collect();
    let mut variable = json!({ "description": "A public key of the app.", "enum": keys });
    put_some(&mut variable, "default", keys.first().copied());
    variable
}
