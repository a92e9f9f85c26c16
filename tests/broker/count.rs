//! `pusher_internal:subscription_count` (protocol reference 2.12).

use std::time::Duration;

use tokio::time::Instant;

use crate::support::{Client, Dial, TestBroker};

fn count(channel: &str, count: usize) -> String {
    format!(
        r#"{{"event":"pusher_internal:subscription_count","channel":"{channel}","data":"{{\"subscription_count\":{count}}}"}}"#
    )
}

async fn counting_broker(workers: usize) -> TestBroker {
    TestBroker::with(|config| {
        config.server.workers = workers;
        crate::support::first_app(config).subscription_count = true;
    })
    .await
}

/// C-222.
#[tokio::test]
async fn without_the_switch_nothing_is_counted_aloud() {
    let broker = TestBroker::start().await;
    let mut first = broker.connect().await;
    first.subscribe("chat").await;
    let mut second = broker.connect().await;
    second.subscribe("chat").await;
    second.unsubscribe("chat").await;
    second.quiet().await;
    first.quiet().await;
}

/// C-223, exact to the byte, with one worker and with several.
#[tokio::test]
async fn every_subscriber_hears_the_count_after_each_change() {
    for workers in [1, 2, 4] {
        let broker = counting_broker(workers).await;
        let mut first = broker.connect().await;
        first.subscribe("chat").await;
        first
            .expect(r#"{"event":"pusher_internal:subscription_count","channel":"chat","data":"{\"subscription_count\":1}"}"#)
            .await;
        let mut second = broker.connect().await;
        second.subscribe("chat").await;
        for client in [&mut first, &mut second] {
            client.expect(&count("chat", 2)).await;
        }
        let mut third = broker.connect().await;
        third.subscribe("chat").await;
        for client in [&mut first, &mut second, &mut third] {
            client.expect(&count("chat", 3)).await;
        }

        second.unsubscribe("chat").await;
        for client in [&mut first, &mut third] {
            client.expect(&count("chat", 2)).await;
        }
        third.close().await;
        first.expect(&count("chat", 1)).await;
        first.quiet().await;
        // Who left hears nothing.
        second.quiet().await;
    }
}

/// C-223. Every kind of channel that counts, and where its event comes: after the cached one (2.5).
#[tokio::test]
async fn private_encrypted_and_cache_channels_count_too() {
    let broker = counting_broker(2).await;
    let mut client = broker.connect().await;
    for channel in
        ["chat", "private-a", "private-encrypted-a", "cache-a", "private-cache-a", "private-encrypted-cache-a"]
    {
        client.subscribe_signed(channel, None).await;
        if channel.contains("cache-") {
            assert!(client.next().await.starts_with(r#"{"event":"pusher:cache_miss""#));
        }
        client.expect(&count(channel, 1)).await;
    }
    client.quiet().await;
}

/// C-224.
#[tokio::test]
async fn presence_and_user_channels_never_count() {
    let broker = counting_broker(2).await;
    let mut client = broker.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.subscribe("#server-to-user-42").await;
    client.quiet().await;
    client.subscribe_signed("presence-a", None).await;
    client.quiet().await;
    client.subscribe_signed("presence-cache-a", None).await;
    assert!(client.next().await.starts_with(r#"{"event":"pusher:cache_miss""#));
    client.quiet().await;
    for channel in ["#server-to-user-42", "presence-a", "presence-cache-a"] {
        client.unsubscribe(channel).await;
        client.quiet().await;
    }
}

/// C-225.
#[tokio::test]
async fn above_100_subscriptions_the_count_comes_every_5_seconds_at_most() {
    const MANY: usize = 130;
    let broker = counting_broker(2).await;
    let mut observer = broker.connect().await;
    observer.subscribe("chat").await;
    let mut others = Vec::new();
    for _ in 1..MANY {
        let mut client = broker.connect().await;
        client.subscribe("chat").await;
        others.push(client);
    }
    for n in 1..=100 {
        observer.expect(&count("chat", n)).await;
    }
    let last = counts_until(&mut observer, MANY, None).await;

    // More activity right after it waits its turn, and the final number comes.
    for client in others.drain(..10) {
        client.close().await;
    }
    let changed = Instant::now();
    counts_until(&mut observer, MANY - 10, Some(last)).await;
    assert!(changed.elapsed() < Duration::from_secs(8), "{:?}", changed.elapsed());
    observer.quiet().await;
}

/// Reads counts, which may not come more often than every five seconds (`before` is when one came),
/// until this one; gives its time.
async fn counts_until(observer: &mut Client, last: usize, mut before: Option<Instant>) -> Instant {
    loop {
        let text = observer.next().await;
        let now = Instant::now();
        assert!(text.starts_with(r#"{"event":"pusher_internal:subscription_count""#), "{text}");
        if let Some(before) = before {
            let apart = now.duration_since(before);
            assert!(apart > Duration::from_millis(4_800), "{text} only {apart:?} after the one before");
        }
        before = Some(now);
        if text == count("chat", last) {
            return now;
        }
    }
}

/// C-226. Java's encrypted channel would try to decrypt it.
#[tokio::test]
async fn java_clients_hear_no_count_on_encrypted_channels() {
    let broker = counting_broker(2).await;
    let mut java = broker.dial(Dial::query("client=java-client&protocol=5&version=2.4.4")).await;
    java.established(120).await;
    let mut js = broker.dial(Dial::query("client=js&protocol=7&version=8.6.0")).await;
    js.established(120).await;
    for channel in ["private-encrypted-a", "private-encrypted-cache-a"] {
        java.subscribe_signed(channel, None).await;
        js.subscribe_signed(channel, None).await;
        if channel.contains("cache-") {
            assert!(java.next().await.starts_with(r#"{"event":"pusher:cache_miss""#));
            assert!(js.next().await.starts_with(r#"{"event":"pusher:cache_miss""#));
        }
        js.expect(&count(channel, 2)).await;
        java.unsubscribe(channel).await;
        js.expect(&count(channel, 1)).await;
        java.subscribe_signed(channel, None).await;
        js.expect(&count(channel, 2)).await;
        if channel.contains("cache-") {
            assert!(java.next().await.starts_with(r#"{"event":"pusher:cache_miss""#));
        }
        java.quiet().await;
    }
    // On other channels they do.
    java.subscribe("chat").await;
    java.expect(&count("chat", 1)).await;
}
