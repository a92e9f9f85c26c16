//! Bounds: slow peers, flooding peers and greedy peers cost a bounded amount and nobody else
//! anything.

use std::time::Duration;

use serde_json::json;
use socket2::SockRef;
use tokio::time::{Instant, interval, timeout};

use crate::support::{
    APP, Client, DEADLINE, Dial, HttpConnection, Opcode, TestBroker, first_app, frame, succeeded, within,
};

const SECOND: Duration = Duration::from_secs(1);
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// A broker that gives up on slow subscribers early, and takes events that fill their buffers soon.
async fn strict_broker(close_timeout: Duration) -> TestBroker {
    TestBroker::with(|config| {
        config.limits.outbox_bytes = 128 * KIB;
        config.server.close_timeout = close_timeout;
        first_app(config).limits.event_data_bytes = 64 * KIB;
    })
    .await
}

/// Event number `n`: what to publish, and the frame that it becomes.
fn large_event(n: usize) -> (String, String) {
    let data = format!("{n}:{}", "x".repeat(50_000));
    let frame = format!(r#"{{"event":"tick","channel":"chat","data":"{data}"}}"#);
    (json!({ "name": "tick", "channel": "chat", "data": data }).to_string(), frame)
}

/// Subscribed to `chat`, and with little room for unread bytes.
async fn sluggish(broker: &TestBroker) -> Client {
    let mut client = broker.connect().await;
    SockRef::from(client.stream()).set_recv_buffer_size(64 * KIB).unwrap();
    client.subscribe("chat").await;
    client
}

/// A subscriber that never reads is closed with 4100 at its byte bound, and counted; others see all
/// events in order.
#[tokio::test]
async fn a_slow_subscriber_is_closed_with_4100_and_others_see_every_event() {
    // Long enough for the slow one to find its Close when it reads at last.
    let broker = strict_broker(6 * DEADLINE).await;
    let mut slow = sluggish(&broker).await;
    let mut good = Vec::new();
    for _ in 0..4 {
        let mut client = broker.connect().await;
        client.subscribe("chat").await;
        good.push(client);
    }
    assert_eq!(broker.metric("saluran_slow_subscribers_total").await, 0.0);
    let mut publisher = broker.http_connection().await;
    let mut published = 0;
    // Goes on for a while after the slow one was given up.
    let mut left = 40;
    while left > 0 {
        let (body, frame) = large_event(published);
        assert_eq!(publisher.signed(APP, "POST", "/apps/1001/events", &body).await.status, 200);
        for client in &mut good {
            let text = client.next().await;
            assert!(text == frame, "not event {published}: {}", &text[..80]);
        }
        published += 1;
        if broker.metric("saluran_slow_subscribers_total").await > 0.0 {
            left -= 1;
        }
        assert!(published < 2_000, "nobody is slow after {published} events");
    }
    assert_eq!(broker.metric("saluran_slow_subscribers_total").await, 1.0);
    for client in &mut good {
        client.quiet().await;
    }

    let heard = hear_until_closed(&mut slow).await;
    assert!(heard > 0 && heard < published, "{heard} of {published} events reached it");
    drop(slow);
    let gone =
        async { while broker.channel("chat", "subscription_count").await["subscription_count"] != good.len() {} };
    within("the slow subscriber to be gone", gone).await;
}

/// What a slow subscriber got before its Close with 4100 has no gap either; how many events it was.
async fn hear_until_closed(slow: &mut Client) -> usize {
    let mut heard = 0;
    loop {
        let found = slow.next_frame().await;
        if found.opcode == Opcode::Text && found.text() == large_event(heard).1 {
            heard += 1;
        } else if found.opcode == Opcode::Close {
            assert_eq!(found.close().0, Some(4100));
            return heard;
        } else {
            let error = r#"{"event":"pusher:error","data":{"code":4100,"#;
            assert!(found.text().starts_with(error), "{found:?}");
        }
    }
}

/// The same for one that never reads again at all: it is gone when its Close had its time.
#[tokio::test]
async fn a_subscriber_that_never_reads_again_is_dropped() {
    let broker = strict_broker(SECOND).await;
    let slow = sluggish(&broker).await;
    let mut publisher = broker.http_connection().await;
    let dropped = async {
        while broker.channel("chat", "").await["occupied"] == true {
            let body = large_event(0).0;
            assert_eq!(publisher.signed(APP, "POST", "/apps/1001/events", &body).await.status, 200);
        }
    };
    within("the slow subscriber to be dropped", dropped).await;
    // Its socket is gone, too: the metric of connections is back at nothing.
    let gone = async { while broker.metric("saluran_connections").await > 0.0 {} };
    within("the socket to be closed", gone).await;
    drop(slow);
}

/// Answers wait in the outbox, too: who asks without reading is closed like a slow subscriber, and its
/// socket goes after the time that any close may take.
#[tokio::test]
async fn a_flood_of_questions_without_reading_ends() {
    let questions = [
        frame(Opcode::Ping, &[b'x'; 125]),
        frame(Opcode::Text, br#"{"event":"pusher:ping"}"#),
        frame(Opcode::Text, format!(r#"{{"event":"{}"}}"#, "x".repeat(2_000)).as_bytes()),
        frame(Opcode::Text, br#"{"event":"pusher:subscribe","data":{"channel":"private-a"}}"#),
    ];
    let broker = strict_broker(SECOND).await;
    let mut bystander = broker.connect().await;
    for (question, floods) in questions.into_iter().zip(1..) {
        let mut client = sluggish(&broker).await;
        let block = question.repeat(64 * KIB / question.len());
        let flood = async { while client.write_some(&block).await.is_ok() {} };
        within("the flood to be ended", flood).await;
        bystander.quiet().await;
        assert_eq!(broker.metric("saluran_slow_subscribers_total").await, f64::from(floods));
    }
}

#[tokio::test]
async fn ten_thousand_subscriptions_on_one_connection_work() {
    const CHANNELS: usize = 10_000;
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    let channels: Vec<String> = (0..CHANNELS).map(|n| format!("channel-{n}")).collect();
    for block in channels.chunks(500) {
        let messages = block.iter().flat_map(|channel| {
            let message = json!({ "event": "pusher:subscribe", "data": { "channel": channel } });
            frame(Opcode::Text, message.to_string().as_bytes())
        });
        client.send_raw(&messages.collect::<Vec<u8>>()).await;
        for channel in block {
            client.expect(&succeeded(channel)).await;
        }
    }
    let last = channels.last().unwrap();
    broker.publish(last, "greet", "1").await;
    client.expect(&format!(r#"{{"event":"greet","channel":"{last}","data":"1"}}"#)).await;
    client.close().await;
    let released = async { while broker.get("/apps/1001/channels").await.body != r#"{"channels":{}}"# {} };
    within("all channels to be vacated", released).await;
}

#[tokio::test]
async fn a_connection_has_a_limited_number_of_channels() {
    let broker = TestBroker::with(|config| config.limits.channels_per_connection = 3).await;
    let mut client = broker.connect().await;
    for channel in ["a", "b", "c"] {
        client.subscribe(channel).await;
    }
    for _ in 0..2 {
        client.send_subscribe(&json!({ "channel": "d" })).await;
        client.expect_refused_somehow("d").await;
    }
    client.unsubscribe("a").await;
    client.subscribe("d").await;
    let mut other = broker.connect().await;
    other.subscribe("a").await;
}

/// Nothing, half a head, and a head that comes byte by byte.
#[tokio::test]
async fn a_handshake_that_takes_too_long_is_ended() {
    let broker = TestBroker::with(|config| config.server.handshake_timeout = SECOND).await;
    let head = Dial::query("protocol=7").request();
    let silent = async {
        let mut connection = HttpConnection::open(broker.address).await;
        expect_timed_out(&mut connection).await;
    };
    let half = async {
        let mut connection = HttpConnection::open(broker.address).await;
        connection.write(&head.as_bytes()[..40]).await;
        expect_timed_out(&mut connection).await;
    };
    let dripping = async {
        let mut connection = HttpConnection::open(broker.address).await;
        let started = Instant::now();
        let mut ticks = interval(Duration::from_millis(100));
        for byte in head.as_bytes().chunks(1).take(35) {
            ticks.tick().await;
            // Fails as soon as the broker has had enough.
            if connection.try_write(byte).await.is_err() {
                break;
            }
        }
        expect_timed_out(&mut connection).await;
        assert!(started.elapsed() < 4 * SECOND, "{:?}", started.elapsed());
    };
    let others = async {
        for _ in 0..20 {
            broker.connect().await.quiet().await;
        }
    };
    tokio::join!(silent, half, dripping, others);
}

/// 408 or just the end, but within the timeout and some slack.
async fn expect_timed_out(connection: &mut HttpConnection) {
    let answer = timeout(5 * SECOND, connection.response_or_end()).await.expect("an end");
    assert!(answer.as_ref().is_none_or(|response| response.status == 408), "{answer:?}");
}

/// Half-open sockets keep nobody out.
#[tokio::test]
async fn hundreds_of_half_open_sockets_do_no_harm() {
    let broker = TestBroker::start().await;
    let mut half_open = Vec::new();
    for n in 0..300_usize {
        let mut connection = HttpConnection::open(broker.address).await;
        let head = Dial::query("protocol=7").request();
        connection.write(&head.as_bytes()[..n % head.len()]).await;
        half_open.push(connection);
    }
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    broker.publish("chat", "greet", "1").await;
    client.expect(r#"{"event":"greet","channel":"chat","data":"1"}"#).await;
    drop(half_open);
    client.quiet().await;
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let broker = TestBroker::start().await;
    let mut bystander = broker.connect().await;
    let start = format!("GET /app/{}?protocol=7 HTTP/1.1\r\nHost: localhost\r\n", APP.key);
    let many: String = (0..5_000).map(|n| format!("X-Header-{n}: {n}\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "x".repeat(MIB));
    let path = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n", "p".repeat(MIB));
    for request in [format!("{start}{many}\r\n"), format!("{start}{long}\r\n"), format!("{path}\r\n")] {
        let mut connection = HttpConnection::open(broker.address).await;
        // The broker need not read all of it.
        let _refused = connection.try_write(request.as_bytes()).await;
        let answer = connection.response_or_end().await;
        assert!(answer.as_ref().is_none_or(|response| (400..500).contains(&response.status)), "{answer:?}");
        bystander.quiet().await;
    }

    // Small enough to be read whole, so that the answer must be seen.
    let some: String = (0..300).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let mut connection = HttpConnection::open(broker.address).await;
    connection.write(format!("{start}{some}\r\n").as_bytes()).await;
    let response = connection.response("a refusal of the headers").await;
    assert!((400..500).contains(&response.status), "{response:?}");
}

/// What is not HTTP at all gets a 400 or the end, quickly.
#[tokio::test]
async fn bytes_that_are_not_http_are_refused() {
    let broker = TestBroker::start().await;
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let mut connection = HttpConnection::open(broker.address).await;
        connection.write(bytes).await;
        connection.finish_sending().await;
        let answer = connection.response_or_end().await;
        assert!(answer.as_ref().is_none_or(|response| (400..506).contains(&response.status)), "{answer:?}");
    }
    broker.connect().await.quiet().await;
}
