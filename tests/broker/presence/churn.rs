//! Many members coming and going at once: all clients end with the same list (protocol reference
//! 2.7, 2.10).

use serde_json::json;
use tokio::task::JoinSet;

use super::{Roster, WORKERS};
use crate::support::{Client, TestBroker, frame, within};

const ROOM: &str = "presence-room";

async fn broker_with(workers: usize) -> TestBroker {
    TestBroker::with(|config| config.server.workers = workers).await
}

/// C-120.
#[tokio::test]
async fn two_users_who_join_at_once_see_each_other_exactly_once() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut first = broker.connect().await;
        let mut second = broker.connect().await;
        for round in 0..50 {
            let channel = format!("presence-{round}");
            tokio::join!(
                first.send_signed(&channel, Some(r#"{"user_id":"1"}"#)),
                second.send_signed(&channel, Some(r#"{"user_id":"2"}"#)),
            );
            let rosters = [complete(&mut first).await, complete(&mut second).await];
            assert_eq!(rosters[0], rosters[1]);
            tokio::join!(first.quiet(), second.quiet());
        }
    }
}

/// Reads the success and, if the other was later, its `member_added`.
async fn complete(client: &mut Client) -> Roster {
    let mut roster = Roster::new(&client.next().await);
    while !roster.is(&["1", "2"]) {
        roster.take(&client.next().await);
    }
    roster
}

/// C-113 to C-118 and C-120 under load: each client's list follows from what it was told, never a
/// member twice, never one that was not there; and in the end all lists are the truth.
#[tokio::test]
async fn all_lists_agree_after_a_storm_of_joining_and_leaving() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut watchers = Vec::new();
        for _ in 0..3 {
            let mut watcher = broker.connect().await;
            let success = watcher.subscribe_signed(ROOM, Some(r#"{"user_id":"watcher"}"#)).await;
            watchers.push((watcher, Roster::new(&success)));
        }
        let mut storm = JoinSet::new();
        // Two connections for each of six users.
        for number in 0..12_usize {
            storm.spawn(come_and_go(broker.connect().await, number));
        }
        // The connections live on, so that it is the unsubscribing that is shown here.
        let _clients = storm.join_all().await;
        for (watcher, roster) in &mut watchers {
            within("all members to be gone", settle(watcher, roster)).await;
        }
        // That was all: what comes next is what happens next.
        broker.publish(ROOM, "mark", "").await;
        for (watcher, _) in &mut watchers {
            watcher.expect(r#"{"event":"mark","channel":"presence-room","data":""}"#).await;
        }
        let users = broker.get("/apps/1001/channels/presence-room/users").await;
        assert_eq!(users.body, r#"{"users":[{"id":"watcher"}]}"#);
    }
}

/// Joins and leaves many times, now and then without waiting, and checks its own list all the
/// while.
async fn come_and_go(mut client: Client, number: usize) -> Client {
    let id = format!("user-{}", number % 6);
    let data = json!({ "user_id": id }).to_string();
    for round in 0..30 {
        client.send_signed(ROOM, Some(&data)).await;
        let mut roster = Roster::new(&client.next().await);
        assert!(roster.ids.contains(&id), "{id} is not in its own snapshot {roster:?}");
        for _ in 0..(round + number) % 3 {
            client.send(r#"{"event":"pusher:ping"}"#).await;
            follow(&mut client, &mut roster).await;
            assert!(roster.ids.contains(&id), "{id} heard of its own going, {roster:?}");
        }
        client.unsubscribe(ROOM).await;
        client.send(r#"{"event":"pusher:ping"}"#).await;
        follow(&mut client, &mut roster).await;
        client.quiet().await;
    }
    client
}

/// Takes member events until the next pong.
async fn follow(client: &mut Client, roster: &mut Roster) {
    loop {
        let text = client.next().await;
        if text == r#"{"event":"pusher:pong","data":"{}"}"# {
            return;
        }
        roster.take(&text);
    }
}

/// Takes member events until only the watchers are left. The storm may have been as quiet for a
/// moment in its midst, so all that has come so far is taken first.
async fn settle(watcher: &mut Client, roster: &mut Roster) {
    watcher.send(r#"{"event":"pusher:ping"}"#).await;
    follow(watcher, roster).await;
    while !roster.is(&["watcher"]) {
        roster.take(&watcher.next().await);
    }
}

/// A burst of leaving and joining in one write, as pusher-js does after a cancelled subscription.
#[tokio::test]
async fn leaving_and_joining_in_one_write_is_seen_in_order() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut watcher = broker.connect().await;
        let success = watcher.subscribe_signed(ROOM, Some(r#"{"user_id":"watcher"}"#)).await;
        let mut roster = Roster::new(&success);
        let mut client = broker.connect().await;
        let data = r#"{"user_id":"1"}"#;
        let auth = crate::support::auth(client.app, &client.socket_id, ROOM, Some(data));
        let join =
            json!({ "event": "pusher:subscribe", "data": { "channel": ROOM, "auth": auth, "channel_data": data } });
        let leave = json!({ "event": "pusher:unsubscribe", "data": { "channel": ROOM } });
        let burst: Vec<u8> = [join, leave]
            .iter()
            .flat_map(|message| frame(crate::support::Opcode::Text, message.to_string().as_bytes()))
            .collect();
        client.send_raw(&burst.repeat(20)).await;
        for _ in 0..20 {
            assert!(Roster::new(&client.next().await).is(&["1", "watcher"]));
            for ids in [&["1", "watcher"][..], &["watcher"]] {
                roster.take(&watcher.next().await);
                assert!(roster.is(ids), "{roster:?}");
            }
        }
        client.quiet().await;
        watcher.quiet().await;
    }
}

/// C-061, C-117. A connection may die at any moment of its joining; nobody stays behind.
#[tokio::test]
async fn who_dies_while_joining_leaves_no_ghost() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut watcher = broker.connect().await;
        let success = watcher.subscribe_signed(ROOM, Some(r#"{"user_id":"watcher"}"#)).await;
        let mut roster = Roster::new(&success);
        for number in 0..60 {
            let mut client = broker.connect().await;
            let data = json!({ "user_id": format!("user-{}", number % 3) }).to_string();
            client.send_signed(ROOM, Some(&data)).await;
            if number % 4 == 0 {
                client.unsubscribe(ROOM).await;
            }
            if number % 2 == 0 { client.reset() } else { drop(client) }
        }
        within("all ghosts to be gone", settle(&mut watcher, &mut roster)).await;
        let alone = async {
            let body = r#"{"users":[{"id":"watcher"}]}"#;
            while broker.get("/apps/1001/channels/presence-room/users").await.body != body {}
        };
        within("the watcher to be alone", alone).await;
    }
}
