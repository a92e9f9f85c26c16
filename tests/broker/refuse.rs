//! Refusals at connect time: each code, and which one wins (protocol reference 1.5).

use saluran::config::Config;
use tokio::task::JoinSet;

use crate::support::{APP, Dial, OTHER, TestBroker, first_app, within};

/// C-006, C-017, C-018.
#[tokio::test]
async fn a_missing_protocol_is_refused_with_4008() {
    let broker = TestBroker::start().await;
    for query in ["", "client=js&version=8.6.0", "protocol=", "Protocol=7"] {
        broker.dial(Dial::query(query)).await.expect_refusal(4008).await;
    }
    broker.dial(Dial::path(format!("/app/{}", APP.key))).await.expect_refusal(4008).await;
}

/// C-007, C-017, C-018.
#[tokio::test]
async fn protocols_that_are_too_old_or_new_are_refused_with_4007() {
    let broker = TestBroker::start().await;
    for protocol in ["0", "1", "2", "3", "8", "70", "99999999999999999999999"] {
        let dial = Dial::query(&format!("protocol={protocol}"));
        broker.dial(dial).await.expect_refusal(4007).await;
    }
}

/// C-008, C-017, C-018.
#[tokio::test]
async fn a_protocol_that_is_no_number_is_refused_with_4006() {
    let broker = TestBroker::start().await;
    for protocol in ["abc", "7.5", "-7", "%2B7", "7x", "%37%20", "0x7", "%C3%A9", "%FF"] {
        let dial = Dial::query(&format!("protocol={protocol}"));
        broker.dial(dial).await.expect_refusal(4006).await;
    }
}

/// C-009, C-017.
#[tokio::test]
async fn a_malformed_library_version_is_refused_with_4006() {
    let broker = TestBroker::start().await;
    for version in ["@version@", "%40version%40", "v1.0", ".1", "-", "one"] {
        let dial = Dial::query(&format!("protocol=7&version={version}"));
        broker.dial(dial).await.expect_refusal(4006).await;
    }
}

/// C-010, C-017, C-018. The text is one of the live service's.
#[tokio::test]
async fn an_unknown_key_is_refused_with_4001() {
    let broker = TestBroker::start().await;
    for key in ["nobody", "f00dfeedf00dfeedf00", "f00dfeedf00dfeedf00d0", "F00DFEEDF00DFEEDF00D"] {
        let message = broker.dial(Dial::key(key)).await.expect_refusal(4001).await;
        let texts = [
            format!("App key {key} not in this cluster. Did you forget to specify the cluster?"),
            format!("Could not find app by key {key}"),
        ];
        assert!(texts.contains(&message), "{message}");
    }
}

/// C-017: the reason of a Close frame holds 123 bytes, and is cut between characters.
#[tokio::test]
async fn a_long_key_does_not_make_the_reason_too_long() {
    let broker = TestBroker::start().await;
    broker.dial(Dial::key(&"k".repeat(2_000))).await.expect_refusal(4001).await;
    for start in ["", "k", "kk", "kkk"] {
        let key = format!("{start}{}", "%F0%9F%91%8B".repeat(60));
        broker.dial(Dial::key(&key)).await.expect_refusal(4001).await;
    }
}

/// C-011, C-017, C-018.
#[tokio::test]
async fn a_disabled_app_is_refused_with_4003() {
    let broker = TestBroker::with_app(|app| app.enabled = false).await;
    broker.dial(Dial::key(APP.key)).await.expect_refusal(4003).await;
    broker.connect_to(OTHER).await;
}

/// C-017, C-018. The other half of its rule, `wss`, waits for TLS.
#[tokio::test]
async fn plain_ws_to_a_tls_only_app_is_refused_with_4000() {
    let broker = TestBroker::with_app(|app| app.tls_only = true).await;
    broker.dial(Dial::key(APP.key)).await.expect_refusal(4000).await;
    // Nobody made this client a trusted proxy.
    let dial = Dial::key(APP.key).header("X-Forwarded-Proto", "https");
    broker.dial(dial).await.expect_refusal(4000).await;
}

