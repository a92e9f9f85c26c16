//! The shipped `channels.toml`: it documents every key, and declares what the two systems send.

use std::fs;

use saluran::config::{self, Config, Error, Loaded, Source, Warning};
use serde_json::{Value, json};

fn shipped() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/channels.toml")).unwrap()
}

fn load(text: &str) -> Result<Loaded, Error> {
    let source = Source::Text { name: "channels.toml".to_owned(), text: text.as_bytes().to_vec() };
    config::load(source, std::iter::empty::<(String, String)>())
}

/// A key in the shipped file: its table, its name and the comment above it.
struct Shown {
    section: String,
    key: String,
    comment: String,
}

/// The keys of the shipped file, also those that are commented out.
fn shown_keys(text: &str) -> Vec<Shown> {
    let (mut section, mut comment) = (String::new(), String::new());
    let mut found = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start_matches("# ");
        let key = bare.split_once(" = ").map(|(key, _)| key).filter(|key| !key.contains(' '));
        if line.starts_with('[') {
            let name = line.trim_matches(['[', ']']);
            section = if name.starts_with("channel.events.") { "channel.events" } else { name }.to_owned();
            comment.clear();
        } else if let Some(key) = key {
            // A schema is written key by key.
            let key = key.split('.').next().unwrap().to_owned();
            found.push(Shown { section: section.clone(), key, comment: std::mem::take(&mut comment) });
        } else if line.is_empty() {
            comment.clear();
        } else {
            comment = [comment.as_str(), bare].join(" ");
        }
    }
    found
}

#[test]
fn the_shipped_file_has_every_key_with_its_documentation() {
    let shown = shown_keys(&shipped());
    let entries = config::explain();
    for entry in &entries {
        let is_it = |shown: &&Shown| shown.section == entry.section && shown.key == entry.key;
        let first = shown.iter().find(is_it).unwrap_or_else(|| panic!("{} {}", entry.heading, entry.key));
        let Shown { key, comment, .. } = first;
        assert!(comment.contains(entry.doc), "{key}: {comment}");
        let allowed = format!("Allowed: {}.", entry.allowed);
        assert!(entry.allowed == "true or false" || comment.contains(&allowed), "{key}: {comment}");
    }
    let names = |section: &str, key: &str| format!("{section}.{key}");
    let known: Vec<_> = entries.iter().map(|entry| names(entry.section, entry.key)).collect();
    let mut used: Vec<_> = shown.iter().map(|shown| names(&shown.section, &shown.key)).collect();
    assert!(used.iter().all(|name| known.contains(name)), "{used:?}");
    // Tables that variables override stand there once, each key in the order of the reference.
    let once = entries.iter().filter(|entry| entry.variable.is_some()).count();
    used.truncate(once);
    assert_eq!(used, known[..once]);
}

#[test]
fn the_shipped_file_is_the_defaults_with_one_app_and_its_channels() {
    let Loaded { mut config, warnings, .. } = load(&shipped()).unwrap();
    let app = &mut config.apps[0];
    let credential = &app.credentials[0];
    assert_eq!((app.id.as_str(), credential.key.as_str()), ("1001", "saluran-key"));
    assert_eq!(credential.secret.expose(), "saluran-secret");
    assert!(app.client_events);
    app.client_events = false;
    let Some(config::TokenKeys::Secret(secret)) = app.tokens.take().and_then(|tokens| tokens.keys) else {
        panic!("tokens are not signed with a secret");
    };
    assert_eq!(secret.expose(), "saluran-token-secret-for-trials-only");
    let channels = std::mem::take(&mut config.channels);
    let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "rvm-status",
            "detection-results",
            "timezone-updates",
            "system-alerts",
            "rvm.{rvm_id}",
            "private-rvm.{rvm_id}",
            "private-admin-dashboard",
            "private-session",
            "private-lanes",
            "private-measurements.{category}.{laptop_id}",
        ]
    );
    for channel in &channels {
        let twin = channel.twin.as_ref().map(|twin| twin.name.to_string());
        let name = channel.name.as_str();
        assert_eq!(twin, channels[..4].contains(channel).then(|| format!("private-{name}")));
        assert!(!channel.events.is_empty() && channel.events.iter().all(|event| event.schema.is_some()), "{name}");
    }
    assert_eq!(std::mem::take(&mut config.roles).len(), 10);
    assert!(config.contest.enabled && config.contest.realtime);
    config.contest = config::Contest::default();
    let plain = config::App::new(app.id.clone(), "saluran-key", "saluran-secret");
    assert_eq!(config, Config { apps: vec![plain], ..Config::default() });
    let app = &config.apps[0].id;
    assert_eq!(warnings, [Warning::KnownSecret { app: app.clone() }, Warning::KnownTokenSecret { app: app.clone() }]);
}

