//! A whole broker in this process, on ports of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use saluran::broker::Broker;
use saluran::config::{AdapterKind, App, Config};
use saluran::protocol::AppId;
use serde_json::json;

use super::{APP, AppKeys, Client, Dial, HttpConnection, OTHER, PROTOCOL_7, Redis, Response, prefix};

/// Time over which a test broker spreads its closes.
const DRAIN: Duration = Duration::from_millis(200);

/// Nodes that stand for one broker in these tests; a number above 1 needs a redis-server.
const NODES: &str = "SALURAN_TEST_NODES";

/// A running broker; ends with its test.
///
/// It is a cluster where [`NODES`] says so: each connection goes to the next node, and so does each request.
#[derive(Debug)]
pub(crate) struct TestBroker {
    /// Taken by `shutdown` or by `drop`.
    broker: Option<Broker>,
    /// The other nodes.
    others: Vec<Broker>,
    /// The main listener.
    pub(crate) address: SocketAddr,
    turn: AtomicUsize,
    /// `/metrics`, `/healthz` and `/readyz`.
    pub(crate) admin: SocketAddr,
    /// The cameras' listener; the main one's address where there is none.
    pub(crate) gateway: SocketAddr,
    /// Announced to clients, in seconds.
    activity_timeout: u64,
}

impl TestBroker {
    /// The usual broker: two workers, two apps, client events on in the first.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The usual broker with changes.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        raise_file_limit();
        let mut config = configuration();
        change(&mut config);
        let nodes = nodes();
        if nodes > 1 && config.adapter.kind == AdapterKind::Local {
            static REDIS: OnceLock<Redis> = OnceLock::new();
            config.adapter.kind = AdapterKind::Redis;
            config.adapter.servers = vec![REDIS.get_or_init(Redis::start).server()];
            config.adapter.prefix = prefix();
        }
        let activity_timeout = config.apps.first().map_or(0, |app| app.activity_timeout.as_secs());
        let broker = Broker::start(&config).expect("a broker on free ports");
        let address = broker.address();
        let admin = broker.admin_address().expect("the admin listener is on");
        let gateway = broker.gateway_address().unwrap_or(address);
        let others = (1..nodes).map(|_| Broker::start(&config).expect("another node")).collect();
        Self { broker: Some(broker), others, address, turn: AtomicUsize::new(0), admin, gateway, activity_timeout }
    }

    /// The contest of this broker.
    pub(crate) fn contest(&self) -> &saluran::contest::Contest {
        self.broker.as_ref().and_then(Broker::contest).expect("the contest runs")
    }

    /// The contest, as each of its nodes has it.
    pub(crate) fn contests(&self) -> impl Iterator<Item = &saluran::contest::Contest> {
        self.broker.iter().chain(&self.others).filter_map(Broker::contest)
    }

    /// The usual broker with changes to its first app.
    pub(crate) async fn with_app(change: impl FnOnce(&mut App)) -> Self {
        Self::with(|config| change(first_app(config))).await
    }

    /// Drains and ends the broker.
    pub(crate) async fn shutdown(&mut self) {
        for broker in self.broker.take().into_iter().chain(self.others.drain(..)) {
            super::within("the drain", broker.shutdown()).await;
        }
    }

    /// Goes on by the apps, roles and channels of another `channels.toml`.
    pub(crate) async fn reload(&mut self, text: &str) {
        let config = super::configuration(text);
        for broker in self.broker.iter_mut().chain(&mut self.others) {
            super::within("the reload", broker.reload(&config)).await.expect("usable keys");
        }
    }

    // WebSockets.

    /// A connection of the first app, ready for use.
    pub(crate) async fn connect(&self) -> Client {
        let mut client = self.dial(Dial::query(PROTOCOL_7)).await;
        client.established(self.activity_timeout).await;
        client
    }

    /// A connection of another app with the default `activity_timeout`.
    pub(crate) async fn connect_to(&self, app: AppKeys) -> Client {
        let mut client = self.dial(Dial::key(app.key)).await;
        client.app = app;
        client.established(120).await;
        client
    }

    /// Only the handshake; its answer is in `response`.
    pub(crate) async fn dial(&self, dial: Dial) -> Client {
        self.dial_and_send(dial, &[]).await
    }

    /// The handshake, with bytes sent after it before anything is read.
    pub(crate) async fn dial_and_send(&self, dial: Dial, first: &[u8]) -> Client {
        dial.send(self.next_address(), first).await
    }

    // HTTP.

    /// A POST that is signed by the first app; `path` such as `/apps/1001/events`.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Response {
        self.http_connection().await.signed(APP, "POST", path, body).await
    }

    /// A GET that is signed by the first app; the query may hold parameters of the request itself.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http_connection().await.signed(APP, "GET", path, "").await
    }

    /// A request as it is, signed or not.
    pub(crate) async fn http(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.http_connection().await.request(method, target, headers, body.as_bytes()).await
    }

    /// A connection for several requests.
    pub(crate) async fn http_connection(&self) -> HttpConnection {
        HttpConnection::open(self.next_address()).await
    }

    /// The address of the node whose turn it is.
    fn next_address(&self) -> SocketAddr {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (1 + self.others.len());
        turn.checked_sub(1).map_or(self.address, |other| self.others[other].address())
    }

    /// Publishes one event to one channel of the first app; it must be taken.
    pub(crate) async fn publish(&self, channel: &str, name: &str, data: &str) {
        self.publish_body(&json!({ "name": name, "channel": channel, "data": data }).to_string()).await;
    }

    /// Publishes what `body` says; it must be taken.
    pub(crate) async fn publish_body(&self, body: &str) {
        let response = self.post(&format!("/apps/{}/events", APP.id), body).await;
        assert_eq!((response.status, response.body.as_str()), (200, "{}"), "{body}");
    }

    /// The state of one channel of the first app, as `GET /apps/1001/channels/{name}` gives it
    /// with this (or, when empty, without) `info`.
    pub(crate) async fn channel(&self, name: &str, info: &str) -> serde_json::Value {
        let info = if info.is_empty() { String::new() } else { format!("?info={info}") };
        let response = self.get(&format!("/apps/{}/channels/{name}{info}", APP.id)).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Sum of all series of one metric in `/metrics`; 0 when it does not occur.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let mut connection = HttpConnection::open(self.admin).await;
        let response = connection.request("GET", "/metrics", &[], b"").await;
        assert_eq!(response.status, 200, "{response:?}");
        let series = response.body.lines().filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let known = series == name || series.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
            known.then(|| value.parse::<f64>().expect("a metric is a number"))
        });
        series.sum()
    }
}

