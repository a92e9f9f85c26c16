//! Members of presence channels and signed-in users, over HTTP (6.6, 6.7), C-206…C-208, C-154…C-156.

use serde_json::json;

use crate::support::{APP, Client, OTHER, Response, TestBroker};
use crate::support_http::{
    CHANNELS, MD5_OF_NOTHING, Parameters, assert_done, assert_usable, assert_value, eventually, refusal,
};

async fn users(broker: &TestBroker, channel: &str) -> Response {
    broker.get(&format!("{CHANNELS}/{channel}/users")).await
}

async fn terminate(broker: &TestBroker, user: &str) -> Response {
    let path = format!("/apps/1001/users/{user}/terminate_connections");
    let target = Parameters::of(APP, "{}").signed(APP, "POST", &path);
    broker.http("POST", &target, &[], "{}").await
}

/// A connection that is signed in as this user.
async fn signed_in(broker: &TestBroker, id: &str) -> Client {
    let mut client = broker.connect().await;
    client.sign_in(&json!({ "id": id }).to_string()).await;
    client
}

/// C-206.
#[tokio::test]
async fn users_are_listed_once_each_with_ids_that_are_strings() {
    let broker = TestBroker::start().await;
    let mut clients = Vec::new();
    for data in [
        r#"{"user_id":7,"user_info":{"name":"Zoë"}}"#,
        r#"{"user_id":"42"}"#,
        r#"{"user_id":"7"}"#,
        r#"{"user_id":9007199254740993}"#,
    ] {
        let mut client = broker.connect().await;
        client.subscribe_signed("presence-room", Some(data)).await;
        clients.push(client);
    }
    let mut found = users(&broker, "presence-room").await.json();
    found["users"].as_array_mut().unwrap().sort_by_key(|user| user["id"].to_string());
    assert_eq!(found, json!({ "users": [{ "id": "42" }, { "id": "7" }, { "id": "9007199254740993" }] }));
    clients.remove(0).close().await;
    assert_eq!(users(&broker, "presence-room").await.json()["users"].as_array().unwrap().len(), 3);
    clients.truncate(1);
    let path = format!("{CHANNELS}/presence-room/users");
    eventually(&broker, &path, &json!({ "users": [{ "id": "42" }] })).await;
}

/// C-207.
#[tokio::test]
async fn users_of_an_empty_presence_channel_are_an_empty_list() {
    let broker = TestBroker::start().await;
    assert_done(&users(&broker, "presence-empty").await, r#"{"users":[]}"#);
    assert_done(&users(&broker, "presence-cache-empty").await, r#"{"users":[]}"#);
}

/// C-207.
#[tokio::test]
async fn users_of_another_channel_are_refused() {
    let broker = TestBroker::start().await;
    for channel in ["chat", "private-x", "cache-x", "my-presence-x"] {
        let text = refusal(&users(&broker, channel).await, 400);
        assert_eq!(text, "Users can only be retrieved for presence channels", "{channel}");
    }
}

/// C-207, section 6.6: `body_md5` is not extraneous.
#[tokio::test]
async fn users_take_no_further_parameters() {
    let broker = TestBroker::start().await;
    let path = format!("{CHANNELS}/presence-x/users");
    let response = broker.get(&format!("{path}?info=user_count")).await;
    let expected = "The following query string parameters are extraneous: info";
    assert_eq!(refusal(&response, 400), expected);
    let target = Parameters::of(APP, "").with("body_md5", MD5_OF_NOTHING).signed(APP, "GET", &path);
    assert_done(&broker.http("GET", &target, &[], "").await, r#"{"users":[]}"#);
}

/// C-208.
#[tokio::test]
async fn terminating_nobody_is_done_with_and_without_a_body() {
    let broker = TestBroker::start().await;
    let path = "/apps/1001/users/42/terminate_connections";
    assert_done(&broker.post(path, "{}").await, "{}");
    assert_done(&broker.post(path, "").await, "{}");
    assert_usable(&broker).await;
}

/// C-154.
#[tokio::test]
async fn terminating_a_user_closes_all_connections_of_that_user_and_no_others() {
    let broker = TestBroker::start().await;
    let mut theirs = Vec::new();
    for _ in 0..4 {
        theirs.push(signed_in(&broker, "42").await);
    }
    let mut others = [signed_in(&broker, "4").await, signed_in(&broker, "421").await, broker.connect().await];
    let mut elsewhere = broker.connect_to(OTHER).await;
    elsewhere.sign_in(r#"{"id":"42"}"#).await;
    assert_done(&terminate(&broker, "42").await, "{}");
    for client in &mut theirs {
        assert_eq!(client.expect_refusal(4009).await, "You got disconnected by the app.");
    }
    for client in &mut others {
        client.quiet().await;
    }
    elsewhere.quiet().await;
}

/// C-155.
#[tokio::test]
async fn members_of_presence_channels_who_did_not_sign_in_stay() {
    let broker = TestBroker::start().await;
    let mut member = broker.connect().await;
    member.subscribe_signed("presence-room", Some(r#"{"user_id":"42"}"#)).await;
    let mut signed_in = signed_in(&broker, "42").await;
    assert_done(&terminate(&broker, "42").await, "{}");
    signed_in.expect_refusal(4009).await;
    member.quiet().await;
    assert_value(&users(&broker, "presence-room").await, &json!({ "users": [{ "id": "42" }] }));
}

/// C-156.
#[tokio::test]
async fn a_terminated_user_can_come_back() {
    let broker = TestBroker::start().await;
    let mut client = signed_in(&broker, "42").await;
    client.subscribe("#server-to-user-42").await;
    assert_done(&terminate(&broker, "42").await, "{}");
    client.expect_refusal(4009).await;
    let mut again = signed_in(&broker, "42").await;
    again.subscribe("#server-to-user-42").await;
    again.quiet().await;
}

/// C-148, C-193: any id that can sign in can be terminated.
#[tokio::test]
async fn ids_outside_the_channel_alphabet_can_be_terminated() {
    let broker = TestBroker::start().await;
    for id in ["a b", "ą§¶", "user:1", "a%b", "50%20", "a+b", "a?b", "a#b"] {
        let mut client = signed_in(&broker, id).await;
        assert_done(&terminate(&broker, id).await, "{}");
        client.expect_refusal(4009).await;
    }
}

/// Section 6.7: the Python library leaves `/apps/{id}` out, the key says which app is meant.
#[tokio::test]
async fn the_path_of_the_python_library_terminates_too() {
    let broker = TestBroker::start().await;
    let mut client = signed_in(&broker, "42").await;
    let mut elsewhere = broker.connect_to(OTHER).await;
    elsewhere.sign_in(r#"{"id":"42"}"#).await;
    let path = "/users/42/terminate_connections";
    refusal(&broker.http("POST", path, &[], "{}").await, 401);
    let target = Parameters::of(APP, "{}").signed(OTHER, "POST", path);
    refusal(&broker.http("POST", &target, &[], "{}").await, 401);
    client.quiet().await;
    let target = Parameters::of(APP, "{}").signed(APP, "POST", path);
    assert_done(&broker.http("POST", &target, &[], "{}").await, "{}");
    client.expect_refusal(4009).await;
    elsewhere.quiet().await;
}
