//! Bodies that are broken, huge or slow: refused with a status, and nothing else is disturbed.

use std::time::Duration;

use serde_json::json;

use crate::support::{APP, HttpConnection, Response, TestBroker, hmac, md5, now};
use crate::support_http::{BATCH, EVENTS, Parameters, RawConnection, assert_done, assert_usable, event, refusal};

/// Smallest body limit that section 3.4 allows.
const BODY_BYTES: usize = 256 * 1024;

/// A valid publish.
const BODY: &str = r#"{"name":"n","channel":"chat","data":"d"}"#;

async fn small_broker() -> TestBroker {
    TestBroker::with(|config| config.limits.http_body_bytes = BODY_BYTES).await
}

/// A signed publish of bytes that need not be text.
fn request(body: &[u8]) -> Vec<u8> {
    let time = now();
    let query = format!("auth_key={}&auth_timestamp={time}&auth_version=1.0&body_md5={}", APP.key, md5(body));
    let signature = hmac(APP.secret, &format!("POST\n{EVENTS}\n{query}"));
    let head = format!(
        "POST {EVENTS}?{query}&auth_signature={signature} HTTP/1.1\r\nHost: localhost\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn publish(broker: &TestBroker, body: &[u8]) -> Response {
    let mut connection = broker.http_connection().await;
    connection.write(&request(body)).await;
    connection.response("an answer to the publish").await
}

/// What a publisher reads that writes the whole request before it looks for an answer, as HTTP libraries do.
async fn answer(broker: &TestBroker, request: &[u8]) -> String {
    let mut connection = RawConnection::open(broker.address).await;
    // The broker may have had enough before the end.
    let _taken = connection.write(request).await;
    connection.read_until("\r\n\r\n").await;
    connection.received
}

/// A valid publish of exactly so many bytes.
fn padded(length: usize) -> String {
    format!("{BODY}{}", " ".repeat(length - BODY.len()))
}

/// Head of a signed publish without the headers that say how long its body is.
fn head_for(body: &str) -> String {
    let target = Parameters::of(APP, body).signed(APP, "POST", EVENTS);
    format!("POST {target} HTTP/1.1\r\nHost: localhost\r\n")
}

/// C-179.
#[tokio::test]
async fn a_body_that_is_not_utf_8_is_refused() {
    let broker = TestBroker::start().await;
    let bodies: [&[u8]; 5] = [
        b"{\"name\":\"n\",\"channel\":\"chat\",\"data\":\"\xff\"}",
        b"{\"name\":\"\xc3\",\"channel\":\"chat\",\"data\":\"d\"}",
        b"{\"name\":\"n\",\"channel\":\"chat\",\"data\":\"\xed\xa0\x80\"}",
        b"\xff\xfe{\x00}\x00",
        b"\x00\x01\x02\x03",
    ];
    for body in bodies {
        refusal(&publish(&broker, body).await, 400);
    }
    assert_usable(&broker).await;
}

/// C-179: a half of a surrogate pair is no text either.
#[tokio::test]
async fn a_lone_surrogate_is_refused() {
    let broker = TestBroker::start().await;
    for half in [r"\ud800", r"\udc00", r"\ud800x", r"\ud83d\ud83d"] {
        let body = format!(r#"{{"name":"n","channel":"chat","data":"{half}"}}"#);
        refusal(&publish(&broker, body.as_bytes()).await, 400);
    }
    assert_usable(&broker).await;
}

/// C-179.
#[tokio::test]
async fn deep_nesting_is_refused_or_passed_over() {
    let broker = TestBroker::start().await;
    for depth in [200, 100_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        refusal(&publish(&broker, open.as_bytes()).await, 400);
        refusal(&publish(&broker, format!("{open}{close}").as_bytes()).await, 400);
        refusal(&publish(&broker, objects.as_bytes()).await, 400);
        let data = format!(r#"{{"name":"n","channel":"chat","data":{open}{close}}}"#);
        refusal(&publish(&broker, data.as_bytes()).await, 400);
        let unknown = format!(r#"{{"name":"n","channel":"chat","data":"d","x":{open}{close}}}"#);
        let status = publish(&broker, unknown.as_bytes()).await.status;
        assert!([200, 400].contains(&status), "{status}");
        assert_usable(&broker).await;
    }
}

/// Section 3.4: what is deep inside `data` is the subscribers' business.
#[tokio::test]
async fn a_payload_may_be_nested_as_deep_as_it_likes() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let data = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    broker.publish("chat", "n", &data).await;
    client.expect(&event("n", "chat", &data)).await;
}

/// C-179: numbers, names and repetitions that parsers differ on.
#[tokio::test]
async fn odd_json_does_no_harm() {
    let broker = TestBroker::start().await;
    for body in [
        r#"{"name":"n","channel":"chat","data":"d","x":1e999999}"#,
        r#"{"name":"n","channel":"chat","data":"d","x":123456789012345678901234567890}"#,
        r#"{"name":"n","name":"m","channel":"chat","data":"d"}"#,
        r#"{"":"","name":"n","channel":"chat","data":"d"}"#,
        "\u{feff}{\"name\":\"n\",\"channel\":\"chat\",\"data\":\"d\"}",
    ] {
        let response = publish(&broker, body.as_bytes()).await;
        assert!([200, 400].contains(&response.status), "{body}: {response:?}");
    }
    for body in
        [r#"{"name":"n","channel":"chat","data":"d",}"#, "{\"name\":\"n\x01\",\"channel\":\"chat\",\"data\":\"d\"}"]
    {
        refusal(&publish(&broker, body.as_bytes()).await, 400);
    }
    assert_usable(&broker).await;
}

/// Section 3.4: bodies of 256 KiB are accepted; above the limit the publisher can read that it is 413.
#[tokio::test]
async fn a_body_above_the_limit_is_413() {
    let broker = small_broker().await;
    assert_done(&publish(&broker, padded(BODY_BYTES).as_bytes()).await, "{}");
    for length in [BODY_BYTES + 1, 2 * BODY_BYTES, 16 * BODY_BYTES] {
        let text = answer(&broker, &request(padded(length).as_bytes())).await;
        assert!(text.starts_with("HTTP/1.1 413 "), "{length}: {text:?}");
        assert_usable(&broker).await;
    }
}

/// Section 4.4: the reason reaches also publishers whose body is still on its way.
#[tokio::test]
async fn a_401_can_be_read_however_long_the_body_is() {
    let broker = TestBroker::start().await;
    for length in [100, 10_000, 100_000, 900_000] {
        let body = padded(length);
        let target = Parameters::of(APP, &body).replace("auth_key", "nobody").target(EVENTS);
        let request = format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}");
        let text = answer(&broker, request.as_bytes()).await;
        assert!(text.starts_with("HTTP/1.1 401 "), "{length}: {text:?}");
        assert_usable(&broker).await;
    }
}

/// The same for a body whose length is only announced.
#[tokio::test]
async fn an_announced_body_above_the_limit_is_413_at_once() {
    let broker = small_broker().await;
    for length in ["262145", "10000000000", "18446744073709551615"] {
        let mut connection = broker.http_connection().await;
        let head = format!("{}Content-Length: {length}\r\n\r\n", head_for("x"));
        connection.write(head.as_bytes()).await;
        refusal(&connection.response("413").await, 413);
    }
    assert_usable(&broker).await;
}

/// The same for a body whose length nobody knows.
#[tokio::test]
async fn a_chunked_body_above_the_limit_is_413() {
    let broker = small_broker().await;
    let body = padded(BODY_BYTES + 1);
    let chunks: String = body
        .as_bytes()
        .chunks(4096)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap()))
        .collect();
    let mut connection = broker.http_connection().await;
    let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", head_for(&body));
    connection.write(format!("{head}{chunks}0\r\n\r\n").as_bytes()).await;
    refusal(&connection.response("413").await, 413);
    assert_usable(&broker).await;
}

/// Section 6.1: bodies come in chunks from some HTTP clients.
#[tokio::test]
async fn a_chunked_body_is_put_together() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let mut connection = broker.http_connection().await;
    for size in [1, 7, 100] {
        let chunks: String = BODY
            .as_bytes()
            .chunks(size)
            .map(|chunk| format!("{:X}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap()))
            .collect();
        let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", head_for(BODY));
        connection.write(format!("{head}{chunks}0\r\n\r\n").as_bytes()).await;
        assert_done(&connection.response("the answer to a chunked publish").await, "{}");
        client.expect(&event("n", "chat", "d")).await;
    }
}

/// The answer to broken chunks is a refusal or the end of the connection, never a publish.
#[tokio::test]
async fn broken_chunks_publish_nothing() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for chunks in ["zz\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n", "fffffffffffffffff\r\n{}\r\n", "2\r\n{}xx", "\r\n\r\n"] {
        let mut connection = broker.http_connection().await;
        let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", head_for(BODY));
        connection.write(format!("{head}{chunks}").as_bytes()).await;
        if let Some(response) = connection.response_or_end().await {
            assert!((400..500).contains(&response.status), "{chunks:?}: {response:?}");
        }
    }
    client.quiet().await;
    assert_usable(&broker).await;
}

/// The request ends with 408 and the connection with it; `rest` follows the head.
async fn assert_408(rest: &str) {
    let broker = TestBroker::with(|config| config.server.body_timeout = Duration::from_millis(300)).await;
    let mut connection = broker.http_connection().await;
    connection.write(format!("{}{rest}", head_for(BODY)).as_bytes()).await;
    refusal(&connection.response("408").await, 408);
    connection.expect_end().await;
    assert_usable(&broker).await;
}

/// `server.body_timeout`.
#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    for part in ["", &BODY[..20], &BODY[..BODY.len() - 1]] {
        assert_408(&format!("Content-Length: {}\r\n\r\n{part}", BODY.len())).await;
    }
}

