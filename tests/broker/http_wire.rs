//! HTTP/1.1 itself: what is no request, what comes too slowly, and several requests on one connection.

use std::time::Duration;

use crate::support::{APP, HttpConnection, TestBroker};
use crate::support_http::{CHANNELS, EVENTS, Parameters, RawConnection, assert_done, assert_usable, event, refusal};

const BODY: &str = r#"{"name":"n","channel":"chat","data":"d"}"#;

/// A whole signed publish.
fn publish(headers: &str) -> String {
    let target = Parameters::of(APP, BODY).signed(APP, "POST", EVENTS);
    let length = BODY.len();
    format!("POST {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{BODY}")
}

/// Everything the broker says to these bytes until it ends the connection.
async fn answer(broker: &TestBroker, bytes: &[u8]) -> String {
    let mut connection = RawConnection::open(broker.address).await;
    // A broker that has seen enough may end the connection before everything is written.
    let _taken = connection.write(bytes).await;
    connection.read_to_end().await
}

/// What is no HTTP is answered with a 4xx and the end of the connection.
#[tokio::test]
async fn garbage_is_refused_and_disturbs_nobody() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let garbage: [&[u8]; 10] = [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"G\x80T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nna me: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\x01\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for bytes in garbage {
        let text = answer(&broker, bytes).await;
        let refused = text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 505");
        assert!(refused, "{text:?} for {:?}", String::from_utf8_lossy(bytes));
        assert_usable(&broker).await;
    }
    client.quiet().await;
}

