//! Order: nothing early, nothing late, nothing twice, with any number of workers (protocol
//! reference 2.0).

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::{APP, Client, HttpConnection, TestBroker, first_app, succeeded};

const WORKERS: [usize; 3] = [1, 2, 4];
const PONG: &str = r#"{"event":"pusher:pong","data":"{}"}"#;

async fn broker_with(workers: usize) -> TestBroker {
    TestBroker::with(|config| {
        config.server.workers = workers;
        first_app(config).client_event_rate = 1_000_000;
    })
    .await
}

/// Publishes 1, 2, 3… until told to stop; gives the last number.
async fn publish_numbers(mut publisher: HttpConnection, channel: &str, stop: watch::Receiver<bool>) -> u64 {
    let mut number = 0;
    while !*stop.borrow() {
        number += 1;
        let body = json!({ "name": "tick", "channel": channel, "data": number.to_string() });
        let response = publisher.signed(APP, "POST", "/apps/1001/events", &body.to_string()).await;
        assert_eq!(response.status, 200, "{response:?}");
    }
    number
}

/// The number in a frame of `publish_numbers`.
fn number(text: &str, channel: &str) -> u64 {
    let frame: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&frame["event"], &frame["channel"]), (&json!("tick"), &json!(channel)), "{text}");
    frame["data"].as_str().unwrap().parse().unwrap()
}

/// C-037. Publishing never pauses while subscribers come and go.
#[tokio::test]
async fn nothing_comes_before_the_success_and_nothing_after_the_unsubscribe() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let publisher = broker.http_connection().await;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            tasks.spawn(come_and_go(broker.connect().await));
        }
        let visits = async {
            let heard: usize = tasks.join_all().await.into_iter().sum();
            stop.send(true).unwrap();
            heard
        };
        let (published, heard) = tokio::join!(publish_numbers(publisher, "chat", stopped), visits);
        assert!(published > 0 && heard > 0, "published {published}, heard {heard}");
    }
}

/// Subscribes and unsubscribes; what it hears in between has no gap. Gives how many events it
/// heard.
async fn come_and_go(mut client: Client) -> usize {
    let mut heard = 0;
    for round in 0..40 {
        client.subscribe("chat").await;
        let mut last = None;
        let mut check = |text: &str| {
            let found = number(text, "chat");
            assert!(last.is_none_or(|last| found == last + 1), "{found} after {last:?}");
            last = Some(found);
            heard += 1;
        };
        if round % 2 == 0 {
            check(&client.next().await);
        }
        client.unsubscribe("chat").await;
        client.send(r#"{"event":"pusher:ping"}"#).await;
        loop {
            let text = client.next().await;
            if text == PONG {
                break;
            }
            check(&text);
        }
        client.quiet().await;
    }
    heard
}

/// C-180, C-037. Each subscriber sees all events in the order of their publishing.
#[tokio::test]
async fn events_arrive_in_publishing_order_at_every_subscriber() {
    const EVENTS: usize = 300;
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut subscribers = Vec::new();
        for _ in 0..12 {
            let mut client = broker.connect().await;
            client.subscribe("chat").await;
            subscribers.push(client);
        }
        for n in 0..EVENTS {
            // A new connection each, so that another worker may take each of them.
            broker.publish("chat", "tick", &n.to_string()).await;
        }
        for client in &mut subscribers {
            for n in 0..EVENTS {
                client.expect(&format!(r#"{{"event":"tick","channel":"chat","data":"{n}"}}"#)).await;
            }
            client.quiet().await;
        }
    }
}

/// Events of several publishers may mix in any way, but in one way for all subscribers.
#[tokio::test]
async fn all_subscribers_of_a_channel_see_one_order() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut subscribers = Vec::new();
        for _ in 0..6 {
            let mut client = broker.connect().await;
            client.subscribe("chat").await;
            subscribers.push(client);
        }
        let mut publishers = JoinSet::new();
        for publisher in 0..4 {
            let mut connection = broker.http_connection().await;
            publishers.spawn(async move {
                for n in 0..50 {
                    let data = format!("{publisher}:{n}");
                    let body = json!({ "name": "tick", "channel": "chat", "data": data }).to_string();
                    assert_eq!(connection.signed(APP, "POST", "/apps/1001/events", &body).await.status, 200);
                }
            });
        }
        publishers.join_all().await;
        let mut orders = Vec::new();
        for client in &mut subscribers {
            let mut order = Vec::new();
            for _ in 0..200 {
                order.push(client.next().await);
            }
            client.quiet().await;
            orders.push(order);
        }
        assert!(orders.iter().all(|order| *order == orders[0]), "subscribers saw different orders");
        for publisher in 0..4 {
            let own = format!(r#""data":"{publisher}:"#);
            let own: Vec<&String> = orders[0].iter().filter(|text| text.contains(&own)).collect();
            assert_eq!(own.len(), 50);
            assert!(own.iter().enumerate().all(|(n, text)| text.contains(&format!(":{n}\""))), "{own:?}");
        }
    }
}

/// Client events of one sender keep their order, among each other and towards its replies.
#[tokio::test]
async fn client_events_arrive_in_sending_order() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut sender = broker.connect().await;
        sender.subscribe_signed("private-chat", None).await;
        let mut receivers = Vec::new();
        for _ in 0..5 {
            let mut client = broker.connect().await;
            client.subscribe_signed("private-chat", None).await;
            receivers.push(client);
        }
        for n in 0..200 {
            sender.send(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{n}}}"#)).await;
        }
        for client in &mut receivers {
            for n in 0..200 {
                client.expect(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{n}}}"#)).await;
            }
        }
        sender.quiet().await;
    }
}

