//! Who a subscriber is: `channel_data`, or the signed-in user (protocol reference 2.9).

use serde_json::json;

use super::{Roster, member_added};
use crate::support::{TestBroker, auth};

const ROOM: &str = "presence-room";

/// C-098, C-099, C-100, C-101, exact to the byte: the example of 2.7.
#[tokio::test]
async fn the_snapshot_holds_count_ids_and_hash_of_all_members() {
    let broker = TestBroker::start().await;
    let mut first = broker.connect().await;
    let success = first.subscribe_signed(ROOM, Some(r#"{"user_id":"42","user_info":{"name":"Zoë"}}"#)).await;
    assert_eq!(
        success,
        r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\"presence\":{\"count\":1,\"ids\":[\"42\"],\"hash\":{\"42\":{\"name\":\"Zoë\"}}}}"}"#
    );
    let mut second = broker.connect().await;
    let success = second.subscribe_signed(ROOM, Some(r#"{"user_id":"7"}"#)).await;
    assert_eq!(
        success,
        r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\"presence\":{\"count\":2,\"ids\":[\"42\",\"7\"],\"hash\":{\"42\":{\"name\":\"Zoë\"},\"7\":null}}}"}"#
    );
}

/// C-101, C-102.
#[tokio::test]
async fn a_member_without_user_info_has_null_in_an_object() {
    let broker = TestBroker::start().await;
    for data in [r#"{"user_id":"7"}"#, r#"{"user_id":"7","user_info":null}"#] {
        let mut client = broker.connect().await;
        let success = client.subscribe_signed(ROOM, Some(data)).await;
        assert!(success.contains(r#"\"hash\":{\"7\":null}"#), "{success}");
        client.close().await;
    }
}

/// C-103.
#[tokio::test]
async fn the_number_7_and_the_string_7_are_one_member() {
    let broker = TestBroker::start().await;
    let mut number = broker.connect().await;
    let success = number.subscribe_signed(ROOM, Some(r#"{"user_id":7}"#)).await;
    assert!(success.contains(r#"\"ids\":[\"7\"],\"hash\":{\"7\":null}"#), "{success}");
    let mut string = broker.connect().await;
    let success = string.subscribe_signed(ROOM, Some(r#"{"user_id":"7"}"#)).await;
    assert!(Roster::new(&success).is(&["7"]), "{success}");
    number.quiet().await;
    let mut other = broker.connect().await;
    other.subscribe_signed(ROOM, Some(r#"{"user_id":8}"#)).await;
    number.expect(&member_added(ROOM, r#"{"user_id":"8"}"#)).await;
    string.expect(&member_added(ROOM, r#"{"user_id":"8"}"#)).await;
}

/// C-104.
#[tokio::test]
async fn an_integer_keeps_all_its_digits() {
    let broker = TestBroker::start().await;
    for digits in ["9007199254740993", "18446744073709551615", "-5", "0", "123456789012345678901234567890"] {
        let mut client = broker.connect().await;
        let success = client.subscribe_signed(ROOM, Some(&format!(r#"{{"user_id":{digits}}}"#))).await;
        assert!(Roster::new(&success).is(&[digits]), "{success}");
        client.close().await;
        vacated(&broker).await;
    }
}

/// C-105.
#[tokio::test]
async fn other_kinds_of_user_id_are_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for id in ["true", "1.5", "1.0", "1e3", "null", "{}", "[]", r#"["7"]"#, r#""""#] {
        client.send_signed(ROOM, Some(&format!(r#"{{"user_id":{id}}}"#))).await;
        client.expect_refused(ROOM, "AuthError", 401).await;
        client.quiet().await;
    }
    client.send_signed(ROOM, Some(r#"{"user_info":{}}"#)).await;
    client.expect_refused(ROOM, "AuthError", 401).await;
    client.subscribe_signed(ROOM, Some(r#"{"user_id":"1"}"#)).await;
}

/// C-106. Characters count, not bytes.
#[tokio::test]
async fn a_user_id_has_128_characters_at_most() {
    let broker = TestBroker::start().await;
    for letter in ["u", "é", "👋"] {
        let mut client = broker.connect().await;
        let long = json!({ "user_id": letter.repeat(129) }).to_string();
        client.send_signed(ROOM, Some(&long)).await;
        client.expect_refused_somehow(ROOM).await;
        let fits = letter.repeat(128);
        let success = client.subscribe_signed(ROOM, Some(&json!({ "user_id": fits }).to_string())).await;
        assert!(Roster::new(&success).ids.contains(&fits));
    }
}

/// C-107, with the live service's text.
#[tokio::test]
async fn user_info_is_an_object_or_nothing() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for info in [r#""Zoë""#, r#"["Zoë"]"#, "true", "5", "[]", r#""""#, "false"] {
        client.send_signed(ROOM, Some(&format!(r#"{{"user_id":"1","user_info":{info}}}"#))).await;
        assert_eq!(
            client.expect_refused(ROOM, "AuthError", 401).await,
            "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash"
        );
        client.quiet().await;
    }
    for data in [r#"{"user_id":"1"}"#, r#"{"user_id":"1","user_info":null}"#, r#"{"user_id":"1","user_info":{}}"#] {
        client.subscribe_signed(ROOM, Some(data)).await;
        client.unsubscribe(ROOM).await;
    }
}

/// C-108.
#[tokio::test]
async fn user_info_has_1024_bytes_at_most() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let info = |bytes: usize| {
        let empty = json!({ "about": "" }).to_string().len();
        json!({ "about": "x".repeat(bytes - empty) })
    };
    client.send_signed(ROOM, Some(&json!({ "user_id": "1", "user_info": info(1_025) }).to_string())).await;
    client.expect_refused_somehow(ROOM).await;
    client.quiet().await;
    let fits = json!({ "user_id": "1", "user_info": info(1_024) }).to_string();
    client.subscribe_signed(ROOM, Some(&fits)).await;
}

/// C-109.
#[tokio::test]
async fn channel_data_that_is_no_object_is_refused_although_signed() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for data in ["", "hello", "[1]", r#"[{"user_id":"1"}]"#, r#""x""#, "5", "null", r#"{"user_id":"1""#, "{}x"] {
        client.send_signed(ROOM, Some(data)).await;
        client.expect_refused(ROOM, "AuthError", 401).await;
        client.quiet().await;
    }
}

/// C-109. `channel_data` itself must be a string, as it is signed as one.
#[tokio::test]
async fn channel_data_that_is_not_a_string_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let object = json!({ "user_id": "1" });
    let auth = auth(client.app, &client.socket_id, ROOM, Some(&object.to_string()));
    for data in [object, json!(5), json!(["x"])] {
        client.send_subscribe(&json!({ "channel": ROOM, "auth": auth, "channel_data": data })).await;
        client.expect_error(None).await;
        let text = client.next().await;
        assert!(text.starts_with(r#"{"event":"pusher:subscription_error""#), "{text}");
        client.quiet().await;
    }
}

/// C-110, with Slanger's text.
#[tokio::test]
async fn without_channel_data_and_sign_in_there_is_no_member() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send_signed(ROOM, None).await;
    assert_eq!(
        client.expect_refused(ROOM, "AuthError", 401).await,
        "presence-room is a presence channel and subscription must include channel_data"
    );
}

/// C-111.
#[tokio::test]
async fn a_signed_in_user_is_the_member_without_channel_data() {
    let broker = TestBroker::start().await;
    let mut watcher = broker.connect().await;
    watcher.subscribe_signed(ROOM, Some(r#"{"user_id":"1"}"#)).await;
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42","user_info":{"name":"Zoë"}}"#).await;
    let success = client.subscribe_signed(ROOM, None).await;
    assert!(success.contains(r#"\"42\":{\"name\":\"Zoë\"}"#), "{success}");
    watcher.expect(&member_added(ROOM, r#"{"user_id":"42","user_info":{"name":"Zoë"}}"#)).await;

    let mut plain = broker.connect().await;
    plain.sign_in(r#"{"id":"43"}"#).await;
    plain.subscribe_signed(ROOM, None).await;
    watcher.expect(&member_added(ROOM, r#"{"user_id":"43"}"#)).await;
}

/// C-112.
#[tokio::test]
async fn channel_data_wins_over_the_signed_in_user() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42","user_info":{"name":"Zoë"}}"#).await;
    let success = client.subscribe_signed(ROOM, Some(r#"{"user_id":"7"}"#)).await;
    assert!(success.contains(r#"\"hash\":{\"7\":null}"#), "{success}");
    // And is checked, whoever is signed in.
    client.send_signed("presence-other", Some("{}")).await;
    client.expect_refused("presence-other", "AuthError", 401).await;
}

/// Ids with any characters stay what they are, as keys and as values.
#[tokio::test]
async fn user_ids_are_escaped_not_changed() {
    let broker = TestBroker::start().await;
    let mut watcher = broker.connect().await;
    watcher.subscribe_signed(ROOM, Some(r#"{"user_id":"1"}"#)).await;
    for id in ["a\"b", "\\", "Zoë 👋", "u:1", "\u{1}\n", "</script>", "{}", "null"] {
        let mut client = broker.connect().await;
        let success = client.subscribe_signed(ROOM, Some(&json!({ "user_id": id }).to_string())).await;
        assert!(Roster::new(&success).is(&["1", id]), "{success}");
        let mut roster = Roster::new(&success);
        roster.ids.remove(id);
        roster.take(&watcher.next().await);
        assert!(roster.is(&["1", id]));
        client.close().await;
        roster.take(&watcher.next().await);
        assert!(roster.is(&["1"]));
    }
}

/// Waits until the room is empty.
async fn vacated(broker: &TestBroker) {
    crate::support::within("an empty room", async { while broker.channel(ROOM, "").await["occupied"] == true {} })
        .await;
}
