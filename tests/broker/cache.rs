//! Cache channels: the newest event waits for whoever comes (protocol reference 2.11, 8.2).

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::support::{Client, TestBroker, succeeded};

const PRICES: &str = "cache-prices";

fn miss(channel: &str) -> String {
    format!(r#"{{"event":"pusher:cache_miss","channel":"{channel}","data":"{{}}"}}"#)
}

fn price(channel: &str, data: &str) -> String {
    format!(r#"{{"event":"price","channel":"{channel}","data":{}}}"#, json!(data))
}

/// A new connection that has just subscribed; what follows the success is still to be read.
async fn newcomer(broker: &TestBroker, channel: &str) -> Client {
    let mut client = broker.connect().await;
    client.subscribe_signed(channel, Some(r#"{"user_id":"1"}"#)).await;
    client
}

/// C-212, exact to the byte.
#[tokio::test]
async fn an_empty_cache_channel_says_so_after_the_success() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.send_subscribe(&json!({ "auth": "", "channel": PRICES })).await;
    client.expect(&succeeded(PRICES)).await;
    client.expect(r#"{"event":"pusher:cache_miss","channel":"cache-prices","data":"{}"}"#).await;
    client.quiet().await;
}

/// C-213, C-214, C-215, with one worker and with several.
#[tokio::test]
async fn new_subscribers_get_the_newest_event_with_its_name_and_data() {
    for workers in [1, 2, 4] {
        let broker = TestBroker::with(|config| config.server.workers = workers).await;
        let mut early = newcomer(&broker, PRICES).await;
        early.expect(&miss(PRICES)).await;
        broker.publish(PRICES, "other", "old").await;
        early.expect(r#"{"event":"other","channel":"cache-prices","data":"old"}"#).await;
        broker.publish(PRICES, "price", r#"{"eur":"1.02"}"#).await;
        early.expect(r#"{"event":"price","channel":"cache-prices","data":"{\"eur\":\"1.02\"}"}"#).await;

        for _ in 0..3 {
            let mut late = newcomer(&broker, PRICES).await;
            late.expect(r#"{"event":"price","channel":"cache-prices","data":"{\"eur\":\"1.02\"}"}"#).await;
            late.quiet().await;
        }
        early.quiet().await;
    }
}

/// C-213. Coming back counts as coming.
#[tokio::test]
async fn a_subscriber_that_returns_gets_the_event_again() {
    let broker = TestBroker::start().await;
    let mut client = newcomer(&broker, PRICES).await;
    client.expect(&miss(PRICES)).await;
    broker.publish(PRICES, "price", "1").await;
    client.expect(&price(PRICES, "1")).await;
    for _ in 0..3 {
        client.unsubscribe(PRICES).await;
        client.subscribe(PRICES).await;
        client.expect(&price(PRICES, "1")).await;
    }
    client.quiet().await;
}

/// C-216.
#[tokio::test]
async fn the_event_outlives_all_subscribers() {
    let broker = TestBroker::start().await;
    let mut client = newcomer(&broker, PRICES).await;
    client.expect(&miss(PRICES)).await;
    broker.publish(PRICES, "price", "1").await;
    client.expect(&price(PRICES, "1")).await;
    client.close().await;
    let vacated = async { while broker.channel(PRICES, "").await["occupied"] == true {} };
    crate::support::within("the channel to be empty", vacated).await;
    let mut late = newcomer(&broker, PRICES).await;
    late.expect(&price(PRICES, "1")).await;
}

/// C-217.
#[tokio::test]
async fn after_its_time_the_event_is_gone() {
    let broker = TestBroker::with_app(|app| app.cache_ttl = Duration::from_secs(2)).await;
    let published = Instant::now();
    broker.publish(PRICES, "price", "1").await;
    let mut client = broker.connect().await;
    let mut kept = 0;
    loop {
        client.subscribe(PRICES).await;
        let text = client.next().await;
        client.unsubscribe(PRICES).await;
        if text == miss(PRICES) {
            break;
        }
        assert_eq!(text, price(PRICES, "1"));
        kept += 1;
    }
    assert!(kept > 0, "the event was never there");
    let lived = published.elapsed();
    assert!(lived > Duration::from_millis(1_900) && lived < Duration::from_secs(5), "{lived:?}");
    // A new one has its whole time again.
    client.quiet().await;
    broker.publish(PRICES, "price", "2").await;
    client.subscribe(PRICES).await;
    client.expect(&price(PRICES, "2")).await;
}

/// C-218.
#[tokio::test]
async fn an_event_is_kept_whoever_hears_it_and_however_it_was_published() {
    let broker = TestBroker::start().await;
    // Without any subscriber.
    broker.publish(PRICES, "price", "1").await;
    let mut client = newcomer(&broker, PRICES).await;
    client.expect(&price(PRICES, "1")).await;

    // With the only subscriber excluded.
    let body = json!({ "name": "price", "channel": PRICES, "data": "2", "socket_id": client.socket_id });
    broker.publish_body(&body.to_string()).await;
    let mut second = newcomer(&broker, PRICES).await;
    second.expect(&price(PRICES, "2")).await;
    client.quiet().await;

    // In a batch: the last one stays.
    let batch = json!({ "batch": [
        { "name": "price", "channel": PRICES, "data": "3" },
        { "name": "price", "channel": "cache-other", "data": "x" },
        { "name": "price", "channel": PRICES, "data": "4" },
    ] });
    assert_eq!(broker.post("/apps/1001/batch_events", &batch.to_string()).await.status, 200);
    let mut third = newcomer(&broker, PRICES).await;
    third.expect(&price(PRICES, "4")).await;

    // To several channels at once.
    let body = json!({ "name": "price", "channels": [PRICES, "cache-other", "chat"], "data": "5" });
    broker.publish_body(&body.to_string()).await;
    for channel in [PRICES, "cache-other"] {
        newcomer(&broker, channel).await.expect(&price(channel, "5")).await;
    }
}

/// C-219, C-096.
#[tokio::test]
async fn every_kind_of_cache_channel_caches() {
    let broker = TestBroker::start().await;
    for channel in ["cache-a", "private-cache-a", "presence-cache-a", "private-encrypted-cache-a"] {
        let mut early = newcomer(&broker, channel).await;
        early.expect(&miss(channel)).await;
        broker.publish(channel, "price", "1").await;
        early.expect(&price(channel, "1")).await;
        let mut late = newcomer(&broker, channel).await;
        late.expect(&price(channel, "1")).await;
        late.quiet().await;
        early.quiet().await;
    }
}

/// C-219. On presence channels the others hear of the newcomer all the same (2.5, steps 7 and 8).
#[tokio::test]
async fn a_presence_cache_channel_has_members_and_a_cached_event() {
    let broker = TestBroker::start().await;
    let mut early = newcomer(&broker, "presence-cache-a").await;
    early.expect(&miss("presence-cache-a")).await;
    let mut late = broker.connect().await;
    late.subscribe_signed("presence-cache-a", Some(r#"{"user_id":"2"}"#)).await;
    late.expect(&miss("presence-cache-a")).await;
    early
        .expect(r#"{"event":"pusher_internal:member_added","channel":"presence-cache-a","data":"{\"user_id\":\"2\"}"}"#)
        .await;
    late.quiet().await;
}

/// C-221.
#[tokio::test]
async fn other_channels_never_replay_and_never_miss() {
    let broker = TestBroker::start().await;
    let channels =
        ["chat", "private-a", "presence-a", "private-encrypted-a", "my-cache-a", "cachea", "private-x-cache-a"];
    for channel in channels {
        broker.publish(channel, "price", "1").await;
        let mut client = newcomer(&broker, channel).await;
        client.quiet().await;
        broker.publish(channel, "price", "2").await;
        client.expect(&price(channel, "2")).await;
        newcomer(&broker, channel).await.quiet().await;
    }
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    broker.publish("#server-to-user-42", "price", "1").await;
    client.subscribe("#server-to-user-42").await;
    client.quiet().await;
}

/// The cached events of two apps are kept apart.
#[tokio::test]
async fn another_app_has_a_cache_of_its_own() {
    let broker = TestBroker::start().await;
    broker.publish(PRICES, "price", "1").await;
    let mut client = broker.connect_to(crate::support::OTHER).await;
    client.subscribe(PRICES).await;
    client.expect(&miss(PRICES)).await;
}
