//! Connecting: URL, protocol version, subprotocol, and the first frame (protocol reference 1.1–1.4,
//! 2.2).

use std::collections::HashSet;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{APP, Dial, OTHER, TestBroker, first_app, within};

/// C-001, C-038, C-039. `established` compares the first frame byte for byte.
#[tokio::test]
async fn a_known_key_upgrades_and_the_first_frame_is_connection_established() {
    let broker = TestBroker::start().await;
    let mut client = broker.dial(Dial::query("protocol=7")).await;
    assert_eq!(client.response.status, 101);

    let text = client.next().await;
    let frame: Value = serde_json::from_str(&text).unwrap();
    let data: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
    let socket_id = data["socket_id"].as_str().unwrap();
    assert_eq!(
        text,
        format!(
            r#"{{"event":"pusher:connection_established","data":"{{\"socket_id\":\"{socket_id}\",\"activity_timeout\":120}}"}}"#
        )
    );
    let halves: Vec<&str> = socket_id.split('.').collect();
    assert_eq!(halves.len(), 2, "{socket_id}");
    assert!(halves.iter().all(|half| half.parse::<u64>().is_ok_and(|number| number < 1 << 53)));
    client.quiet().await;
}

/// C-002.
#[tokio::test]
async fn query_parameters_come_in_any_order_and_unknown_ones_are_ignored() {
    let broker = TestBroker::start().await;
    for query in [
        "protocol=7&client=js&version=8.6.0&flash=false",
        "flash=false&version=8.6.0&client=js&protocol=7",
        "client=java-client&protocol=5&version=2.4.4",
        "cluster=mt1&protocol=7&x=&y&z=%20&=&&debug=1",
    ] {
        broker.dial(Dial::query(query)).await.established(120).await;
    }
}

/// C-003.
#[tokio::test]
async fn client_version_and_flash_may_be_absent_or_empty() {
    let broker = TestBroker::start().await;
    for query in ["protocol=7", "protocol=7&client=&version=&flash=", "protocol=7&client=Pysher"] {
        broker.dial(Dial::query(query)).await.established(120).await;
    }
}

/// C-004.
#[tokio::test]
async fn a_configured_path_prefix_works() {
    let broker = TestBroker::with(|config| "/live/ws".clone_into(&mut config.server.path_prefix)).await;
    broker.dial(Dial::path(format!("/live/ws/app/{}?protocol=7", APP.key))).await.established(120).await;
    broker.dial(Dial::path(format!("/other/app/{}?protocol=7", APP.key))).await.expect_refusal(4005).await;
}

/// C-004.
#[tokio::test]
async fn without_a_configured_prefix_only_the_plain_path_works() {
    let broker = TestBroker::start().await;
    broker.dial(Dial::path(format!("/app/{}?protocol=7", APP.key))).await.established(120).await;
    broker.dial(Dial::path(format!("/live/app/{}?protocol=7", APP.key))).await.expect_refusal(4005).await;
}

/// C-005.
#[tokio::test]
async fn protocols_4_to_7_are_accepted() {
    let broker = TestBroker::start().await;
    for protocol in 4..=7 {
        broker.dial(Dial::query(&format!("protocol={protocol}"))).await.established(120).await;
    }
}

/// C-006.
#[tokio::test]
async fn a_missing_protocol_is_7_when_the_app_says_so() {
    let broker = TestBroker::with_app(|app| app.assume_protocol = true).await;
    for query in ["", "client=js", "protocol=", "protocol=7"] {
        broker.dial(Dial::query(query)).await.established(120).await;
    }
    broker.dial(Dial::path(format!("/app/{}", APP.key))).await.established(120).await;
    broker.dial(Dial::query("protocol=3")).await.expect_refusal(4007).await;
}

/// C-009.
#[tokio::test]
async fn library_versions_are_accepted() {
    let broker = TestBroker::start().await;
    for version in ["1.0", "7.0.3", "8.4.0-rc2", "0.0.0-dev", "10.1.10", "3"] {
        broker.dial(Dial::query(&format!("protocol=7&version={version}"))).await.established(120).await;
    }
}

/// C-020, C-252.
#[tokio::test]
async fn an_offered_subprotocol_is_echoed() {
    let broker = TestBroker::start().await;
    for (offered, selected) in [
        ("pusher-channels-protocol-7", "pusher-channels-protocol-7"),
        ("pusher-channels-protocol-4", "pusher-channels-protocol-4"),
        ("chat, pusher-channels-protocol-7", "pusher-channels-protocol-7"),
        ("pusher-channels-protocol-9,pusher-channels-protocol-6", "pusher-channels-protocol-6"),
        ("pusher-channels-protocol-5, pusher-channels-protocol-7", "pusher-channels-protocol-5"),
    ] {
        let dial = Dial::query("client=pusher-websocket-swift&version=10.1.10&protocol=7");
        let mut client = broker.dial(dial.header("Sec-WebSocket-Protocol", offered)).await;
        assert_eq!(client.response.header("sec-websocket-protocol"), Some(selected), "{offered}");
        client.established(120).await;
        client.subscribe("chat").await;
    }
}