/// What programs of the two systems send: channel, event, data.
fn samples() -> Vec<(&'static str, &'static str, Value)> {
    let metrics = json!({"cpu_usage": 45.5, "memory_usage": 67, "disk_usage": 23.1, "gpu_usage": null, "x": [1]});
    let alert = json!({"id": "a1", "rvm_id": 1, "rule_name": "maintenance_required", "severity": "warning",
        "message": "m", "timestamp": "t", "status": "active"});
    let sync = json!({"device_id": "jetson_orin_nano", "timezone": "Asia/Jakarta", "sync_method": "automatic"});
    let object = |class: &str| json!([{class: "can", "confidence": 0.95, "bbox": [100, 100.5, 200, 200]}]);
    vec![
        ("rvm-status", "status-updated", json!({"rvm_id": 1, "status": "full", "capacity": 100, "location": null})),
        (
            "rvm-status",
            "rvm.status.updated",
            json!({"rvm_id": 1, "rvm_name": "RVM-001", "status": "x", "location": null}),
        ),
        ("rvm-status", "health-updated", json!({"rvm_id": "7", "status_details": {"power": "ok"}, "metrics": metrics})),
        ("rvm-status", "service-status", json!({"rvm_id": 1, "services": {"detection": {"status": "running"}}})),
        ("rvm-status", "performance-metrics", json!({"rvm_id": 1, "application_metrics": {"last_deposit_time": null}})),
        ("rvm-status", "resource-usage", json!({"rvm_id": 1, "system_metrics": {"load_average": [1, 2, 3]}})),
        ("detection-results", "detection-completed", json!({"rvm_id": 1, "detections": object("class")})),
        ("detection-results", "detection-completed", json!({"rvm_id": "1", "detections": object("class_name")})),
        (
            "detection-results",
            "processing-updated",
            json!({"rvm_id": 1, "status": "processed", "processing_request_id": 2}),
        ),
        ("detection-results", "confidence-updated", json!({"rvm_id": 1, "confidence_threshold": 0.5})),
        ("detection-results", "batch-updated", json!({"rvm_id": 1, "batch_id": "b", "batch_size": 6})),
        ("timezone-updates", "timezone-synced", sync),
        ("timezone-updates", "manual-sync", json!({"device_id": "d", "trigger": "dashboard_button"})),
        ("timezone-updates", "time-updated", json!({"device_id": "d", "local_time": "2025-09-19 10:23:40"})),
        ("timezone-updates", "sync-status", json!({"device_id": "d", "sync_status": "active", "recent_syncs": []})),
        ("system-alerts", "maintenance-alert", alert.clone()),
        ("system-alerts", "error-alert", alert),
        (
            "system-alerts",
            "alert-notification",
            json!({"type": "danger", "metric": "cpu", "message": "m", "value": 91.0}),
        ),
    ]
}

/// The same for single machines, the platform's dashboard and the contest.
fn more_samples() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("rvm.{rvm_id}", "session.authorized", json!({"session_id": "u", "user_id": 1, "user_name": "n"})),
        ("rvm.{rvm_id}", "session.authorized", json!({"session_id": "u", "user": {"id": 1, "balance": 0}})),
        ("rvm.{rvm_id}", "session.guest-activated", json!({"session_id": "u"})),
        ("rvm.{rvm_id}", "deposit.processing", json!({"deposit_id": 1, "session_id": "u"})),
        ("rvm.{rvm_id}", "deposit.completed", json!({"deposit_id": 1, "weight": 0.5, "reward_amount": 100})),
        ("rvm.{rvm_id}", "deposit.failed", json!({"deposit_id": 1, "message": "m"})),
        ("rvm.{rvm_id}", "hardware.command", json!({"command": "open_door", "params": {}, "request_id": "r"})),
        ("rvm.{rvm_id}", "item.processed", json!({"accepted": false, "rejection_reason": "too heavy"})),
        ("rvm.{rvm_id}", "ui.update", json!({"type": "session_ended", "payload": null})),
        ("private-rvm.{rvm_id}", "analisis.selesai", json!({"deposit_id": 1, "rvm_id": 1, "status": "completed"})),
        ("private-rvm.{rvm_id}", "sesi.diotorisasi", json!({"rvm_id": 1, "user_name": "n", "session_token": "s"})),
        ("private-rvm.{rvm_id}", "sesi.tamu.aktif", json!({"rvm_id": 1, "session_token": "s"})),
        ("private-admin-dashboard", "rvm.status.updated", json!({"rvm_id": 1, "status": "error", "location": null})),
        (
            "private-admin-dashboard",
            "dashboard.data.updated",
            json!({"total_rvms": 20, "status_counts": {"active": 12}}),
        ),
        ("private-session", "session-started", json!({"session_id": 42, "category": "baja", "frequency": 1.5})),
        ("private-session", "session-stopped", json!({"session_id": 42, "auto_stopped": true})),
        ("private-session", "realtime-saving-started", json!({"session_id": null})),
        ("private-session", "realtime-saving-stopped", json!({})),
        ("private-session", "category-change", json!({"category": "beton"})),
        ("private-session", "state", state()),
        ("private-session", "clear-undone", json!({"clear_id": 1, "scope": "all"})),
        ("private-session", "teams-changed", json!({"revision": 2})),
        ("private-session", "self-test", json!({"server_time_ms": 1})),
        (
            "private-lanes",
            "lanes",
            json!({"server_time_ms": 1, "lanes": [{"laptop_id": 1}],
            "store": {"database": "ok", "behind": 0, "full": false}}),
        ),
        ("private-session", "freeze-data", json!({"frozen": true})),
        ("private-session", "clear-data", json!({"message": "All data cleared by admin"})),
        (
            "private-measurements.{category}.{laptop_id}",
            "new-data",
            json!({"laptop_id": 1, "dista": -5.234, "distb": 3, "session_id": null, "frequency": null}),
        ),
    ]
}