/// Section 1.1: "secure" is what a trusted proxy says.
#[tokio::test]
async fn a_trusted_proxy_vouches_for_tls() {
    let broker = TestBroker::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        first_app(config).tls_only = true;
    })
    .await;
    let dial = Dial::key(APP.key).header("X-Forwarded-Proto", "https");
    broker.dial(dial).await.established(120).await;
    broker.dial(Dial::key(APP.key)).await.expect_refusal(4000).await;
    let dial = Dial::key(APP.key).header("X-Forwarded-Proto", "http");
    broker.dial(dial).await.expect_refusal(4000).await;
}

/// C-013, C-017, C-018.
#[tokio::test]
async fn the_connection_over_the_quota_is_refused_with_4004() {
    let broker = TestBroker::with_app(|app| app.max_connections = Some(2)).await;
    let first = broker.connect().await;
    let mut second = broker.connect().await;
    for _ in 0..3 {
        broker.dial(Dial::key(APP.key)).await.expect_refusal(4004).await;
    }
    broker.connect_to(OTHER).await;
    second.quiet().await;

    first.close().await;
    admitted(&broker).await;
}

/// C-013. A connection that dies counts no longer, either.
#[tokio::test]
async fn a_reset_connection_frees_its_place_in_the_quota() {
    let broker = TestBroker::with_app(|app| app.max_connections = Some(1)).await;
    for _ in 0..10 {
        admitted(&broker).await.reset();
    }
}

