//! Who may do what on declared channels: every identity, every channel, every verb, from one table.
//!
//! A cell says who is let in; everybody else is refused, with 401 if nobody has proved who it is and
//! with 403 if somebody has. `tests/broker/contract/fleet.toml` declares the channels.

use serde_json::{Value, json};

use crate::support::{APP, Client, FLEET, TestBroker, now, succeeded, token};

/// Names in a cell, besides those of [`identities`].
const GROUPS: &[(&str, &[&str])] = &[
    ("staff", &["super-admin", "admin", "operator", "technician"]),
    ("operators", &["super-admin", "admin", "operator"]),
    ("admins", &["super-admin", "admin"]),
    ("machines", &["machine-3", "machine-4"]),
    (
        "bearers",
        &[
            "super-admin",
            "admin",
            "operator",
            "technician",
            "tenant",
            "machine-3",
            "machine-4",
            "camera-3",
            "camera-4",
            "judge",
            "nobody-special",
        ],
    ),
    ("all", &["app", "stranger", "expired", "bearers"]),
];

/// Channel, event | who may subscribe (and read what it keeps) | who may publish over HTTP.
const MATRIX: &str = "
lobby                        hello       | all                       | app bearers
status                       updated     | staff machines            | app machines operators
status                       reset       | staff machines            | admins
status                       unheard     | staff machines            |
private-status               updated     | app staff                 | app machines operators
rvm.3                        anything    | all                       | app machine-3
rvm.4                        anything    | all                       | app machine-4
private-rvm.3                anything    | app staff machine-3       | app machine-3
private-rvm.4                anything    | app staff machine-4       | app machine-4
private-rvm.9                anything    | admins                    | admins
private-admin-dashboard      anything    | staff                     | app admins
private-measurements.baja.3  new-data    | judge camera-3            | camera-3
private-measurements.beton.4 new-data    | judge camera-4            | camera-4
presence-hall                anything    | bearers                   | app bearers
private-encrypted-vault      anything    | admins                    | app
undeclared                   anything    | all                       | app
private-undeclared           anything    | app                       | app
";

fn identities() -> Vec<(&'static str, Option<String>)> {
    let bearer = |claims: Value| Some(token(&claims));
    let role = |role: &str| bearer(json!({ "sub": role, "roles": [role] }));
    let machine = |id: u32| bearer(json!({ "sub": format!("m{id}"), "roles": ["machine"], "rvm_id": id }));
    let camera = |id: u32| {
        bearer(json!({ "sub": format!("c{id}"), "roles": ["camera"], "laptop_id": id.to_string(), "lanes": [id] }))
    };
    vec![
        ("app", None),
        ("stranger", None),
        ("expired", bearer(json!({ "sub": "e", "roles": ["super-admin"], "exp": now() - 60 }))),
        ("super-admin", role("super-admin")),
        ("admin", role("admin")),
        ("operator", role("operator")),
        ("technician", role("technician")),
        ("tenant", role("tenant")),
        ("machine-3", machine(3)),
        ("machine-4", machine(4)),
        ("camera-3", camera(3)),
        ("camera-4", camera(4)),
        ("judge", role("judge")),
        ("nobody-special", bearer(json!({ "sub": "n" }))),
    ]
}

/// One line of the table.
struct Row {
    channel: &'static str,
    event: &'static str,
    subscribe: Vec<&'static str>,
    publish: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let names = |cell: &'static str| cell.split_whitespace().flat_map(expand).collect();
    MATRIX
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut cells = line.split('|');
            let mut head = cells.next().unwrap().split_whitespace();
            let (channel, event) = (head.next().unwrap(), head.next().unwrap());
            Row { channel, event, subscribe: names(cells.next().unwrap()), publish: names(cells.next().unwrap()) }
        })
        .collect()
}