/// What the contest tells pages on every change.
fn state() -> Value {
    json!({"revision": 1, "server_time_ms": 1, "category": "baja", "frequency": 1.5, "realtime": {"enabled": true},
        "frozen": false, "run_seconds": 60.0, "session": null, "last": {"session_id": 1}, "undo": []})
}

#[test]
fn every_declared_event_takes_what_real_programs_send() {
    let config = load(&shipped()).unwrap().config;
    let events = config
        .channels
        .iter()
        .flat_map(|channel| channel.events.iter().map(|event| ((channel.name.as_str(), event.name.as_str()), event)));
    let events: Vec<_> = events.collect();
    let samples = [samples(), more_samples()].concat();
    for (name, event) in &events {
        let validator = &event.schema.as_ref().unwrap().validator;
        let mut sent = 0;
        for (channel, event, data) in &samples {
            if (*channel, *event) == *name {
                let errors: Vec<_> = validator.iter_errors(data).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{name:?}: {errors:?}");
                sent += 1;
            }
        }
        assert!(sent > 0, "nothing shows {name:?}");
        assert!(!validator.is_valid(&json!("a text")) && !validator.is_valid(&json!([])), "{name:?}");
    }
    let is_declared = |sample: &(&str, &str, Value)| events.iter().any(|(name, _)| *name == (sample.0, sample.1));
    assert!(samples.iter().all(is_declared));
}

#[test]
fn a_declared_event_does_not_take_everything() {
    let config = load(&shipped()).unwrap().config;
    let is_valid = |channel: usize, name: &str, data: Value| {
        let event = config.channels[channel].events.iter().find(|event| event.name == name).unwrap();
        event.schema.as_ref().unwrap().validator.is_valid(&data)
    };
    assert!(!is_valid(0, "status-updated", json!({"status": "full"})));
    assert!(!is_valid(0, "status-updated", json!({"rvm_id": 1.5, "status": "full"})));
    assert!(!is_valid(0, "health-updated", json!({"rvm_id": 1, "metrics": {"cpu_usage": "45"}})));
    assert!(!is_valid(1, "detection-completed", json!({"rvm_id": 1, "detections": [{"confidence": 0.5}]})));
    assert!(!is_valid(
        1,
        "detection-completed",
        json!({"rvm_id": 1, "detections": [{"class": "a", "confidence": 95}]})
    ));
    assert!(!is_valid(7, "session-started", json!({"session_id": 1, "category": "kayu", "frequency": 1.5})));
    assert!(!is_valid(9, "new-data", json!({"laptop_id": 1, "dista": "5.2", "distb": 3.4})));
}

#[test]
fn a_reload_says_what_changes_and_no_value() {
    let old = load(&shipped()).unwrap().config;
    assert!(config::changes(&old, &old).is_empty());
    let text = shipped()
        .replace("port = 6001", "port = 7001")
        .replace("saluran-token-secret-for-trials-only", "another-secret-of-more-than-32-bytes")
        .replace("client_events = true", "client_events = false")
        .replace("name = \"tenant\"", "name = \"shop\"")
        .replace("rate = \"200/m\"", "rate = \"300/m\"")
        .replace("schema.required = [\"rvm_id\", \"detections\"]", "schema.required = [\"detections\"]")
        .replace("name = \"private-session\"", "name = \"private-contest\"");
    let new = load(&text).unwrap_or_else(|error| panic!("{error}")).config;
    let said: Vec<_> = config::changes(&old, &new).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "[server]: changed; it needs a restart",
            "app 1001: changed client_events, tokens",
            "role tenant: removed",
            "role shop: added",
            "channel private-session: removed",
            "channel detection-results: changed rate, event detection-completed",
            "channel private-contest: added",
        ]
    );
}