impl Drop for TestBroker {
    /// Ends the broker before the test ends, whatever its outcome.
    fn drop(&mut self) {
        let Some(broker) = self.broker.take() else { return };
        let others = std::mem::take(&mut self.others);
        let ending = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            for broker in std::iter::once(broker).chain(others) {
                runtime.block_on(broker.shutdown());
            }
        });
        if ending.join().is_err() && !std::thread::panicking() {
            panic!("the broker did not end");
        }
    }
}

/// The first app of a configuration.
pub(crate) fn first_app(config: &mut Config) -> &mut App {
    config.apps.first_mut().expect("a test broker has apps")
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests chooses")]
pub(crate) fn nodes() -> usize {
    std::env::var(NODES).ok().and_then(|nodes| nodes.parse().ok()).unwrap_or(1)
}

/// Some tests hold both ends of thousands of sockets in this one process.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, ..limit };
        setrlimit(Resource::Nofile, raised).expect("a process may raise its soft limit");
    }
}

fn configuration() -> Config {
    let mut config = Config::default();
    config.server.host = IpAddr::V4(Ipv4Addr::LOCALHOST);
    config.server.port = 0;
    config.server.admin = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
    config.server.workers = 2;
    config.server.drain = DRAIN;
    config.apps = vec![app(APP), app(OTHER)];
    first_app(&mut config).client_events = true;
    config
}

fn app(keys: AppKeys) -> App {
    App::new(AppId::parse(keys.id).expect("an app id is digits"), keys.key, keys.secret)
}