/// C-021.
#[tokio::test]
async fn an_unknown_subprotocol_is_not_selected_and_does_no_harm() {
    let broker = TestBroker::start().await;
    for offered in ["chat", "pusher-channels-protocol-3", "pusher-channels-protocol-", "pusher-channels-protocol-77"] {
        let dial = Dial::query("protocol=7").header("Sec-WebSocket-Protocol", offered);
        let mut client = broker.dial(dial).await;
        assert_eq!(client.response.header("sec-websocket-protocol"), None, "{offered}");
        client.established(120).await;
    }
}

/// The query, not the subprotocol, decides the protocol version (1.2).
#[tokio::test]
async fn a_refusal_comes_on_the_offered_subprotocol_too() {
    let broker = TestBroker::start().await;
    let dial = Dial::query("protocol=3").header("Sec-WebSocket-Protocol", "pusher-channels-protocol-7");
    let mut client = broker.dial(dial).await;
    assert_eq!(client.response.header("sec-websocket-protocol"), Some("pusher-channels-protocol-7"));
    client.expect_refusal(4007).await;
}

/// C-001, as Firefox asks: more in `Connection`, other spelling, and an offer to compress.
#[tokio::test]
async fn a_browsers_handshake_is_accepted() {
    let broker = TestBroker::start().await;
    let dial = Dial::query("protocol=7&client=js&version=8.6.0&flash=false")
        .header("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
        .header("Origin", "https://example.com")
        .header("Cookie", "session=x")
        .header("User-Agent", "Mozilla/5.0");
    let request = dial.request();
    let request = request.replace("Connection: Upgrade", "connection: keep-alive, Upgrade");
    let request = request.replace("Upgrade: websocket", "upgrade: WebSocket");
    let mut connection = broker.http_connection().await;
    connection.write(request.as_bytes()).await;
    // `finish` sees that compression, which this client does not speak, was not forced on it.
    let mut client = Dial::finish(connection).await;
    client.established(120).await;
    client.subscribe("chat").await;
}

/// C-022.
#[tokio::test]
async fn a_plain_get_on_the_socket_path_is_an_http_error() {
    let broker = TestBroker::start().await;
    let mut connection = broker.http_connection().await;
    for path in [format!("/app/{}?protocol=7", APP.key), "/app/nobody".to_owned()] {
        let response = connection.request("GET", &path, &[], b"").await;
        assert!((400..500).contains(&response.status), "{response:?}");
    }
}

/// Section 1.1: other versions of the WebSocket protocol get 426 with the version that works.
#[tokio::test]
async fn another_websocket_version_is_answered_with_426() {
    let broker = TestBroker::start().await;
    for version in ["8", "0", "14"] {
        let mut dial = Dial::query("protocol=7");
        version.clone_into(&mut dial.version);
        let client = broker.dial(dial).await;
        assert_eq!(client.response.status, 426, "{version}");
        assert_eq!(client.response.header("sec-websocket-version"), Some("13"));
    }
}

/// A handshake without its key is no handshake.
#[tokio::test]
async fn an_upgrade_without_a_key_is_an_http_error() {
    let broker = TestBroker::start().await;
    let target = format!("/app/{}?protocol=7", APP.key);
    let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")];
    let response = broker.http("GET", &target, &upgrade, "").await;
    assert_eq!(response.status, 400, "{response:?}");
}

/// C-040, in one node.
#[tokio::test]
async fn every_connection_gets_a_socket_id_of_its_own() {
    const TASKS: usize = 50;
    const EACH: usize = 2_000;
    let broker = TestBroker::start().await;
    let address = broker.address;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(async move {
            let mut ids = Vec::with_capacity(EACH);
            for _ in 0..EACH {
                ids.push(within("a socket id", socket_id(address)).await);
            }
            ids
        });
    }
    let ids: HashSet<String> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(ids.len(), TASKS * EACH);
}

/// Connects, reads its socket id and nothing else, and resets, so that no port waits for its 2 MSL.
async fn socket_id(address: SocketAddr) -> String {
    const BEFORE: &str = r#"\"socket_id\":\""#;
    let mut stream = TcpStream::connect(address).await.expect("the broker listens");
    stream.set_zero_linger().expect("SO_LINGER");
    stream.write_all(Dial::query("protocol=7").request().as_bytes()).await.expect("the broker reads");
    let mut answer = Vec::new();
    loop {
        assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "an end without an answer");
        let text = String::from_utf8_lossy(&answer);
        let id = text.split_once(BEFORE).and_then(|(_, rest)| rest.split_once('\\'));
        if let Some((id, _)) = id {
            return id.to_owned();
        }
    }
}

/// C-040. Five hundred that live at the same time.
#[tokio::test]
async fn living_connections_have_different_socket_ids() {
    let broker = TestBroker::start().await;
    let mut clients = Vec::new();
    for _ in 0..250 {
        clients.push(broker.connect().await);
        clients.push(broker.connect_to(OTHER).await);
    }
    let ids: HashSet<&str> = clients.iter().map(|client| client.socket_id.as_str()).collect();
    assert_eq!(ids.len(), clients.len());
}

/// C-041.
#[tokio::test]
async fn the_activity_timeout_is_the_configured_one() {
    let broker = TestBroker::with(|config| {
        first_app(config).activity_timeout = std::time::Duration::from_secs(37);
    })
    .await;
    broker.dial(Dial::query("protocol=7")).await.established(37).await;
    broker.connect_to(OTHER).await;
}
