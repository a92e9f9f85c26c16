//! `socket_id` of a publish: one connection does not hear it (C-169, C-170).

use serde_json::{Value, json};

use crate::support::{Client, TestBroker};
use crate::support_http::{BATCH, EVENTS, assert_done, assert_usable, event, expect_end_of, publish_end, refusal};

/// Six connections, enough to be on both workers, each subscribed to every one of `channels`.
async fn listeners(broker: &TestBroker, channels: &[&str]) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..6 {
        let mut client = broker.connect().await;
        for channel in channels {
            client.subscribe(channel).await;
        }
        clients.push(client);
    }
    clients
}

/// C-169 on one node, whichever worker the excluded connection is on.
#[tokio::test]
async fn the_excluded_connection_alone_does_not_get_the_event() {
    let broker = TestBroker::start().await;
    let mut clients = listeners(&broker, &["chat"]).await;
    for excluded in 0..clients.len() {
        let socket_id = clients[excluded].socket_id.clone();
        let body = json!({ "name": "n", "channel": "chat", "data": "d", "socket_id": socket_id });
        assert_done(&broker.post(EVENTS, &body.to_string()).await, "{}");
        publish_end(&broker, &["chat"]).await;
        for (number, client) in clients.iter_mut().enumerate() {
            if number != excluded {
                client.expect(&event("n", "chat", "d")).await;
            }
            expect_end_of(client, "chat").await;
        }
    }
}

/// C-169, C-166.
#[tokio::test]
async fn the_exclusion_holds_for_every_channel_of_the_event() {
    let broker = TestBroker::start().await;
    let mut clients = listeners(&broker, &["one", "two"]).await;
    let socket_id = clients[0].socket_id.clone();
    let body = json!({ "name": "n", "channels": ["one", "two"], "data": "d", "socket_id": socket_id });
    assert_done(&broker.post(EVENTS, &body.to_string()).await, "{}");
    for client in &mut clients[1..] {
        let mut found = [client.next().await, client.next().await];
        found.sort();
        assert_eq!(found, [event("n", "one", "d"), event("n", "two", "d")]);
    }
    for channel in ["one", "two"] {
        publish_end(&broker, &[channel]).await;
        for client in &mut clients {
            expect_end_of(client, channel).await;
        }
    }
}

/// C-169 in a batch: each event has an exclusion of its own.
#[tokio::test]
async fn events_of_a_batch_exclude_separately() {
    let broker = TestBroker::start().await;
    let (mut first, mut second) = (broker.connect().await, broker.connect().await);
    first.subscribe("chat").await;
    second.subscribe("chat").await;
    let body = json!({ "batch": [
        { "name": "a", "channel": "chat", "data": "", "socket_id": first.socket_id },
        { "name": "b", "channel": "chat", "data": "", "socket_id": second.socket_id },
        { "name": "c", "channel": "chat", "data": "" },
    ]});
    assert_done(&broker.post(BATCH, &body.to_string()).await, "{}");
    first.expect(&event("b", "chat", "")).await;
    first.expect(&event("c", "chat", "")).await;
    second.expect(&event("a", "chat", "")).await;
    second.expect(&event("c", "chat", "")).await;
}

/// C-170.
#[tokio::test]
async fn a_malformed_socket_id_is_refused_and_nothing_is_delivered() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let malformed = [
        "",
        "1",
        "1.",
        ".1",
        ".",
        "1.2.3",
        "1.2 ",
        " 1.2",
        "1.2\n",
        "-1.2",
        "+1.2",
        "1,2",
        "a.b",
        "undefined",
        "1.2:presence-x",
        "١.٢",
    ];
    for socket_id in malformed.map(Value::from).into_iter().chain([json!(1.2), json!(["1.2"]), json!({})]) {
        let body = json!({ "name": "n", "channel": "chat", "data": "d", "socket_id": socket_id });
        refusal(&broker.post(EVENTS, &body.to_string()).await, 400);
    }
    let body = json!({ "batch": [
        { "name": "n", "channel": "chat", "data": "d" },
        { "name": "n", "channel": "chat", "data": "d", "socket_id": "undefined" },
    ]});
    refusal(&broker.post(BATCH, &body.to_string()).await, 400);
    publish_end(&broker, &["chat"]).await;
    expect_end_of(&mut client, "chat").await;
    assert_usable(&broker).await;
}

/// C-170.
#[tokio::test]
async fn an_unknown_socket_id_excludes_nobody() {
    let broker = TestBroker::start().await;
    let mut clients = listeners(&broker, &["chat"]).await;
    // The last one has more digits than any number of ours: still the right shape, still unknown.
    for socket_id in ["1.1", "0.0", "99999999999999999999999999.99999999999999999999999999"] {
        let body = json!({ "name": "n", "channel": "chat", "data": "d", "socket_id": socket_id });
        assert_done(&broker.post(EVENTS, &body.to_string()).await, "{}");
        for client in &mut clients {
            client.expect(&event("n", "chat", "d")).await;
        }
    }
}

/// C-170.
#[tokio::test]
async fn the_socket_id_of_a_connection_that_has_left_excludes_nobody() {
    let broker = TestBroker::start().await;
    let mut stays = broker.connect().await;
    stays.subscribe("chat").await;
    let leaves = broker.connect().await;
    let socket_id = leaves.socket_id.clone();
    leaves.close().await;
    let body = json!({ "name": "n", "channel": "chat", "data": "d", "socket_id": socket_id });
    assert_done(&broker.post(EVENTS, &body.to_string()).await, "{}");
    stays.expect(&event("n", "chat", "d")).await;
}
