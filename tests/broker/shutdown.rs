//! The end of a broker: connections are told to come back, spread over time (protocol reference
//! 1.6).

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{Dial, HttpConnection, TestBroker, succeeded};

/// C-059.
#[tokio::test]
async fn a_shutdown_closes_with_4200_spread_over_the_drain() {
    const CONNECTIONS: usize = 60;
    const DRAIN: Duration = Duration::from_secs(2);
    let mut broker = TestBroker::with(|config| config.server.drain = DRAIN).await;
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for _ in 0..CONNECTIONS {
        let mut client = broker.connect().await;
        client.subscribe("chat").await;
        clients.spawn(async move {
            client.expect_end_with(4200).await;
            Instant::now()
        });
    }
    let connected = started.elapsed();
    broker.shutdown().await;
    let ended = Instant::now();
    let mut closes: Vec<Duration> = clients.join_all().await.into_iter().map(|at| at.duration_since(started)).collect();
    closes.sort();

    let spread = *closes.last().unwrap() - *closes.first().unwrap();
    assert!(spread > DRAIN / 2 && spread < DRAIN * 2, "closes spread over {spread:?}");
    // No tenth of the drain time carries more than a third of them.
    let crowded = closes.windows(CONNECTIONS / 3).map(|part| *part.last().unwrap() - part[0]).min();
    assert!(crowded.unwrap() > DRAIN / 10, "{closes:?}");
    assert!(ended.duration_since(started) < connected + DRAIN * 3, "the drain has an end");
}

/// C-059. The drain lasts no longer than there is somebody to close.
#[tokio::test]
async fn an_empty_broker_ends_at_once() {
    let mut broker = TestBroker::with(|config| config.server.drain = Duration::from_secs(8)).await;
    let started = Instant::now();
    broker.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

/// Section 1.5, rule 12: whoever asks during the drain is told to come back (C-019).
#[tokio::test]
async fn a_handshake_during_the_drain_is_refused_with_4200() {
    let mut broker = TestBroker::with(|config| {
        config.server.drain = Duration::from_secs(3);
        // With several, each ends when its own connections have gone.
        config.server.workers = 1;
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(broker.connect().await);
    }
    // Let in before the drain begins, as its first request shows.
    let mut waiting = HttpConnection::open(broker.address).await;
    assert_eq!(waiting.request("GET", "/up", &[], b"").await.status, 200);
    let drain = broker.shutdown();
    let late = async {
        let mut ends = JoinSet::new();
        for mut client in clients {
            ends.spawn(async move { client.expect_end_with(4200).await });
        }
        ends.join_next().await.unwrap().unwrap();
        waiting.write(Dial::query("protocol=7").request().as_bytes()).await;
        let mut client = Dial::finish(waiting).await;
        client.expect_refusal(4200).await;
        ends.join_all().await;
    };
    tokio::join!(drain, late);
}

/// C-059. All doors are closed before the first is told to come back, also those of other workers:
/// a client that comes back at once finds nobody, and does not lose its patience with this broker.
#[tokio::test]
async fn who_comes_back_at_once_is_not_let_in_again() {
    let mut broker = TestBroker::with(|config| {
        config.server.drain = Duration::from_millis(1);
        config.server.workers = 64;
    })
    .await;
    let address = broker.address;
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        let mut client = broker.connect().await;
        clients.spawn(async move {
            client.expect_end_with(4200).await;
            TcpStream::connect(address).await.map(drop).map_err(|error| error.kind())
        });
    }
    broker.shutdown().await;
    for knock in clients.join_all().await {
        assert_eq!(knock, Err(ErrorKind::ConnectionRefused));
    }
}

/// C-254. A thousand clients come back at once to the same port and get what they had.
#[tokio::test]
async fn a_thousand_clients_reconnect_at_once_after_a_restart() {
    const CLIENTS: usize = 1_000;
    let mut broker = TestBroker::start().await;
    let port = broker.address.port();
    let mut clients = JoinSet::new();
    for n in 0..CLIENTS {
        let mut client = broker.connect().await;
        client.subscribe(&format!("chat-{}", n % 10)).await;
        clients.spawn(async move { client.expect_end_with(4200).await });
    }
    broker.shutdown().await;
    clients.join_all().await;

    let broker = TestBroker::with(|config| config.server.port = port).await;
    let address = broker.address;
    let mut clients = JoinSet::new();
    for n in 0..CLIENTS {
        clients.spawn(async move {
            let mut client = Dial::query("protocol=7").send(address, &[]).await;
            client.established(120).await;
            let channel = format!("chat-{}", n % 10);
            client.subscribe_signed(&format!("private-{n}"), None).await;
            client.send_subscribe(&serde_json::json!({ "channel": channel })).await;
            client.expect(&succeeded(&channel)).await;
            client
        });
    }
    let mut clients = clients.join_all().await;
    for n in 0..10 {
        broker.publish(&format!("chat-{n}"), "back", "").await;
    }
    for client in &mut clients {
        let text = client.next().await;
        assert!(text.starts_with(r#"{"event":"back","channel":"chat-"#), "{text}");
    }
    for n in 0..10 {
        let state = broker.channel(&format!("chat-{n}"), "subscription_count").await;
        assert_eq!(state["subscription_count"], CLIENTS / 10);
    }
}
