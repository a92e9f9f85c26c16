//! Which paths exist, who answers there, and the paths for operators (C-022, C-209…C-211, C-253).

use std::time::Duration;

use serde_json::json;

use crate::nodes::{Nodes, says};
use crate::support::{APP, HttpConnection, OTHER, Response, TestBroker, first_app, within};
use crate::support_http::{
    CHANNELS, EVENTS, Parameters, assert_done, assert_usable, assert_value, eventually, refusal,
};

/// A signed request with any method, app and path.
async fn signed(broker: &TestBroker, method: &str, path: &str) -> Response {
    let target = Parameters::of(APP, "").signed(APP, method, path);
    broker.http(method, &target, &[], "").await
}

async fn admin(broker: &TestBroker, path: &str) -> Response {
    HttpConnection::open(broker.admin).await.request("GET", path, &[], b"").await
}

/// `GET /up`, as Reverb has it.
#[tokio::test]
async fn up_says_that_the_health_is_ok() {
    let broker = TestBroker::start().await;
    assert_done(&broker.http("GET", "/up", &[], "").await, r#"{"health":"OK"}"#);
}

/// `GET /apps/{id}/connections`, as Reverb has it.
#[tokio::test]
async fn connections_of_an_app_are_counted() {
    let broker = TestBroker::start().await;
    let path = "/apps/1001/connections";
    assert_done(&broker.get(path).await, r#"{"connections":0}"#);
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(broker.connect().await);
    }
    let _theirs = broker.connect_to(OTHER).await;
    assert_done(&broker.get(path).await, r#"{"connections":5}"#);
    clients.pop().unwrap().close().await;
    clients.pop().unwrap().reset();
    eventually(&broker, path, &json!({ "connections": 3 })).await;
    refusal(&broker.http("GET", path, &[], "").await, 401);
}

/// The same for all nodes, and not at all while the others cannot be asked.
#[tokio::test]
async fn connections_are_counted_on_all_nodes() {
    let mut nodes = Nodes::with(2, |config| config.adapter.lease = Duration::from_secs(6)).await;
    let path = "/apps/1001/connections";
    let mut clients = Vec::new();
    for at in [0, 0, 0, 1, 1] {
        clients.push(nodes.all[at].connect().await);
    }
    for node in &nodes.all {
        eventually(node, path, &json!({ "connections": 5 })).await;
    }
    clients.remove(0).close().await;
    for node in &nodes.all {
        eventually(node, path, &json!({ "connections": 4 })).await;
    }
    nodes.redis.kill();
    says(&nodes.all[0], "adapter: away").await;
    refusal(&nodes.all[0].get(path).await, 503);
}

/// C-022.
#[tokio::test]
async fn a_request_for_a_socket_that_is_no_upgrade_is_refused() {
    let broker = TestBroker::start().await;
    for path in ["/app/f00dfeedf00dfeedf00d?protocol=7", "/app/f00dfeedf00dfeedf00d", "/app/nobody", "/app/", "/app"] {
        for method in ["GET", "POST", "DELETE"] {
            let response = broker.http(method, path, &[], "").await;
            assert!((400..500).contains(&response.status), "{method} {path}: {response:?}");
            refusal(&response, response.status);
        }
    }
    broker.connect().await.quiet().await;
}

/// C-253.
#[tokio::test]
async fn fallback_transports_and_statistics_get_a_quick_404() {
    let broker = TestBroker::start().await;
    for (method, path) in [
        ("POST", "/pusher/app/f00dfeedf00dfeedf00d/123/abcdefgh/xhr_streaming?protocol=7&client=js&t=1&n=1"),
        ("POST", "/pusher/app/f00dfeedf00dfeedf00d/123/abcdefgh/xhr?protocol=7&client=js"),
        ("POST", "/pusher/app/f00dfeedf00dfeedf00d/123/abcdefgh/xhr_send?t=1"),
        ("GET", "/pusher/app/f00dfeedf00dfeedf00d/info"),
        ("GET", "/timeline/v2/jsonp/1/2?key=x"),
        ("POST", "/timeline/v2/xhr/1"),
    ] {
        let answer = broker.http(method, path, &[], if method == "POST" { "[\"m\"]" } else { "" });
        let response = tokio::time::timeout(Duration::from_secs(1), answer).await.expect("quickly");
        refusal(&response, 404);
    }
}

/// C-209.
#[tokio::test]
async fn an_unknown_app_is_404() {
    let broker = TestBroker::start().await;
    for path in ["/apps/9999/channels", "/apps/nobody/channels", "/apps/9999/connections", "/apps/01001/channels"] {
        refusal(&signed(&broker, "GET", path).await, 404);
        // Whoever does not sign at all need not be told which apps there are.
        let response = broker.http("GET", path, &[], "").await;
        assert!([401, 404].contains(&response.status), "{path}: {response:?}");
    }
    let target = Parameters::of(APP, "{}").signed(APP, "POST", "/apps/9999/events");
    refusal(&broker.http("POST", &target, &[], "{}").await, 404);
}

/// C-209.
#[tokio::test]
async fn an_unknown_path_is_404() {
    let broker = TestBroker::start().await;
    for path in [
        "/apps",
        "/apps/",
        "/apps/1001",
        "/apps/1001/",
        "/apps/1001/nothing",
        "/apps/1001/channels/chat/nothing",
        "/apps/1001/channels/chat/users/7",
        "/apps/1001/users/42",
        "/Apps/1001/channels",
        "/apps/1001/Channels",
        "/nothing",
        "/up/and/away",
        "/metrics",
        "/healthz",
    ] {
        refusal(&signed(&broker, "GET", path).await, 404);
        refusal(&broker.http("GET", path, &[], "").await, 404);
    }
    assert_usable(&broker).await;
}

/// C-209.
#[tokio::test]
async fn a_wrong_method_is_404_or_405() {
    let broker = TestBroker::start().await;
    for (method, path) in [
        ("GET", EVENTS),
        ("PUT", EVENTS),
        ("DELETE", EVENTS),
        ("PATCH", EVENTS),
        ("OPTIONS", EVENTS),
        ("BREW", EVENTS),
        ("GET", "/apps/1001/batch_events"),
        ("POST", CHANNELS),
        ("DELETE", "/apps/1001/channels/chat"),
        ("POST", "/apps/1001/channels/presence-x/users"),
        ("GET", "/apps/1001/users/42/terminate_connections"),
        ("POST", "/apps/1001/connections"),
        ("POST", "/up"),
    ] {
        let response = signed(&broker, method, path).await;
        assert!([404, 405].contains(&response.status), "{method} {path}: {response:?}");
        refusal(&response, response.status);
    }
    assert_usable(&broker).await;
}

/// C-210.
#[tokio::test]
async fn a_disabled_app_is_403() {
    let broker = TestBroker::with(|config| first_app(config).enabled = false).await;
    for path in [CHANNELS, "/apps/1001/channels/chat", "/apps/1001/connections"] {
        refusal(&broker.get(path).await, 403);
    }
    let body = r#"{"name":"n","channel":"chat","data":"d"}"#;
    refusal(&broker.post(EVENTS, body).await, 403);
    let mut connection = broker.http_connection().await;
    let response = connection.signed(OTHER, "POST", "/apps/2002/events", body).await;
    assert_done(&response, "{}");
}

/// C-211.
#[tokio::test]
async fn one_connection_carries_many_requests() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let mut connection = broker.http_connection().await;
    let body = r#"{"name":"n","channel":"chat","data":"d"}"#;
    for _ in 0..20 {
        assert_done(&connection.signed(APP, "POST", EVENTS, body).await, "{}");
        let response = connection.signed(APP, "GET", CHANNELS, "").await;
        assert_done(&response, r#"{"channels":{"chat":{}}}"#);
        // Refusals neither end the connection nor confuse what follows.
        refusal(&connection.signed(APP, "POST", EVENTS, "nope").await, 400);
        refusal(&connection.request("POST", EVENTS, &[], b"").await, 401);
        refusal(&connection.request("GET", "/nothing", &[], b"").await, 404);
        let response = connection.signed(OTHER, "GET", "/apps/2002/channels", "").await;
        assert_done(&response, r#"{"channels":{}}"#);
    }
}

/// C-211: a body that nobody wants to read may end the connection, but then the answer says so.
#[tokio::test]
async fn a_refusal_that_ends_the_connection_says_so() {
    let broker = TestBroker::start().await;
    for (method, path) in [("POST", EVENTS), ("POST", "/nothing"), ("PUT", EVENTS), ("POST", CHANNELS)] {
        let mut connection = broker.http_connection().await;
        let response = connection.request(method, path, &[], b"{}").await;
        refusal(&response, response.status);
        if response.header("connection") == Some("close") {
            connection.expect_end().await;
        } else {
            let response = connection.signed(APP, "GET", CHANNELS, "").await;
            assert_done(&response, r#"{"channels":{}}"#);
        }
    }
}

/// The admin listener: Prometheus' text format.
#[tokio::test]
async fn metrics_are_served_on_the_admin_listener() {
    let broker = TestBroker::start().await;
    let _client = broker.connect().await;
    let response = admin(&broker, "/metrics").await;
    assert_eq!(response.status, 200, "{response:?}");
    let kind = response.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain"), "{kind}");
    assert!(response.body.contains("# TYPE "), "{}", response.body);
    for line in response.body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

/// The admin listener: liveness and readiness.
#[tokio::test]
async fn a_running_node_is_healthy_and_ready() {
    let broker = TestBroker::start().await;
    assert_eq!(admin(&broker, "/healthz").await.status, 200);
    assert_eq!(admin(&broker, "/readyz").await.status, 200);
    for path in ["/", "/nothing", "/up", CHANNELS, "/app/f00dfeedf00dfeedf00d"] {
        refusal(&admin(&broker, path).await, 404);
    }
}

/// The admin listener: a node that drains takes no new work, but lives.
#[tokio::test]
async fn a_draining_node_is_healthy_but_not_ready() {
    let mut broker = TestBroker::with(|config| {
        config.server.drain = Duration::from_secs(1);
        config.server.close_timeout = Duration::from_secs(1);
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(broker.connect().await);
    }
    let address = broker.admin;
    let watch = async {
        loop {
            let mut connection = HttpConnection::open(address).await;
            let ready = connection.request("GET", "/readyz", &[], b"").await;
            if ready.status == 503 {
                let healthy = connection.request("GET", "/healthz", &[], b"").await;
                return (ready, healthy);
            }
            assert_eq!(ready.status, 200, "{ready:?}");
        }
    };
    let (_, (ready, healthy)) = tokio::join!(broker.shutdown(), within("readiness to end", watch));
    refusal(&ready, 503);
    assert_eq!(healthy.status, 200, "{healthy:?}");
}

/// C-004, section 6.1.
#[tokio::test]
async fn with_a_prefix_the_api_is_under_it_alone() {
    let broker = TestBroker::with(|config| config.server.path_prefix = "/broker".to_owned()).await;
    let signature = Parameters::of(APP, "").signature(APP, "GET", CHANNELS);
    let parameters = Parameters::of(APP, "").with("auth_signature", &signature);
    let response = broker.http("GET", &parameters.target("/broker/apps/1001/channels"), &[], "").await;
    assert_value(&response, &json!({ "channels": {} }));
    refusal(&broker.http("GET", &parameters.target(CHANNELS), &[], "").await, 404);
    refusal(&broker.http("GET", &parameters.target("/other/apps/1001/channels"), &[], "").await, 404);
}

/// The pages connect with the key of the app that is declared first, also after a reload.
#[tokio::test]
async fn the_pages_are_told_the_first_apps_key() {
    let mut broker = TestBroker::start().await;
    let key = broker.http("GET", "/pages.json", &[], "").await.json()["key"].clone();
    assert_eq!(key, APP.key);
    broker.reload("[[app]]\nid = \"1001\"\nkey = \"another\"\nsecret = \"secret-of-another\"\n").await;
    assert_eq!(broker.http("GET", "/pages.json", &[], "").await.json()["key"], "another");
}