/// `server.body_timeout`.
#[tokio::test]
async fn a_chunked_body_that_does_not_come_is_408() {
    for part in ["", "5", "5\r\n{\"nam", "5\r\n{\"nam\r\n"] {
        assert_408(&format!("Transfer-Encoding: chunked\r\n\r\n{part}")).await;
    }
}

/// `server.body_timeout`: it bounds the whole body, not the time between two bytes.
#[tokio::test]
async fn a_body_that_drips_is_408_too() {
    let broker = TestBroker::with(|config| config.server.body_timeout = Duration::from_millis(500)).await;
    let body = padded(10_000);
    let mut connection = RawConnection::open(broker.address).await;
    let head = format!("{}Content-Length: {}\r\n\r\n", head_for(&body), body.len());
    connection.write(head.as_bytes()).await.unwrap();
    for byte in body.bytes() {
        if !connection.received.is_empty() || connection.write(&[byte]).await.is_err() {
            break;
        }
        connection.read_for(Duration::from_millis(50)).await;
    }
    let received = connection.read_to_end().await;
    assert!(received.starts_with("HTTP/1.1 408 "), "{received:?}");
}

/// A publisher that gives up in the middle of its body publishes nothing.
#[tokio::test]
async fn a_body_that_is_cut_off_publishes_nothing() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    for _ in 0..10 {
        let mut connection = HttpConnection::open(broker.address).await;
        let head = format!("{}Content-Length: {}\r\n\r\n", head_for(BODY), BODY.len());
        connection.write(format!("{head}{}", &BODY[..30]).as_bytes()).await;
    }
    broker.publish("chat", "end", "").await;
    client.expect(&event("end", "chat", "")).await;
}

/// `Expect: 100-continue`, as some HTTP clients send it before a larger body.
#[tokio::test]
async fn a_publisher_that_waits_to_be_asked_for_its_body_is_served() {
    let broker = TestBroker::start().await;
    let body = json!({ "batch": [{ "name": "n", "channel": "chat", "data": "d".repeat(5_000) }] }).to_string();
    let target = Parameters::of(APP, &body).signed(APP, "POST", BATCH);
    let mut connection = RawConnection::open(broker.address).await;
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write(head.as_bytes()).await.unwrap();
    connection.read_until("\r\n\r\n").await;
    assert_eq!(connection.received, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.write(body.as_bytes()).await.unwrap();
    connection.read_until("HTTP/1.1 200 OK\r\n").await;
    assert!(connection.read_to_end().await.ends_with("\r\n\r\n{}"));
}
