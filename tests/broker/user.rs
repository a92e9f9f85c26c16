//! Sign-in and messages to a user (protocol reference 2.14, 2.15).

use serde_json::json;

use crate::support::{APP, DEADLINE, OTHER, TestBroker, signed_in, user_auth};

/// C-141, exact to the byte.
#[tokio::test]
async fn a_sign_in_succeeds_and_echoes_user_data() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send_sign_in(r#"{"id":"42","user_info":{"name":"Zoë"}}"#).await;
    client
        .expect(r#"{"event":"pusher:signin_success","data":{"user_data":"{\"id\":\"42\",\"user_info\":{\"name\":\"Zoë\"}}"}}"#)
        .await;
    client.quiet().await;
}

/// C-141. The echo is the text that was signed, however it was written.
#[tokio::test]
async fn user_data_comes_back_as_it_was_sent() {
    let broker = TestBroker::start().await;
    for user_data in [
        r#"{ "id" : "42" , "extra" : [1.0, 1e3, null] }"#,
        r#"{"id":"42","name":"Zo\u00eb","url":"https:\/\/example.com\/"}"#,
        "{\"id\":\"42\",\n\t\"name\":\"東京 👋\"}",
        r#"{"user_info":null,"id":"42"}"#,
    ] {
        let mut client = broker.connect().await;
        client.sign_in(user_data).await;
        client.quiet().await;
    }
}

/// C-142.
#[tokio::test]
async fn a_sign_in_with_wrong_or_missing_fields_is_an_error() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let other = broker.connect().await;
    let user_data = r#"{"id":"42"}"#;
    let right = user_auth(APP, &client.socket_id, user_data);
    let (key, signature) = right.split_once(':').unwrap();
    let channel = crate::support::auth(APP, &client.socket_id, "#server-to-user-42", None);
    for data in [
        json!({}),
        json!({ "auth": right }),
        json!({ "user_data": user_data }),
        json!({ "auth": null, "user_data": user_data }),
        json!({ "auth": right, "user_data": null }),
        json!({ "auth": right, "user_data": { "id": "42" } }),
        json!({ "auth": right, "user_data": r#"{"id":"43"}"# }),
        json!({ "auth": signature, "user_data": user_data }),
        json!({ "auth": format!("nobody:{signature}"), "user_data": user_data }),
        json!({ "auth": format!("{key}:{}", signature.to_uppercase()), "user_data": user_data }),
        json!({ "auth": format!("{key}::user::{signature}"), "user_data": user_data }),
        json!({ "auth": user_auth(OTHER, &client.socket_id, user_data), "user_data": user_data }),
        json!({ "auth": user_auth(APP, &other.socket_id, user_data), "user_data": user_data }),
        json!({ "auth": channel, "user_data": user_data }),
    ] {
        client.send(&json!({ "event": "pusher:signin", "data": data }).to_string()).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
    // Still nobody; and a right one works all the same.
    client.send_subscribe(&json!({ "channel": "#server-to-user-42" })).await;
    client.expect_refused("#server-to-user-42", "AuthError", 401).await;
    client.sign_in(user_data).await;
}

/// C-143.
#[tokio::test]
async fn user_data_without_a_string_id_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for user_data in [
        r#"{"id":42}"#,
        r#"{"id":""}"#,
        "{}",
        r#"{"id":null}"#,
        r#"{"id":["42"]}"#,
        r#"{"user_id":"42"}"#,
        r#"["42"]"#,
        "42",
        r#""42""#,
        "hello",
        "",
    ] {
        client.send_sign_in(user_data).await;
        client.expect_error(None).await;
        client.quiet().await;
    }
}

/// C-144, C-145.
#[tokio::test]
async fn a_second_sign_in_keeps_the_first_identity() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.sign_in(r#"{"id":"42","user_info":{"name":"Zoë"}}"#).await;
    client.send_sign_in(r#"{"id":"43"}"#).await;
    client.expect_error(None).await;
    client.send_subscribe(&json!({ "channel": "#server-to-user-43" })).await;
    client.expect_refused("#server-to-user-43", "AuthError", 401).await;
    client.subscribe("#server-to-user-42").await;
}

/// C-146, C-147. With one worker and with several.
#[tokio::test]
async fn a_message_to_a_user_reaches_all_its_connections_and_nobody_else() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut own = Vec::new();
        for _ in 0..4 {
            let mut client = broker.connect().await;
            client.sign_in(r#"{"id":"42"}"#).await;
            client.send_subscribe(&json!({ "auth": "", "channel": "#server-to-user-42" })).await;
            client
                .expect(r##"{"event":"pusher_internal:subscription_succeeded","channel":"#server-to-user-42","data":"{}"}"##)
                .await;
            own.push(client);
        }
        let mut not_subscribed = broker.connect().await;
        not_subscribed.sign_in(r#"{"id":"42"}"#).await;
        let mut somebody_else = broker.connect().await;
        somebody_else.sign_in(r#"{"id":"4"}"#).await;
        somebody_else.subscribe("#server-to-user-4").await;
        let mut nobody = broker.connect().await;
        let mut other_app = broker.connect_to(OTHER).await;
        other_app.sign_in(r#"{"id":"42"}"#).await;
        other_app.subscribe("#server-to-user-42").await;

        broker.publish("#server-to-user-42", "notice", r#"{"text":"hi"}"#).await;
        for client in &mut own {
            client.expect(r##"{"event":"notice","channel":"#server-to-user-42","data":"{\"text\":\"hi\"}"}"##).await;
            client.quiet().await;
        }
        for client in [&mut not_subscribed, &mut somebody_else, &mut nobody, &mut other_app] {
            client.quiet().await;
        }
    }
}

/// C-148.
#[tokio::test]
async fn user_ids_may_have_any_characters() {
    let broker = TestBroker::start().await;
    let long = "é".repeat(200);
    for id in ["ą§¶", "a b", "a/b:c#d", "user@example.com", "\"", "\\", "👋", " ", "#server-to-user-42", &long] {
        let mut client = broker.connect().await;
        client.sign_in(&json!({ "id": id }).to_string()).await;
        let channel = format!("#server-to-user-{id}");
        client.subscribe(&channel).await;
        broker.publish(&channel, "notice", "1").await;
        let text = client.next().await;
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, json!({ "event": "notice", "channel": channel, "data": "1" }));
    }
}

/// C-154, C-156, exact to the byte. With one worker and with several.
#[tokio::test]
async fn terminate_closes_all_connections_of_a_user_and_no_others() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut own = Vec::new();
        for _ in 0..4 {
            let mut client = broker.connect().await;
            client.sign_in(r#"{"id":"42"}"#).await;
            own.push(client);
        }
        let mut somebody_else = broker.connect().await;
        somebody_else.sign_in(r#"{"id":"4"}"#).await;
        let mut nobody = broker.connect().await;
        let mut other_app = broker.connect_to(OTHER).await;
        other_app.sign_in(r#"{"id":"42"}"#).await;

        let response = broker.post("/apps/1001/users/42/terminate_connections", "{}").await;
        assert_eq!((response.status, response.body.as_str()), (200, "{}"));
        for mut client in own {
            client
                .expect(r#"{"event":"pusher:error","data":{"code":4009,"message":"You got disconnected by the app."}}"#)
                .await;
            assert_eq!(client.expect_close(4009).await, "You got disconnected by the app.");
        }
        for client in [&mut somebody_else, &mut nobody, &mut other_app] {
            client.quiet().await;
        }

        let mut again = broker.connect().await;
        again.sign_in(r#"{"id":"42"}"#).await;
        again.subscribe("#server-to-user-42").await;
        again.quiet().await;
    }
}

/// C-155. Reverb gets this wrong.
#[tokio::test]
async fn terminate_leaves_members_alone_that_did_not_sign_in() {
    let broker = TestBroker::start().await;
    let mut member = broker.connect().await;
    member.subscribe_signed("presence-room", Some(r#"{"user_id":"42"}"#)).await;
    let mut user = broker.connect().await;
    user.sign_in(r#"{"id":"42"}"#).await;
    broker.post("/apps/1001/users/42/terminate_connections", "{}").await;
    assert_eq!(user.expect_refusal(4009).await, "You got disconnected by the app.");
    member.quiet().await;
    broker.publish("presence-room", "mark", "").await;
    member.expect(r#"{"event":"mark","channel":"presence-room","data":""}"#).await;
}

/// C-154, C-117. A terminated member has left, whether or not its client answers the Close.
#[tokio::test]
async fn a_terminated_user_leaves_its_presence_channels_at_once() {
    let broker = TestBroker::with(|config| config.server.close_timeout = 6 * DEADLINE).await;
    let mut watcher = broker.connect().await;
    watcher.subscribe_signed("presence-room", Some(r#"{"user_id":"1"}"#)).await;
    let mut user = broker.connect().await;
    user.sign_in(r#"{"id":"42"}"#).await;
    user.subscribe_signed("presence-room", None).await;
    assert!(watcher.next().await.contains("member_added"));
    broker.post("/apps/1001/users/42/terminate_connections", "").await;
    watcher
        .expect(r#"{"event":"pusher_internal:member_removed","channel":"presence-room","data":"{\"user_id\":\"42\"}"}"#)
        .await;
    user.expect_refusal(4009).await;
}

/// C-141. Events and keys that pusher-js adds do not disturb.
#[tokio::test]
async fn unknown_fields_of_a_sign_in_are_ignored() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let user_data = r#"{"id":"42"}"#;
    let data = json!({ "auth": user_auth(APP, &client.socket_id, user_data), "user_data": user_data, "more": {} });
    client.send(&json!({ "event": "pusher:signin", "data": data, "x": 1 }).to_string()).await;
    client.expect(&signed_in(user_data)).await;
    // The data may be a string with the object here, too (2.0).
    client.send(&json!({ "event": "pusher:signin", "data": data.to_string() }).to_string()).await;
    client.expect(&signed_in(user_data)).await;
}
