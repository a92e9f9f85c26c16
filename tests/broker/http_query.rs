//! What a back end can ask about channels (6.4, 6.5), C-196…C-205.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{APP, OTHER, Response, TestBroker};
use crate::support_http::{BATCH, CHANNELS, Parameters, assert_done, assert_usable, assert_value, eventually, refusal};

const MEMBER: Option<&str> = Some(r#"{"user_id":"42"}"#);

async fn channel(broker: &TestBroker, name: &str, info: &str) -> Response {
    let query = if info.is_empty() { String::new() } else { format!("?info={info}") };
    broker.get(&format!("{CHANNELS}/{name}{query}")).await
}

/// C-196, C-197.
#[tokio::test]
async fn exactly_the_occupied_channels_are_listed() {
    let broker = TestBroker::start().await;
    assert_done(&broker.get(CHANNELS).await, r#"{"channels":{}}"#);
    let (mut first, mut second) = (broker.connect().await, broker.connect().await);
    first.subscribe("chat").await;
    second.subscribe("chat").await;
    second.subscribe("cache-prices").await;
    second.expect(r#"{"event":"pusher:cache_miss","channel":"cache-prices","data":"{}"}"#).await;
    second.subscribe_signed("presence-room", MEMBER).await;
    second.subscribe_signed("private-encrypted-vault", None).await;
    broker.publish("published-only", "n", "d").await;
    broker.publish("cache-only", "n", "d").await;
    let all = json!({ "channels": {
        "chat": {}, "cache-prices": {}, "presence-room": {}, "private-encrypted-vault": {},
    }});
    assert_value(&broker.get(CHANNELS).await, &all);
    first.unsubscribe("chat").await;
    first.quiet().await;
    assert_value(&broker.get(CHANNELS).await, &all);
    second.close().await;
    eventually(&broker, CHANNELS, &json!({ "channels": {} })).await;
}

/// C-196 per app.
#[tokio::test]
async fn channels_of_another_app_are_not_listed() {
    let broker = TestBroker::start().await;
    let mut theirs = broker.connect_to(OTHER).await;
    theirs.subscribe("theirs").await;
    assert_done(&broker.get(CHANNELS).await, r#"{"channels":{}}"#);
    let mut connection = broker.http_connection().await;
    let response = connection.signed(OTHER, "GET", "/apps/2002/channels", "").await;
    assert_done(&response, r#"{"channels":{"theirs":{}}}"#);
}

/// C-198.
#[tokio::test]
async fn a_prefix_filters_the_list() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    for name in ["chat", "chat-2", "my-chat", "Chat"] {
        client.subscribe(name).await;
    }
    let filtered = |prefix: &str| format!("{CHANNELS}?filter_by_prefix={prefix}");
    let expected = json!({ "channels": { "chat": {}, "chat-2": {} } });
    assert_value(&broker.get(&filtered("chat")).await, &expected);
    assert_value(&broker.get(&filtered("chat-")).await, &json!({ "channels": { "chat-2": {} } }));
    assert_done(&broker.get(&filtered("none")).await, r#"{"channels":{}}"#);
    let all = json!({ "channels": { "chat": {}, "chat-2": {}, "my-chat": {}, "Chat": {} } });
    assert_value(&broker.get(&filtered("")).await, &all);
}

/// C-199.
#[tokio::test]
async fn user_counts_are_listed_for_presence_channels_only() {
    let broker = TestBroker::start().await;
    let expected = "user_count may only be requested for presence channels - \
                    please supply filter_by_prefix begining with presence-";
    for query in ["", "&filter_by_prefix=", "&filter_by_prefix=presence", "&filter_by_prefix=private-"] {
        let response = broker.get(&format!("{CHANNELS}?info=user_count{query}")).await;
        assert_eq!(refusal(&response, 400), expected, "{query}");
    }
    let (mut first, mut second) = (broker.connect().await, broker.connect().await);
    first.subscribe_signed("presence-room", MEMBER).await;
    first.subscribe_signed("presence-other", MEMBER).await;
    second.subscribe_signed("presence-room", MEMBER).await;
    second.subscribe("chat").await;
    let count = async |prefix: &str| broker.get(&format!("{CHANNELS}?filter_by_prefix={prefix}&info=user_count")).await;
    let both = json!({ "channels": { "presence-room": { "user_count": 1 }, "presence-other": { "user_count": 1 } } });
    assert_value(&count("presence-").await, &both);
    let mut third = broker.connect().await;
    third.subscribe_signed("presence-room", Some(r#"{"user_id":7}"#)).await;
    let room = json!({ "channels": { "presence-room": { "user_count": 2 } } });
    assert_value(&count("presence-r").await, &room);
}

/// Section 6.4: `subscription_count` is given when it is asked for.
#[tokio::test]
async fn subscription_counts_are_listed_for_every_kind_of_channel() {
    let broker = TestBroker::start().await;
    let (mut first, mut second) = (broker.connect().await, broker.connect().await);
    first.subscribe("chat").await;
    second.subscribe("chat").await;
    first.subscribe_signed("presence-room", MEMBER).await;
    let response = broker.get(&format!("{CHANNELS}?info=subscription_count")).await;
    let expected = json!({ "channels": {
        "chat": { "subscription_count": 2 }, "presence-room": { "subscription_count": 1 },
    }});
    assert_value(&response, &expected);
    let path = format!("{CHANNELS}?filter_by_prefix=presence-&info=subscription_count,user_count");
    let expected = json!({ "channels": { "presence-room": { "user_count": 1, "subscription_count": 1 } } });
    assert_value(&broker.get(&path).await, &expected);
}

/// C-200.
#[tokio::test]
async fn user_channels_are_not_listed() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.subscribe("#server-to-user-42").await;
    client.subscribe("chat").await;
    assert_done(&broker.get(CHANNELS).await, r#"{"channels":{"chat":{}}}"#);
    let path = format!("{CHANNELS}?info=subscription_count");
    assert_done(&broker.get(&path).await, r#"{"channels":{"chat":{"subscription_count":1}}}"#);
}

/// C-201.
#[tokio::test]
async fn a_channel_is_occupied_or_not() {
    let broker = TestBroker::start().await;
    assert_done(&channel(&broker, "chat", "").await, r#"{"occupied":false}"#);
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    assert_done(&channel(&broker, "chat", "").await, r#"{"occupied":true}"#);
    client.unsubscribe("chat").await;
    client.quiet().await;
    eventually(&broker, &format!("{CHANNELS}/chat"), &json!({ "occupied": false })).await;
}

/// C-201, section 6.5: counts of an unoccupied channel are 0.
#[tokio::test]
async fn an_unknown_channel_has_counts_of_zero() {
    let broker = TestBroker::start().await;
    let expected = json!({ "occupied": false, "user_count": 0, "subscription_count": 0 });
    let response = channel(&broker, "presence-x", "user_count,subscription_count").await;
    assert_value(&response, &expected);
    let expected = json!({ "occupied": false, "cache": null, "subscription_count": 0 });
    assert_value(&channel(&broker, "cache-x", "cache,subscription_count").await, &expected);
}

/// C-202.
#[tokio::test]
async fn the_user_count_of_another_channel_is_refused() {
    let broker = TestBroker::start().await;
    let expected = "Cannot retrieve the user count unless the channel is a presence channel";
    for name in ["chat", "private-x", "cache-x", "presence", "my-presence-x"] {
        assert_eq!(refusal(&channel(&broker, name, "user_count").await, 400), expected, "{name}");
    }
    let response = channel(&broker, "chat", "subscription_count,user_count").await;
    assert_eq!(refusal(&response, 400), expected);
}

/// C-203 on one node: connections of both workers, users counted once.
#[tokio::test]
async fn subscriptions_are_counted_per_connection_and_users_once() {
    let broker = TestBroker::start().await;
    let mut clients = Vec::new();
    for number in 0..5 {
        let mut client = broker.connect().await;
        client.subscribe("chat").await;
        let user = if number < 3 { r#"{"user_id":"42"}"# } else { r#"{"user_id":"7"}"# };
        client.subscribe_signed("presence-room", Some(user)).await;
        clients.push(client);
    }
    let found = broker.channel("chat", "subscription_count").await;
    assert_eq!(found, json!({ "occupied": true, "subscription_count": 5 }));
    let found = broker.channel("presence-room", "user_count,subscription_count").await;
    assert_eq!(found, json!({ "occupied": true, "user_count": 2, "subscription_count": 5 }));
    clients.pop().unwrap().reset();
    let left = json!({ "occupied": true, "subscription_count": 4 });
    eventually(&broker, &format!("{CHANNELS}/chat?info=subscription_count"), &left).await;
}

/// C-204.
#[tokio::test]
async fn the_cached_event_is_shown_with_the_seconds_it_has_left() {
    let broker = TestBroker::start().await;
    let empty = json!({ "occupied": false, "cache": null });
    assert_value(&channel(&broker, "cache-prices", "cache").await, &empty);
    for data in ["{\"eur\":\"1.02\"}", "not JSON: Zoë", ""] {
        broker.publish("cache-prices", "price", data).await;
        let found = channel(&broker, "cache-prices", "cache").await.json();
        let ttl = found["cache"]["ttl"].as_u64().unwrap();
        assert!((1790..=1800).contains(&ttl), "{found}");
        assert_eq!(found, json!({ "occupied": false, "cache": { "data": data, "ttl": ttl } }));
    }
    let body = json!({ "batch": [{ "name": "n", "channel": "private-cache-x", "data": "of a batch" }] });
    assert_done(&broker.post(BATCH, &body.to_string()).await, "{}");
    let found = channel(&broker, "private-cache-x", "cache").await.json();
    assert_eq!(found["cache"]["data"], "of a batch");
}

/// C-204.
#[tokio::test]
async fn the_cache_of_a_channel_without_one_is_refused() {
    let broker = TestBroker::start().await;
    for name in ["chat", "private-x", "presence-x", "my-cache-x", "private-encrypted-x"] {
        refusal(&channel(&broker, name, "cache").await, 400);
    }
    for name in ["cache-x", "private-cache-x", "presence-cache-x", "private-encrypted-cache-x"] {
        let empty = json!({ "occupied": false, "cache": null });
        assert_value(&channel(&broker, name, "cache").await, &empty);
    }
}

/// C-204 with a TTL of our own.
#[tokio::test]
async fn a_cached_event_ends_with_its_time_to_live() {
    let broker = TestBroker::with_app(|app| app.cache_ttl = Duration::from_secs(2)).await;
    broker.publish("cache-x", "n", "d").await;
    let found = channel(&broker, "cache-x", "cache").await.json();
    assert!(found["cache"]["ttl"].as_u64().is_some_and(|ttl| ttl <= 2), "{found}");
    let empty = json!({ "occupied": false, "cache": null });
    eventually(&broker, &format!("{CHANNELS}/cache-x?info=cache"), &empty).await;
}

/// C-205.
#[tokio::test]
async fn an_unknown_attribute_is_refused() {
    let broker = TestBroker::start().await;
    for info in ["color", "subscription_count,color", "Subscription_count", "users"] {
        refusal(&channel(&broker, "chat", info).await, 400);
        refusal(&broker.get(&format!("{CHANNELS}?info={info}")).await, 400);
    }
    refusal(&broker.get(&format!("{CHANNELS}?info=cache")).await, 400);
    assert_usable(&broker).await;
}

/// C-089 over HTTP.
#[tokio::test]
async fn a_query_for_an_invalid_channel_name_is_refused() {
    let broker = TestBroker::start().await;
    for (sent, name) in [("a%20b", "a b"), ("a%3Ab", "a:b"), ("%C3%A9", "é"), ("%23other", "#other")] {
        let path = format!("{CHANNELS}/{name}");
        let target = Parameters::of(APP, "").signed(APP, "GET", &path);
        assert!(target.contains(sent), "{target}");
        let text = refusal(&broker.http("GET", &target, &[], "").await, 400);
        assert!(text.starts_with("Invalid channel name"), "{text}");
    }
    let value: Value = broker.channel("-_=@,.;azAZ09", "subscription_count").await;
    assert_eq!(value, json!({ "occupied": false, "subscription_count": 0 }));
}
