//! What others hear about a member's connections (protocol reference 2.10, 8.3).

use serde_json::json;
use tokio::task::JoinSet;

use super::{Roster, WORKERS, member_added, member_removed};
use crate::support::{Client, TestBroker, first_app};

const ROOM: &str = "presence-room";
const ZOE: &str = r#"{"user_id":"42","user_info":{"name":"Zoë"}}"#;

async fn broker_with(workers: usize) -> TestBroker {
    TestBroker::with(|config| config.server.workers = workers).await
}

async fn member(broker: &TestBroker, data: &str) -> Client {
    let mut client = broker.connect().await;
    client.subscribe_signed(ROOM, Some(data)).await;
    client
}

/// C-113, C-114, C-115, C-116, C-117: the table of 8.3, exact to the byte.
#[tokio::test]
async fn a_member_is_added_with_the_first_connection_and_removed_with_the_last() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut watchers = [
            member(&broker, r#"{"user_id":"1"}"#).await,
            member(&broker, r#"{"user_id":"1"}"#).await,
            member(&broker, r#"{"user_id":"1"}"#).await,
        ];
        let mut first = member(&broker, ZOE).await;
        for watcher in &mut watchers {
            watcher
                .expect(r#"{"event":"pusher_internal:member_added","channel":"presence-room","data":"{\"user_id\":\"42\",\"user_info\":{\"name\":\"Zoë\"}}"}"#)
                .await;
        }
        first.quiet().await;

        let mut second = broker.connect().await;
        let success = second.subscribe_signed(ROOM, Some(ZOE)).await;
        assert!(Roster::new(&success).is(&["1", "42"]), "{success}");
        first.quiet().await;
        first.close().await;
        assert_eq!(occupants(&broker, 4).await, json!({ "occupied": true, "user_count": 2, "subscription_count": 4 }));
        second.quiet().await;
        second.close().await;
        for watcher in &mut watchers {
            watcher
                .expect(r#"{"event":"pusher_internal:member_removed","channel":"presence-room","data":"{\"user_id\":\"42\"}"}"#)
                .await;
            watcher.quiet().await;
        }
    }
}

/// C-061, C-117. A reset counts as a close.
#[tokio::test]
async fn a_member_whose_connection_is_reset_is_removed() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut watcher = member(&broker, r#"{"user_id":"1"}"#).await;
        let mut clients = Vec::new();
        for id in 2..10 {
            clients.push(member(&broker, &json!({ "user_id": id }).to_string()).await);
            watcher.expect(&member_added(ROOM, &json!({ "user_id": id.to_string() }).to_string())).await;
        }
        for (client, id) in clients.into_iter().zip(2..) {
            client.reset();
            watcher.expect(&member_removed(ROOM, &i32::to_string(&id))).await;
        }
        assert_eq!(occupants(&broker, 1).await, json!({ "occupied": true, "user_count": 1, "subscription_count": 1 }));
        watcher.quiet().await;
    }
}

/// C-060, C-061. Close, reset and the end of the stream release every subscription.
#[tokio::test]
async fn the_end_of_a_connection_releases_all_its_subscriptions() {
    let broker = broker_with(2).await;
    for ending in 0..3 {
        let mut client = broker.connect().await;
        client.sign_in(r#"{"id":"42"}"#).await;
        client.subscribe("chat").await;
        client.subscribe("#server-to-user-42").await;
        client.subscribe_signed("private-a", None).await;
        client.subscribe_signed(ROOM, Some(ZOE)).await;
        match ending {
            0 => client.close().await,
            1 => client.reset(),
            _ => drop(client),
        }
        let released = async { while broker.get("/apps/1001/channels").await.body != r#"{"channels":{}}"# {} };
        crate::support::within("no channel to be occupied", released).await;
    }
}

/// C-118, C-115, C-116.
#[tokio::test]
async fn unsubscribing_is_as_good_as_closing() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut watcher = member(&broker, r#"{"user_id":"1"}"#).await;
        let mut first = member(&broker, ZOE).await;
        let mut second = member(&broker, ZOE).await;
        watcher.expect(&member_added(ROOM, ZOE)).await;
        first.unsubscribe(ROOM).await;
        first.quiet().await;
        assert_eq!(occupants(&broker, 2).await, json!({ "occupied": true, "user_count": 2, "subscription_count": 2 }));
        watcher.quiet().await;
        second.unsubscribe(ROOM).await;
        watcher.expect(&member_removed(ROOM, "42")).await;

        // And back, which is a new first connection.
        first.subscribe_signed(ROOM, Some(ZOE)).await;
        watcher.expect(&member_added(ROOM, ZOE)).await;
        second.quiet().await;
    }
}

/// C-121. At Pusher's own limit.
#[tokio::test]
async fn the_101st_member_is_refused() {
    let broker = broker_with(2).await;
    let mut clients = Vec::new();
    for id in 0..100 {
        clients.push(member(&broker, &json!({ "user_id": id }).to_string()).await);
    }
    let mut late = broker.connect().await;
    late.send_signed(ROOM, Some(r#"{"user_id":"late"}"#)).await;
    late.expect_refused(ROOM, "LimitReached", 4100).await;
    late.quiet().await;
    assert_eq!(broker.channel(ROOM, "user_count").await["user_count"], 100);

    let mut again = broker.connect().await;
    let success = again.subscribe_signed(ROOM, Some(r#"{"user_id":"99"}"#)).await;
    assert_eq!(Roster::new(&success).ids.len(), 100);

    // Member 99 still has another connection, member 98 has none.
    clients.pop().unwrap().close().await;
    clients.pop().unwrap().close().await;
    assert!(again.next().await.contains("member_removed"));
    late.subscribe_signed(ROOM, Some(r#"{"user_id":"late"}"#)).await;
}

/// C-121. However many ask at once, on however many workers.
#[tokio::test]
async fn the_member_limit_holds_in_a_rush() {
    for workers in WORKERS {
        let broker = TestBroker::with(|config| {
            config.server.workers = workers;
            first_app(config).limits.presence_members = 5;
        })
        .await;
        let mut rush = JoinSet::new();
        for id in 0..20 {
            let mut client = broker.connect().await;
            rush.spawn(async move {
                client.send_signed(ROOM, Some(&json!({ "user_id": id }).to_string())).await;
                let answer = client.next().await;
                (answer.starts_with(r#"{"event":"pusher_internal:subscription_succeeded""#), client)
            });
        }
        let clients = rush.join_all().await;
        assert_eq!(clients.iter().filter(|(joined, _)| *joined).count(), 5);
        assert_eq!(broker.channel(ROOM, "user_count").await["user_count"], 5);
    }
}

/// C-121. A refused member is announced to nobody.
#[tokio::test]
async fn a_member_over_the_limit_is_announced_to_nobody() {
    let broker = TestBroker::with(|config| {
        first_app(config).limits.presence_members = 2;
    })
    .await;
    let mut first = member(&broker, r#"{"user_id":"1"}"#).await;
    let mut second = member(&broker, r#"{"user_id":"2"}"#).await;
    first.expect(&member_added(ROOM, r#"{"user_id":"2"}"#)).await;
    let mut third = broker.connect().await;
    for _ in 0..5 {
        third.send_signed(ROOM, Some(r#"{"user_id":"3"}"#)).await;
        third.expect_refused(ROOM, "LimitReached", 4100).await;
    }
    broker.publish(ROOM, "mark", "").await;
    for client in [&mut first, &mut second] {
        client.expect(r#"{"event":"mark","channel":"presence-room","data":""}"#).await;
    }
    third.quiet().await;
}

/// C-123.
#[tokio::test]
async fn leaving_one_of_two_channels_leaves_the_other_alone() {
    let broker = broker_with(2).await;
    let mut watcher = broker.connect().await;
    watcher.subscribe_signed("presence-a", Some(r#"{"user_id":"1"}"#)).await;
    watcher.subscribe_signed("presence-b", Some(r#"{"user_id":"1"}"#)).await;
    let mut client = broker.connect().await;
    client.subscribe_signed("presence-a", Some(r#"{"user_id":"42"}"#)).await;
    watcher.expect(&member_added("presence-a", r#"{"user_id":"42"}"#)).await;
    client.subscribe_signed("presence-b", Some(r#"{"user_id":"42"}"#)).await;
    watcher.expect(&member_added("presence-b", r#"{"user_id":"42"}"#)).await;
    client.unsubscribe("presence-a").await;
    watcher.expect(&member_removed("presence-a", "42")).await;
    broker.publish("presence-b", "mark", "").await;
    for client in [&mut watcher, &mut client] {
        client.expect(r#"{"event":"mark","channel":"presence-b","data":""}"#).await;
    }
}

/// Members of different apps never meet.
#[tokio::test]
async fn the_same_channel_of_another_app_is_another_channel() {
    let broker = broker_with(2).await;
    let mut own = member(&broker, r#"{"user_id":"1"}"#).await;
    let mut other = broker.connect_to(crate::support::OTHER).await;
    let success = other.subscribe_signed(ROOM, Some(r#"{"user_id":"2"}"#)).await;
    assert!(Roster::new(&success).is(&["2"]), "{success}");
    broker.publish(ROOM, "mark", "").await;
    own.expect(r#"{"event":"mark","channel":"presence-room","data":""}"#).await;
    other.quiet().await;
}

/// The room's counts, as soon as it has this many subscriptions.
async fn occupants(broker: &TestBroker, subscriptions: usize) -> serde_json::Value {
    let settled = async {
        loop {
            let state = broker.channel(ROOM, "user_count,subscription_count").await;
            if state["subscription_count"] == subscriptions {
                return state;
            }
        }
    };
    crate::support::within("the number of subscriptions", settled).await
}