/// C-013. However many ask at once, on however many workers.
#[tokio::test]
async fn the_quota_holds_in_a_rush() {
    let broker = TestBroker::with(|config| {
        config.server.workers = 4;
        first_app(config).max_connections = Some(10);
    })
    .await;
    let address = broker.address;
    let mut rush = JoinSet::new();
    for _ in 0..40 {
        rush.spawn(async move {
            let mut client = Dial::key(APP.key).send(address, &[]).await;
            let text = client.next().await;
            (text.starts_with(r#"{"event":"pusher:connection_established""#), client)
        });
    }
    let clients = rush.join_all().await;
    assert_eq!(clients.iter().filter(|(admitted, _)| *admitted).count(), 10);
}

/// C-014, C-017, C-018.
#[tokio::test]
async fn a_full_node_refuses_with_4100() {
    let broker = TestBroker::with(|config| config.server.max_connections = Some(2)).await;
    let first = broker.connect().await;
    let mut second = broker.connect_to(OTHER).await;
    broker.dial(Dial::key(APP.key)).await.expect_refusal(4100).await;
    broker.dial(Dial::key(OTHER.key)).await.expect_refusal(4100).await;
    second.quiet().await;
    // Publishers do not count.
    broker.publish("chat", "greet", "1").await;

    first.close().await;
    admitted(&broker).await;
}

/// C-015, C-017, C-018.
#[tokio::test]
async fn an_unknown_path_is_refused_with_4005() {
    let broker = TestBroker::start().await;
    let key = APP.key;
    for path in ["/", "/foo", "/app", "/app/", "/apps/1001/events", "/up", "//app/x", "/pusher/app/x"] {
        broker.dial(Dial::path(format!("{path}?protocol=7"))).await.expect_refusal(4005).await;
    }
    for path in [format!("/app/{key}/more"), format!("/App/{key}"), format!("/v1/app/{key}")] {
        broker.dial(Dial::path(format!("{path}?protocol=7"))).await.expect_refusal(4005).await;
    }
}

/// C-016, C-017, C-018.
#[tokio::test]
async fn a_foreign_origin_is_refused_with_4009() {
    let broker = TestBroker::with_app(|app| {
        app.allowed_origins = ["example.com", "*.example.org", "https://example.net:8443"].map(str::to_owned).to_vec();
    })
    .await;
    for origin in
        ["https://example.com", "http://example.com:8080", "https://a.example.org", "https://example.net:8443"]
    {
        broker.dial(Dial::key(APP.key).header("Origin", origin)).await.established(120).await;
    }
    for origin in [
        "https://evil.test",
        "https://example.com.evil.test",
        "https://evilexample.com",
        "https://evil.test/example.com",
        "https://example.net",
        "http://example.net:8443",
        "null",
    ] {
        let dial = Dial::key(APP.key).header("Origin", origin);
        broker.dial(dial).await.expect_refusal(4009).await;
    }
    broker.connect().await;
}

/// C-016. Without a list any origin may connect, and `*` is a list that says so.
#[tokio::test]
async fn without_a_list_any_origin_is_allowed() {
    for allowed in [vec![], vec!["*".to_owned()]] {
        let broker = TestBroker::with_app(|app| app.allowed_origins = allowed).await;
        let dial = Dial::key(APP.key).header("Origin", "https://anywhere.test");
        broker.dial(dial).await.established(120).await;
    }
}

/// What is wrong with an attempt to connect: one violation of 1.5 each, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Violation {
    Path,
    NoProtocol,
    MalformedProtocol,
    UnsupportedProtocol,
    MalformedVersion,
    UnknownKey,
    DisabledApp,
    TlsOnly,
    Origin,
    Quota,
    Capacity,
}

use Violation::{
    Capacity, DisabledApp, MalformedProtocol, MalformedVersion, NoProtocol, Origin, Path, Quota, TlsOnly, UnknownKey,
    UnsupportedProtocol,
};

const ORDER: [(Violation, u16); 11] = [
    (Path, 4005),
    (NoProtocol, 4008),
    (MalformedProtocol, 4006),
    (UnsupportedProtocol, 4007),
    (MalformedVersion, 4006),
    (UnknownKey, 4001),
    (DisabledApp, 4003),
    (TlsOnly, 4000),
    (Origin, 4009),
    (Quota, 4004),
    (Capacity, 4100),
];

/// C-017, C-018, C-019. Every pair of violations that can occur together.
#[tokio::test]
async fn of_two_violations_the_earlier_one_in_the_table_wins() {
    for (index, (first, code)) in ORDER.iter().enumerate() {
        for (second, _) in ORDER.iter().skip(index + 1) {
            if !exclude_each_other(*first, *second) {
                let wrong = [*first, *second];
                let broker = TestBroker::with(|config| violate(config, &wrong)).await;
                let _occupant = broker.connect_to(OTHER).await;
                let message = broker.dial(attempt(&wrong)).await.expect_refusal(*code).await;
                assert!(!message.is_empty(), "{wrong:?}");
            }
        }
    }
}

/// A protocol is wrong in one way only, and a key without an app has none of an app's switches.
fn exclude_each_other(first: Violation, second: Violation) -> bool {
    let protocol = [NoProtocol, MalformedProtocol, UnsupportedProtocol];
    let app = [DisabledApp, TlsOnly, Origin, Quota];
    protocol.contains(&first) && protocol.contains(&second) || first == UnknownKey && app.contains(&second)
}

fn violate(config: &mut Config, wrong: &[Violation]) {
    config.server.workers = 1;
    if wrong.contains(&Capacity) {
        // The occupant, of the other app, takes the only place.
        config.server.max_connections = Some(1);
    }
    let app = first_app(config);
    app.enabled = !wrong.contains(&DisabledApp);
    app.tls_only = wrong.contains(&TlsOnly);
    if wrong.contains(&Origin) {
        app.allowed_origins = vec!["example.com".to_owned()];
    }
    if wrong.contains(&Quota) {
        app.max_connections = Some(0);
    }
}

fn attempt(wrong: &[Violation]) -> Dial {
    let path = if wrong.contains(&Path) { "nowhere" } else { "app" };
    let key = if wrong.contains(&UnknownKey) { "nobody" } else { APP.key };
    let protocol = if wrong.contains(&NoProtocol) {
        ""
    } else if wrong.contains(&MalformedProtocol) {
        "seven"
    } else if wrong.contains(&UnsupportedProtocol) {
        "3"
    } else {
        "7"
    };
    let version = if wrong.contains(&MalformedVersion) { "@version@" } else { "8.6.0" };
    let dial = Dial::path(format!("/{path}/{key}?protocol={protocol}&version={version}"));
    dial.header("Origin", "https://evil.test")
}

/// Connects as soon as the broker has noticed that a place is free.
async fn admitted(broker: &TestBroker) -> crate::support::Client {
    let attempts = async {
        loop {
            let mut client = broker.dial(Dial::key(APP.key)).await;
            if client.next().await.starts_with(r#"{"event":"pusher:connection_established""#) {
                return client;
            }
        }
    };
    within("a free place", attempts).await
}