/// Section 9.4: events that a client queued until the success follow its subscribe at once.
#[tokio::test]
async fn client_events_right_behind_the_subscribe_are_delivered() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let mut receiver = broker.connect().await;
        receiver.subscribe_signed("private-chat", None).await;
        let mut sender = broker.connect().await;
        sender.send_signed("private-chat", None).await;
        for n in 0..5 {
            sender.send(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{n}}}"#)).await;
        }
        sender.expect(&succeeded("private-chat")).await;
        for n in 0..5 {
            receiver.expect(&format!(r#"{{"event":"client-x","channel":"private-chat","data":{n}}}"#)).await;
        }
        sender.quiet().await;
    }
}

/// 8.2: who comes while events flow gets the cached one and then exactly what follows it.
#[tokio::test]
async fn a_cached_event_is_never_older_than_a_live_one_before_it() {
    for workers in WORKERS {
        let broker = broker_with(workers).await;
        let publisher = broker.http_connection().await;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            tasks.spawn(follow_the_cache(broker.connect().await));
        }
        let visits = async {
            tasks.join_all().await;
            stop.send(true).unwrap();
        };
        tokio::join!(publish_numbers(publisher, "cache-prices", stopped), visits);
    }
}

async fn follow_the_cache(mut client: Client) {
    const CHANNEL: &str = "cache-prices";
    let mut newest = 0;
    for _ in 0..40 {
        client.subscribe(CHANNEL).await;
        let first = client.next().await;
        if first.starts_with(r#"{"event":"pusher:cache_miss""#) {
            assert_eq!(newest, 0, "a miss after {newest}");
        } else {
            // Between two visits events passed unheard, but time does not go back.
            let found = number(&first, CHANNEL);
            assert!(found >= newest, "{found} from the cache after {newest}");
            newest = found;
        }
        client.unsubscribe(CHANNEL).await;
        client.send(r#"{"event":"pusher:ping"}"#).await;
        loop {
            let text = client.next().await;
            if text == PONG {
                break;
            }
            let found = number(&text, CHANNEL);
            assert_eq!(found, newest + 1, "{found} after {newest}");
            newest = found;
        }
    }
}
