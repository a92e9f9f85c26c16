//! Who of the watched users is online (protocol reference 2.15).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Client, TestBroker};

/// The frame that says that these are online and these offline.
fn watchlist_events(online: &[&str], offline: &[&str]) -> String {
    let lists = [("online", online), ("offline", offline)];
    let events: Vec<String> = lists
        .iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(name, ids)| format!(r#"{{"name":"{name}","user_ids":{}}}"#, json!(ids)))
        .collect();
    let data = json!(format!(r#"{{"events":[{}]}}"#, events.join(",")));
    format!(r#"{{"event":"pusher_internal:watchlist_events","data":{data}}}"#)
}

async fn signed_in(broker: &TestBroker, user_data: &str) -> Client {
    let mut client = broker.connect().await;
    client.sign_in(user_data).await;
    client
}

/// C-149, C-151, exact to the byte.
#[tokio::test]
async fn after_sign_in_comes_who_is_online_and_who_is_not() {
    let broker = TestBroker::start().await;
    let _seven = signed_in(&broker, r#"{"id":"7"}"#).await;
    let mut client = signed_in(&broker, r#"{"id":"42","watchlist":["7","8"]}"#).await;
    client
        .expect(r#"{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"7\"]},{\"name\":\"offline\",\"user_ids\":[\"8\"]}]}"}"#)
        .await;
    client.quiet().await;
}

/// C-149. Empty lists are left out.
#[tokio::test]
async fn an_empty_list_is_left_out() {
    let broker = TestBroker::start().await;
    let mut first = signed_in(&broker, r#"{"id":"7","watchlist":["8","9"]}"#).await;
    first.expect(&watchlist_events(&[], &["8", "9"])).await;
    let mut second = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
    second.expect(&watchlist_events(&["7"], &[])).await;
    first.quiet().await;
    second.quiet().await;
}

/// C-150, C-151. With one worker and with several.
#[tokio::test]
async fn a_watched_user_comes_with_the_first_connection_and_goes_with_the_last() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut watcher = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
        watcher.expect(&watchlist_events(&[], &["7"])).await;
        for _ in 0..5 {
            let mut first = signed_in(&broker, r#"{"id":"7"}"#).await;
            watcher.expect(&watchlist_events(&["7"], &[])).await;
            let second = signed_in(&broker, r#"{"id":"7"}"#).await;
            // Neither presence channels nor a second sign-in of one connection matter.
            first.subscribe_signed("presence-room", None).await;
            first.sign_in(r#"{"id":"7"}"#).await;
            watcher.quiet().await;
            first.close().await;
            watcher.quiet().await;
            second.reset();
            watcher.expect(&watchlist_events(&[], &["7"])).await;
        }
        watcher.quiet().await;
    }
}

/// C-150. Members of presence channels are not online for that (2.15).
#[tokio::test]
async fn a_presence_member_that_did_not_sign_in_is_offline() {
    let broker = TestBroker::start().await;
    let mut member = broker.connect().await;
    member.subscribe_signed("presence-room", Some(r#"{"user_id":"7"}"#)).await;
    let mut watcher = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
    watcher.expect(&watchlist_events(&[], &["7"])).await;
}

/// C-150. Every connection that watches is told, each according to its own list.
#[tokio::test]
async fn every_watcher_is_told() {
    let broker = TestBroker::start().await;
    let mut watchers = Vec::new();
    for user_data in [
        r#"{"id":"42","watchlist":["7"]}"#,
        r#"{"id":"42","watchlist":["8","7"]}"#,
        r#"{"id":"43","watchlist":["7","42"]}"#,
    ] {
        let mut watcher = signed_in(&broker, user_data).await;
        watcher.next().await;
        watchers.push(watcher);
    }
    let mut bystander = signed_in(&broker, r#"{"id":"44","watchlist":["8"]}"#).await;
    bystander.next().await;
    let _seven = signed_in(&broker, r#"{"id":"7"}"#).await;
    for watcher in &mut watchers {
        watcher.expect(&watchlist_events(&["7"], &[])).await;
        watcher.quiet().await;
    }
    bystander.quiet().await;
}

/// C-144: a second sign-in replaces the watchlist.
#[tokio::test]
async fn a_second_sign_in_replaces_the_watchlist() {
    let broker = TestBroker::start().await;
    let mut watcher = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
    watcher.expect(&watchlist_events(&[], &["7"])).await;
    watcher.sign_in(r#"{"id":"42","watchlist":["8"]}"#).await;
    watcher.expect(&watchlist_events(&[], &["8"])).await;
    let _seven = signed_in(&broker, r#"{"id":"7"}"#).await;
    let _eight = signed_in(&broker, r#"{"id":"8"}"#).await;
    watcher.expect(&watchlist_events(&["8"], &[])).await;
    watcher.quiet().await;
}

/// C-152.
#[tokio::test]
async fn the_101st_watched_id_is_reported_and_not_watched() {
    let broker = TestBroker::start().await;
    let ids: Vec<String> = (1..=101).map(|n| format!("user-{n}")).collect();
    let user_data = json!({ "id": "42", "watchlist": ids }).to_string();
    let mut watcher = signed_in(&broker, &user_data).await;

    // After the success come the error and the state; the order of those two is free.
    let mut listed = BTreeSet::new();
    let mut errors = 0;
    for _ in 0..2 {
        let text = watcher.next().await;
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["event"] == "pusher:error" {
            assert_eq!(frame["data"]["code"], 4302, "{text}");
            errors += 1;
        } else {
            let data: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
            for id in data["events"][0]["user_ids"].as_array().unwrap() {
                listed.insert(id.as_str().unwrap().to_owned());
            }
            assert_eq!(data["events"][0]["name"], "offline");
        }
    }
    assert_eq!(errors, 1);
    assert_eq!(listed, ids[..100].iter().cloned().collect());

    let _unwatched = signed_in(&broker, r#"{"id":"user-101"}"#).await;
    let _watched = signed_in(&broker, r#"{"id":"user-100"}"#).await;
    watcher.expect(&watchlist_events(&["user-100"], &[])).await;
    watcher.quiet().await;
}

/// C-152. A hundred are not too many.
#[tokio::test]
async fn a_hundred_watched_ids_are_no_error() {
    let broker = TestBroker::start().await;
    let ids: Vec<String> = (1..=100).map(|n| format!("user-{n}")).collect();
    let mut watcher = signed_in(&broker, &json!({ "id": "42", "watchlist": ids }).to_string()).await;
    assert!(watcher.next().await.contains("watchlist_events"));
    watcher.quiet().await;
}

/// C-153.
#[tokio::test]
async fn without_the_switch_or_a_list_nothing_is_said() {
    let broker = TestBroker::with_app(|app| app.watchlist = false).await;
    let mut watcher = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
    let _seven = signed_in(&broker, r#"{"id":"7"}"#).await;
    watcher.quiet().await;

    let broker = TestBroker::start().await;
    let mut plain = signed_in(&broker, r#"{"id":"42"}"#).await;
    let _seven = signed_in(&broker, r#"{"id":"7"}"#).await;
    plain.quiet().await;
}

/// C-154. Who was terminated is offline.
#[tokio::test]
async fn a_terminated_user_is_offline() {
    let broker = TestBroker::start().await;
    let mut watched = signed_in(&broker, r#"{"id":"7"}"#).await;
    let mut watcher = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
    watcher.expect(&watchlist_events(&["7"], &[])).await;
    broker.post("/apps/1001/users/7/terminate_connections", "{}").await;
    watched.expect_refusal(4009).await;
    watcher.expect(&watchlist_events(&[], &["7"])).await;
}

/// C-150. A connection may die at any moment of its sign-in; nobody stays online.
#[tokio::test]
async fn who_dies_while_signing_in_is_not_left_online() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut watcher = signed_in(&broker, r#"{"id":"42","watchlist":["7"]}"#).await;
        watcher.expect(&watchlist_events(&[], &["7"])).await;
        for _ in 0..40 {
            let mut client = broker.connect().await;
            client.send_sign_in(r#"{"id":"7","watchlist":["42"]}"#).await;
            client.reset();
        }
        // Whoever asks now is told the truth, at the latest when the last one has been noticed.
        let mut witness = signed_in(&broker, r#"{"id":"43","watchlist":["7"]}"#).await;
        if witness.next().await == watchlist_events(&["7"], &[]) {
            while witness.next().await != watchlist_events(&[], &["7"]) {}
        }
        // And what the watcher heard alternates.
        let mut online = false;
        let seven = signed_in(&broker, r#"{"id":"7"}"#).await;
        watcher.send(r#"{"event":"foo"}"#).await;
        loop {
            let text = watcher.next().await;
            if text.starts_with(r#"{"event":"pusher:error""#) {
                break;
            }
            online = !online;
            let expected = if online { watchlist_events(&["7"], &[]) } else { watchlist_events(&[], &["7"]) };
            assert_eq!(text, expected);
        }
        drop(seven);
    }
}
