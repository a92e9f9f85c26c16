//! Hard times for a whole process: no file descriptors left, and an end in the midst of work.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::support::{APP, Dial, HttpConnection, PROTOCOL_7, Served, within};

/// With 120 descriptors a broker takes 56 connections: it keeps 64 for everything else.
const DESCRIPTORS: u32 = 120;
const CONNECTIONS: usize = 56;

/// C-014 by what the system allows; then not even a TCP connection finds room, those inside do not
/// notice, and when some go others come in.
#[tokio::test]
async fn a_full_descriptor_table_refuses_the_new_and_keeps_the_old() {
    let broker = Served::start_with_descriptors(
        DESCRIPTORS,
        &[
            // Long enough for those who knock and say nothing.
            ("SALURAN_SERVER_HANDSHAKE_TIMEOUT", "1m"),
        ],
    );
    let mut inside = Vec::new();
    for _ in 0..CONNECTIONS {
        inside.push(broker.subscriber().await);
    }
    let mut refused = Dial::query(PROTOCOL_7).send(broker.address, &[]).await;
    refused.expect_end_with(4100).await;

    let mut knocking = Vec::new();
    within("a connection without room to be dropped", async {
        while !knocking.iter().any(is_closed) {
            knocking.push(TcpStream::connect(broker.address).await.unwrap());
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert!(knocking.len() >= DESCRIPTORS as usize - CONNECTIONS - 20, "{} filled the table", knocking.len());
    for client in &mut inside {
        client.quiet().await;
    }

    drop(knocking);
    inside.truncate(CONNECTIONS / 2);
    within("room for a new connection", async {
        while broker.descriptors() >= CONNECTIONS {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    broker.subscriber().await.quiet().await;
    let mut publisher = HttpConnection::open(broker.address).await;
    let body = r#"{"name":"n","channel":"chat","data":"after"}"#;
    assert_eq!(publisher.signed(APP, "POST", "/apps/1001/events", body).await.status, 200);
    for client in &mut inside {
        client.expect(r#"{"event":"n","channel":"chat","data":"after"}"#).await;
    }
}

/// Whether the broker ended it, without a word.
fn is_closed(stream: &TcpStream) -> bool {
    match stream.try_read(&mut [0]) {
        Ok(0) => true,
        Ok(_) => panic!("a word to somebody who said nothing"),
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// C-059. SIGTERM while events flow: each connection hears all events up to its own end, is told
/// 4200, and they do not end all at once; the process ends with success.
#[tokio::test]
async fn an_end_under_load_is_spread_and_loses_nothing_before_it() {
    const SUBSCRIBERS: usize = 100;
    const DRAIN: Duration = Duration::from_secs(2);
    let broker = Served::start(&[("SALURAN_SERVER_DRAIN", "2s")]);
    let mut subscribers = JoinSet::new();
    for _ in 0..SUBSCRIBERS {
        let mut client = broker.subscriber().await;
        subscribers.spawn(async move {
            let mut heard = 0_u64;
            loop {
                let text = client.next().await;
                if text.starts_with(r#"{"event":"pusher:error""#) {
                    assert!(text.contains(r#""code":4200"#), "{text}");
                    client.expect_close(4200).await;
                    return (heard, Instant::now());
                }
                assert_eq!(text, format!(r#"{{"event":"n","channel":"chat","data":"{heard}"}}"#));
                heard += 1;
            }
        });
    }
    let mut publisher = HttpConnection::open(broker.address).await;
    let mut published = 0_u64;
    let mut told_at = None;
    // It goes on publishing until the broker does not answer any more.
    loop {
        let body = format!(r#"{{"name":"n","channel":"chat","data":"{published}"}}"#);
        let Some(200) = publisher.signed_or_end(APP, "POST", "/apps/1001/events", &body).await else {
            break;
        };
        published += 1;
        if published == 200 {
            broker.terminate();
            told_at = Some(Instant::now());
        }
    }
    let ends = subscribers.join_all().await;
    let told_at = told_at.expect("200 events were published");
    let mut after: Vec<Duration> = ends.iter().map(|(_, at)| at.duration_since(told_at)).collect();
    after.sort();
    let half = after[SUBSCRIBERS / 2];
    assert!(half > DRAIN / 5 && half < DRAIN * 2, "half of them had ended after {half:?}");
    assert!(ends.iter().all(|(heard, _)| *heard >= 200 && *heard <= published));
    assert!(ends.iter().any(|(heard, _)| *heard > 250), "those who ended last heard more");
    let (succeeded, log) = tokio::task::spawn_blocking(|| broker.wait()).await.unwrap();
    assert!(succeeded && log.contains("stopped"), "{log}");
}

/// A kill without warning frees the port at once.
#[tokio::test]
async fn a_killed_broker_can_be_started_again_on_its_port() {
    let broker = Served::start(&[]);
    let port = broker.address.port().to_string();
    let mut client = broker.subscriber().await;
    drop(broker);
    client.expect_end().await;
    let again = Served::start(&[("SALURAN_SERVER_PORT", &port)]);
    assert_eq!(again.address.port().to_string(), port);
    again.subscriber().await.quiet().await;
}
