//! A broker in a process of its own, one of several.

use std::net::SocketAddr;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::process::{Folder, Process};
use crate::support::{APP, AppKeys, Client, Dial, HttpConnection, PROTOCOL_7, Response, eventually};

/// `saluran serve`, with one worker.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    process: Process,
}

impl Node {
    /// Starts one; its log is `name.log` in the folder. It ends the test when it does not start.
    pub(crate) async fn start(name: &str, folder: &Folder, config: &Path, settings: &[(String, String)]) -> Self {
        let log = folder.path.join(format!("{name}.log"));
        let usual = [("HOST", "127.0.0.1"), ("PORT", "0"), ("ADMIN", "127.0.0.1:0"), ("WORKERS", "1")];
        let usual = usual.map(|(name, value)| (format!("SALURAN_SERVER_{name}"), value.to_owned()));
        let variables: Vec<_> = usual.into_iter().chain(settings.iter().cloned()).collect();
        let arguments = ["serve", "--config", &config.to_string_lossy()].map(str::to_owned);
        // A node that starts again goes on with the log of the one before.
        let before = std::fs::metadata(&log).map_or(0, |log| log.len());
        let process = Process::start(log, env!("CARGO_BIN_EXE_saluran"), &arguments, &variables);
        let said = || process.log().split_off(usize::try_from(before).expect("a log fits into memory"));
        eventually("a node that listens", async || said().contains(" listening ") || process.has_ended()).await;
        let log = said();
        let line = log.lines().find(|line| line.contains(" listening ")).unwrap_or_else(|| panic!("{name}: {log}"));
        let (address, admin) = (address(line, "address"), address(line, "admin"));
        Self { name: name.to_owned(), address, admin, process }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// A connection of the first app, ready for use.
    pub(crate) async fn connect(&self) -> Client {
        self.connect_to(APP).await
    }

    pub(crate) async fn connect_to(&self, app: AppKeys) -> Client {
        let path = format!("/app/{}?{PROTOCOL_7}", app.key);
        let mut client = Dial::path(path).send(self.address, &[]).await;
        client.app = app;
        client.established(120).await;
        client
    }

    pub(crate) async fn get(&self, app: AppKeys, path: &str) -> Response {
        HttpConnection::open(self.address).await.signed(app, "GET", &format!("/apps/{}{path}", app.id), "").await
    }

    pub(crate) async fn post(&self, app: AppKeys, path: &str, body: &str) -> Response {
        HttpConnection::open(self.address).await.signed(app, "POST", &format!("/apps/{}{path}", app.id), body).await
    }

    /// Publishes what `body` says; it must be taken.
    pub(crate) async fn publish(&self, app: AppKeys, body: &Value) {
        let answer = self.post(app, "/events", &body.to_string()).await;
        assert_eq!(answer.status, 200, "{body} at {}: {answer:?}", self.name);
    }

    /// Publishes an event that tells listeners that they have heard all that came before it.
    pub(crate) async fn mark(&self, app: AppKeys, channel: &str, data: &str) {
        self.publish(app, &json!({ "name": "mark", "channel": channel, "data": data })).await;
    }

    /// Ids of a presence channel's members, in order; empty while the node cannot tell.
    pub(crate) async fn members(&self, app: AppKeys, channel: &str) -> Vec<String> {
        let answer = self.get(app, &format!("/channels/{channel}/users")).await;
        let users = if answer.status == 200 { answer.json() } else { Value::Null };
        let ids = users["users"].as_array().map_or(&[][..], Vec::as_slice).iter();
        let mut ids: Vec<String> = ids.map(|user| user["id"].as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids
    }

    /// Connections that are subscribed to a channel on all nodes; `None` while the node cannot tell.
    pub(crate) async fn subscriptions(&self, app: AppKeys, channel: &str) -> Option<u64> {
        let state = self.get(app, &format!("/channels/{channel}?info=subscription_count")).await;
        if state.status == 200 { state.json()["subscription_count"].as_u64() } else { None }
    }

    /// Whether it says that it reaches the others.
    pub(crate) async fn is_present(&self) -> bool {
        let mut connection = HttpConnection::open(self.admin).await;
        let ready = connection.request("GET", "/readyz", &[], b"").await;
        ready.body.contains("adapter: present")
    }

    /// Sum of all series of one metric; 0 when it does not occur.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        self.series(name, |_| true).await
    }

    /// The same of some of its series.
    pub(crate) async fn series(&self, name: &str, is_wanted: impl Fn(&str) -> bool) -> f64 {
        let mut connection = HttpConnection::open(self.admin).await;
        let metrics = connection.request("GET", "/metrics", &[], b"").await;
        let series = metrics.body.lines().filter_map(|line| line.rsplit_once(' '));
        let is_it = |series: &str| series.split('{').next() == Some(name) && is_wanted(series);
        series.filter(|(series, _)| is_it(series)).map(|(_, value)| value.parse::<f64>().expect("a number")).sum()
    }

    /// Waits until it has lost the others more often than `breaks` and has found them again.
    pub(crate) async fn is_back_after(&self, breaks: f64) {
        let is_back = async || self.metric(BREAKS).await > breaks && self.is_present().await;
        eventually("a node that is back", is_back).await;
    }

    /// How often it has lost the others.
    pub(crate) async fn breaks(&self) -> f64 {
        self.metric(BREAKS).await
    }
}

const BREAKS: &str = "saluran_adapter_breaks_total";

/// The address in this field of a line.
fn address(line: &str, field: &str) -> SocketAddr {
    let rest = line.split(&format!(" {field}=")).nth(1).and_then(|rest| rest.split_whitespace().next());
    rest.and_then(|rest| rest.parse().ok()).unwrap_or_else(|| panic!("no {field} in {line}"))
}
