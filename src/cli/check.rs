//! `saluran check`: says what is wrong with a configuration, or what it comes to.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, Adapter, AdapterKind, Entry, Loaded, Source};

/// What `sysexits.h` calls a usage error; a configuration with mistakes ends with it.
const USAGE: u8 = 64;

/// Checks the file at `path`, if any, and the environment; with `keys`, prints the reference of all
/// keys instead.
///
/// The summary and the reference go to standard output, mistakes to standard error.
#[must_use]
pub(super) fn run(path: Option<&Path>, keys: bool) -> ExitCode {
    let (written, code) = if keys {
        (io::stdout().write_all(reference(&config::explain()).as_bytes()), ExitCode::SUCCESS)
    } else {
        match config::load(Source::from(path), config::environment()) {
            Ok(loaded) => (io::stdout().write_all(summary(path, &loaded).as_bytes()), ExitCode::SUCCESS),
            Err(error) => (writeln!(io::stderr(), "{error}"), ExitCode::from(USAGE)),
        }
    };
    // Whoever closed our output has seen enough, but must not take it for the whole.
    if written.is_ok() { code } else { ExitCode::FAILURE }
}

fn summary(path: Option<&Path>, loaded: &Loaded) -> String {
    let config = &loaded.config;
    let source = path.map_or_else(|| "environment".to_owned(), |path| path.display().to_string());
    let server = &config.server;
    let main = std::net::SocketAddr::new(server.host, server.port);
    let admin = server.admin.map_or_else(|| "off".to_owned(), |address| address.to_string());
    let mut lines = vec![
        format!("{source}: no mistakes"),
        format!("  main listener   {main}{}", server.path_prefix),
        format!("  admin listener  {admin}"),
    ];
    lines.extend(adapter(&config.adapter).map(|adapter| format!("  adapter         {adapter}")));
    for app in &config.apps {
        let keys: Vec<_> = app.credentials.iter().map(|held| held.key.as_str()).collect();
        let disabled = if app.enabled { "" } else { ", disabled" };
        lines.push(format!("  app {} (key {}{disabled})", app.id, keys.join(", ")));
    }
    if !config.channels.is_empty() {
        let events: usize = config.channels.iter().map(|channel| channel.events.len()).sum();
        let channels = count(config.channels.len(), "channel");
        let (events, roles) = (count(events, "event"), count(config.roles.len(), "role"));
        lines.push(format!("  declared        {channels} with {events}, {roles}"));
    }
    lines.extend(loaded.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n") + "\n"
}

/// Where the other nodes are met, without whose password.
fn adapter(adapter: &Adapter) -> Option<String> {
    if adapter.kind == AdapterKind::Local {
        return None;
    }
    let servers: Vec<_> = adapter.servers.iter().map(ToString::to_string).collect();
    let tls = if adapter.tls { " with TLS" } else { "" };
    Some(format!("redis {} at {}{tls}, prefix {}", adapter.mode, servers.join(", "), adapter.prefix))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The reference, a paragraph for each key and a heading for each table.
fn reference(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut section = "";
    for entry in entries {
        if entry.section != section {
            section = entry.section;
            text += &format!("{}\n\n", entry.heading);
        }
        let default = entry.default.as_deref().unwrap_or("none");
        let variable = entry.variable.as_ref().map_or_else(String::new, |name| format!(" Variable: {name}"));
        text += &format!(
            "  {}\n      {}\n      Allowed: {}.\n      Default: {default}.{variable}\n\n",
            entry.key, entry.doc, entry.allowed
        );
    }
    text += "Variables win over the file. SALURAN_APP_… means the first app, and declares it when the\n\
             file declares none. Lists are separated by commas; SALURAN_APP_CREDENTIALS is a list of\n\
             key:secret.\n";
    text
}
