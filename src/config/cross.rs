//! Checks that need more than one key.

use std::net::{IpAddr, SocketAddr};

use super::apps::path;
use super::limits::event_bytes;
use super::measure::show_bytes;
use super::model::{AdapterKind, Config, Database, Server};
use super::problem::{Mistake, Problem};
use super::reader::Reader;

pub(super) fn check(config: &Config, reader: &mut Reader<'_>) {
    check_listeners(&config.server, reader);
    check_room(config, reader);
    check_contest(config, reader);
}

/// Nodes that share a contest share its database, and a file on one machine is none of another's.
fn check_contest(config: &Config, reader: &mut Reader<'_>) {
    let is_shared = config.adapter.kind == AdapterKind::Redis && config.contest.enabled;
    if !is_shared || config.store.database != Database::Embedded || !reader.is_sound("store.database") {
        return;
    }
    let keys = ["store.database", "contest.enabled", "adapter.kind"];
    let Some(place) = keys.iter().find_map(|key| reader.place(key)) else { return };
    reader.report(Mistake {
        place,
        key: "store.database".to_owned(),
        problem: Problem::Value {
            found: "\"embedded\"".to_owned(),
            allowed: "the URL of a PostgreSQL database, for adapter.kind is \"redis\" and the contest is on".to_owned(),
        },
        advice: "Nodes that share a contest share its database: set database = \"postgres://user:password@host/name\" on all\n\
                 of them, or SALURAN_STORE_DATABASE. Where no contest is wanted, set contest.enabled = false."
            .to_owned(),
    });
}

/// The main and the admin listener cannot share a port, unless their addresses differ.
fn check_listeners(server: &Server, reader: &mut Reader<'_>) {
    let Some(admin) = server.admin else { return };
    let main = SocketAddr::new(server.host, server.port);
    if main.port() == 0 || main.port() != admin.port() || !overlap(main.ip(), admin.ip()) {
        return;
    }
    let keys = ["server.admin", "server.port", "server.host"];
    if !keys.iter().all(|key| reader.is_sound(key)) {
        return;
    }
    let Some((key, place)) = keys.iter().find_map(|key| Some((key, reader.place(key)?))) else {
        return;
    };
    let (found, other) = match *key {
        "server.port" => (main.port().to_string(), format!("server.admin is {admin}")),
        "server.host" => (main.ip().to_string(), format!("server.admin is {admin}")),
        _ => (admin.to_string(), format!("the main listener is {main}")),
    };
    reader.report(Mistake {
        place,
        key: (*key).to_owned(),
        problem: Problem::Value { found, allowed: format!("another one, for {other}") },
        advice: "Give each listener a port of its own, or set server.admin = \"off\".".to_owned(),
    });
}

fn overlap(one: IpAddr, other: IpAddr) -> bool {
    one == other || one.is_unspecified() || other.is_unspecified()
}

/// One largest event must fit wherever an event waits, or it could never be delivered.
fn check_room(config: &Config, reader: &mut Reader<'_>) {
    let largest = config.apps.iter().enumerate().max_by_key(|(_, app)| event_bytes(&app.limits));
    let Some((number, app)) = largest else { return };
    let needed = event_bytes(&app.limits);
    let path = path(number);
    let mut bounds = vec![
        ("limits.outbox_bytes", config.limits.outbox_bytes),
        ("limits.http_body_bytes", config.limits.http_body_bytes),
        ("limits.cache_bytes", config.limits.cache_bytes),
    ];
    if config.adapter.kind == AdapterKind::Redis {
        bounds.push(("adapter.queue_bytes", config.adapter.queue_bytes));
    }
    let causes = ["event_data_bytes", "channel_name", "event_name"];
    let causes = causes.map(|name| format!("{path}.limits.{name}"));
    if !causes.iter().all(|cause| reader.is_sound(cause)) {
        return;
    }
    for (bound, size) in bounds {
        if size >= needed || !reader.is_sound(bound) {
            continue;
        }
        let causes = causes.iter().map(String::as_str);
        let Some(place) = std::iter::once(bound).chain(causes).find_map(|key| reader.place(key)) else {
            continue;
        };
        let data = show_bytes(app.limits.event_data_bytes);
        reader.report(Mistake {
            place,
            key: bound.to_owned(),
            problem: Problem::Value {
                found: show_bytes(size),
                allowed: format!("at least {}", show_bytes(needed.next_multiple_of(1024))),
            },
            advice: format!(
                "One event of {path} takes so much: its data ({data}) twice, for escaped quotes, \
                 and its names."
            ),
        });
    }
}