fn expand(name: &'static str) -> Vec<&'static str> {
    match GROUPS.iter().find(|(group, _)| *group == name) {
        Some((_, names)) => names.iter().flat_map(|name| expand(name)).collect(),
        None => vec![name],
    }
}

/// What is expected of whom.
fn verdict(allowed: &[&str], who: &str) -> u16 {
    match who {
        _ if allowed.contains(&who) => 200,
        "stranger" | "expired" => 401,
        _ => 403,
    }
}

fn data(event: &str) -> String {
    let data = if event == "updated" { json!({ "rvm_id": 3, "status": "full" }) } else { json!({ "a": 1 }) };
    data.to_string()
}

#[test]
fn the_table_names_nobody_unknown_and_has_hundreds_of_rows() {
    let known: Vec<_> = identities().into_iter().map(|(name, _)| name).collect();
    let rows = rows();
    for name in rows.iter().flat_map(|row| row.subscribe.iter().chain(&row.publish)) {
        assert!(known.contains(name), "{name}");
    }
    assert!(rows.len() * known.len() * 3 > 600);
}

#[tokio::test]
async fn publishing_over_http_is_for_whom_the_table_says() {
    let broker = TestBroker::declared(FLEET).await;
    for row in rows() {
        for (who, token) in identities() {
            let body = json!({ "name": row.event, "channel": row.channel, "data": data(row.event) });
            let path = format!("/apps/{}/events", APP.id);
            let response = match (&token, who) {
                (Some(token), _) => broker.publish_as(token, &body).await,
                (None, "app") => broker.post(&path, &body.to_string()).await,
                (None, _) => broker.http("POST", &path, &[], &body.to_string()).await,
            };
            assert_eq!(
                response.status,
                verdict(&row.publish, who),
                "{who} {} {}: {response:?}",
                row.channel,
                row.event
            );
        }
    }
}

#[tokio::test]
async fn what_a_channel_keeps_is_read_by_its_subscribers() {
    let broker = TestBroker::declared(FLEET).await;
    for row in rows() {
        for (who, token) in identities() {
            for what in ["retained", "history"] {
                let path = format!("/api/v2/channels/{}/{what}", row.channel);
                let response = match (&token, who) {
                    (Some(token), _) => broker.get_as(token, &path).await,
                    // A back end has the secret, with which it could subscribe to anything.
                    (None, "app") => {
                        assert_eq!(broker.get(&path).await.status, 200, "{path}");
                        continue;
                    }
                    (None, _) => broker.http("GET", &path, &[], "").await,
                };
                let mut expected = verdict(&row.subscribe, who);
                if who == "expired" {
                    expected = 401;
                }
                if who == "stranger" && row.channel == "private-undeclared" {
                    expected = 403;
                }
                assert_eq!(response.status, expected, "{who} {path}: {response:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_signature_is_given_to_whom_the_table_says() {
    let broker = TestBroker::declared(FLEET).await;
    for row in rows().iter().filter(|row| needs_signature(row.channel)) {
        for (who, token) in identities() {
            let mut client = broker.connect().await;
            let Some(token) = token else { continue };
            let response = broker.ask(&token, &client.socket_id, row.channel).await;
            assert_eq!(response.status, verdict(&row.subscribe, who), "{who} {}: {response:?}", row.channel);
            if response.status == 200 {
                client.subscribe_granted(&broker, &token, row.channel).await;
            } else {
                assert!(response.json()["error"].is_string(), "{response:?}");
            }
            client.close().await;
        }
    }
}

#[tokio::test]
async fn a_signature_by_a_back_end_is_taken_where_the_rules_name_the_app() {
    let broker = TestBroker::declared(FLEET).await;
    for row in rows().iter().filter(|row| needs_signature(row.channel)) {
        let mut client = broker.connect().await;
        let member = row.channel.starts_with("presence-").then_some(r#"{"user_id":"7"}"#);
        if row.subscribe.contains(&"app") {
            client.subscribe_signed(row.channel, member).await;
            continue;
        }
        client.send_signed(row.channel, member).await;
        let message = client.expect_error(None).await;
        assert!(message.contains("You may not subscribe"), "{}: {message}", row.channel);
    }
}

#[tokio::test]
async fn a_public_name_is_heard_after_signing_in_by_whom_the_table_says() {
    let broker = TestBroker::declared(FLEET).await;
    for row in rows().iter().filter(|row| !needs_signature(row.channel)) {
        for (who, token) in identities() {
            let mut client = broker.connect().await;
            // An expired token cannot sign in, and a public channel has no signature by the app.
            let is_nobody = matches!(who, "expired" | "app");
            if let Some(token) = token.filter(|_| !is_nobody) {
                client.sign_in_granted(&broker, &token).await;
            }
            client.send_subscribe(&json!({ "channel": row.channel })).await;
            let expected = if is_nobody { verdict(&row.subscribe, "stranger") } else { verdict(&row.subscribe, who) };
            match expected {
                200 => expect_greeting(&mut client, row.channel).await,
                status => drop(client.expect_refused(row.channel, "AuthError", status).await),
            }
            client.close().await;
        }
    }
}

async fn expect_greeting(client: &mut Client, channel: &str) {
    client.expect(&succeeded(channel)).await;
}

fn needs_signature(channel: &str) -> bool {
    channel.starts_with("private-") || channel.starts_with("presence-")
}