/// A request line that never ends, or headers without number, use no memory without bound.
#[tokio::test]
async fn floods_of_headers_are_refused() {
    let broker = TestBroker::start().await;
    let many: String = (0..20_000).map(|number| format!("X-{number}: {number}\r\n")).collect();
    let long = "x".repeat(4 * 1024 * 1024);
    for flood in [
        format!("GET /up HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
        format!("GET /up HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /up?{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        long.clone(),
    ] {
        let text = answer(&broker, flood.as_bytes()).await;
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{:?}", &text[..text.len().min(200)]);
        assert_usable(&broker).await;
    }
}

/// Real proxies add a few dozen headers and long cookies: these pass.
#[tokio::test]
async fn a_request_with_many_ordinary_headers_is_served() {
    let broker = TestBroker::start().await;
    let headers: String = (0..60).map(|number| format!("X-Proxy-{number}: value\r\n")).collect();
    let cookie = format!("Cookie: {}\r\n", "c".repeat(8 * 1024));
    let mut connection = broker.http_connection().await;
    connection.write(publish(&format!("{headers}{cookie}")).as_bytes()).await;
    assert_done(&connection.response("the answer").await, "{}");
}

/// Percent-encoding that means nothing is refused, not guessed at.
#[tokio::test]
async fn broken_percent_encoding_is_refused() {
    let broker = TestBroker::start().await;
    for target in [
        "/apps/1001/channels/%zz",
        "/apps/1001/channels/%f",
        "/apps/1001/channels/%ff%fe",
        "/apps/1001/channels?auth_key=%zz",
        "/apps/1001/channels?auth_key=%ff",
        "/apps/1001/channels?%",
        "/apps/1001/channels?=&=&&&",
        "/apps/%31%30%30%31%00/channels",
        "/apps/../apps/1001/channels",
    ] {
        let response = broker.http("GET", target, &[], "").await;
        assert!([400, 401, 404].contains(&response.status), "{target}: {response:?}");
        refusal(&response, response.status);
    }
    assert_usable(&broker).await;
}

/// C-211: answers come in the order of the requests.
#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let list = Parameters::of(APP, "").signed(APP, "GET", CHANNELS);
    let requests = [
        publish(""),
        format!("GET {list} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        publish(""),
        "GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
    ];
    let mut connection = broker.http_connection().await;
    connection.write(requests.concat().as_bytes()).await;
    assert_done(&connection.response("the first answer").await, "{}");
    assert_done(&connection.response("the second answer").await, r#"{"channels":{"chat":{}}}"#);
    refusal(&connection.response("the third answer").await, 404);
    assert_done(&connection.response("the fourth answer").await, "{}");
    assert_done(&connection.response("the fifth answer").await, r#"{"health":"OK"}"#);
    client.expect(&event("n", "chat", "d")).await;
    client.expect(&event("n", "chat", "d")).await;
}

/// A request may come in any number of pieces.
#[tokio::test]
async fn a_request_that_comes_byte_by_byte_is_served() {
    let broker = TestBroker::start().await;
    let mut connection = broker.http_connection().await;
    for byte in publish("").bytes() {
        connection.write(&[byte]).await;
    }
    assert_done(&connection.response("the answer").await, "{}");
}

/// `Connection: close` and HTTP/1.0 end the connection after the answer.
#[tokio::test]
async fn a_connection_ends_when_the_publisher_wants_it_to() {
    let broker = TestBroker::start().await;
    let mut connection = broker.http_connection().await;
    connection.write(publish("Connection: close\r\n").as_bytes()).await;
    assert_done(&connection.response("the answer").await, "{}");
    connection.expect_end().await;
    let text = answer(&broker, b"GET /up HTTP/1.0\r\n\r\n").await;
    let served = text.starts_with("HTTP/1.0 200 ") || text.starts_with("HTTP/1.1 200 ");
    assert!(served && text.ends_with(r#"{"health":"OK"}"#), "{text:?}");
}

/// HEAD is a GET without its body; where there is no HEAD it is a refusal without a body.
#[tokio::test]
async fn head_has_no_body() {
    let broker = TestBroker::start().await;
    let list = Parameters::of(APP, "").signed(APP, "HEAD", CHANNELS);
    for target in ["/up", list.as_str(), "/nothing", EVENTS] {
        let request = format!("HEAD {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let text = answer(&broker, request.as_bytes()).await;
        let known = ["200", "401", "404", "405"].iter().any(|status| text.starts_with(&format!("HTTP/1.1 {status} ")));
        assert!(known && text.ends_with("\r\n\r\n"), "{text:?}");
        assert_eq!(text.matches("\r\n\r\n").count(), 1, "a body after {text:?}");
    }
    // A body that was sent all the same would be taken for the next answer.
    let mut connection = RawConnection::open(broker.address).await;
    let requests = "HEAD /up HTTP/1.1\r\nHost: x\r\n\r\nGET /up HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    connection.write(requests.as_bytes()).await.unwrap();
    let text = connection.read_to_end().await;
    assert_eq!(text.matches(r#"{"health":"OK"}"#).count(), 1, "{text:?}");
}

/// OPTIONS and methods nobody knows are answered, never left hanging.
#[tokio::test]
async fn unknown_methods_are_answered() {
    let broker = TestBroker::start().await;
    for method in ["OPTIONS", "BREW", "TRACE", "CONNECT", "get", "X"] {
        for target in ["/up", EVENTS, CHANNELS, "/nothing"] {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let text = answer(&broker, request.as_bytes()).await;
            assert!(text.starts_with("HTTP/1.1 4"), "{method} {target}: {text:?}");
        }
    }
    assert_usable(&broker).await;
}

/// Two lengths, or a length and chunks: nobody may read more into one request than another did.
#[tokio::test]
async fn ambiguous_lengths_smuggle_no_request() {
    let broker = TestBroker::start().await;
    let hidden = "GET /up HTTP/1.1\r\nHost: hidden\r\n\r\n";
    for headers in [
        "Content-Length: 0\r\nContent-Length: 34\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: 0x0\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ] {
        let request = format!("POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{hidden}");
        let text = answer(&broker, request.as_bytes()).await;
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{headers:?}: {text:?}");
        assert!(!text.contains("health"), "the hidden request was served after {headers:?}: {text:?}");
    }
    assert_usable(&broker).await;
}

/// A broker that waits a second, for a head and between two requests.
async fn impatient_broker() -> TestBroker {
    TestBroker::with(|config| {
        config.server.handshake_timeout = Duration::from_secs(1);
        config.server.keep_alive = Duration::from_secs(1);
    })
    .await
}

const PARTS: [&str; 4] = ["", "G", "GET /up HTTP/1.1\r\nHost: local", "GET /up HTTP/1.1\r\nHost: localhost\r\n"];

/// `server.handshake_timeout`: a head that never ends.
#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let broker = impatient_broker().await;
    for part in PARTS {
        let text = answer(&broker, part.as_bytes()).await;
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 408 "), "{part:?}: {text:?}");
    }
    assert_usable(&broker).await;
}

/// `server.handshake_timeout`: it holds for the second request of a connection too.
#[tokio::test]
async fn a_second_head_that_does_not_come_ends_the_connection() {
    let broker = impatient_broker().await;
    for part in PARTS {
        let mut connection = RawConnection::open(broker.address).await;
        connection.write(b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        connection.read_until(r#"{"health":"OK"}"#).await;
        connection.write(part.as_bytes()).await.unwrap();
        let text = connection.read_to_end().await;
        let (_, second) = text.split_once(r#"{"health":"OK"}"#).unwrap();
        assert!(second.is_empty() || second.starts_with("HTTP/1.1 408 "), "{part:?}: {second:?}");
    }
    assert_usable(&broker).await;
}

/// `server.handshake_timeout`: it bounds the whole head, not the time between two bytes.
#[tokio::test]
async fn a_head_that_drips_ends_the_connection() {
    let broker = impatient_broker().await;
    let mut connection = RawConnection::open(broker.address).await;
    let head = format!("GET /up HTTP/1.1\r\nHost: localhost\r\n{}", "X-Drip: x\r\n".repeat(20));
    for byte in head.bytes() {
        if connection.write(&[byte]).await.is_err() || !connection.read_for(Duration::from_millis(50)).await {
            break;
        }
    }
    let text = connection.read_to_end().await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 408 "), "{text:?}");
    assert_usable(&broker).await;
}

/// `server.keep_alive`: an idle connection ends, a busy one does not.
#[tokio::test]
async fn an_idle_connection_ends_after_its_keep_alive() {
    let broker = TestBroker::with(|config| config.server.keep_alive = Duration::from_secs(1)).await;
    let mut connection = HttpConnection::open(broker.address).await;
    for _ in 0..3 {
        assert_done(&connection.request("GET", "/up", &[], b"").await, r#"{"health":"OK"}"#);
    }
    let text = connection.response_or_end().await;
    assert!(text.is_none_or(|response| response.status == 408), "idle for longer than a second");
    assert_usable(&broker).await;
}

/// Half-open: the publisher says that it will send no more, and still gets its answer.
#[tokio::test]
async fn a_publisher_that_closes_its_side_gets_its_answer() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let mut connection = RawConnection::open(broker.address).await;
    connection.write(publish("").as_bytes()).await.unwrap();
    connection.finish_writing().await;
    let text = connection.read_to_end().await;
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("{}"), "{text:?}");
    client.expect(&event("n", "chat", "d")).await;
}
