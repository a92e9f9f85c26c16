//! What only the tests of the HTTP API share: signed requests of any shape, and how answers look.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{APP, AppKeys, Client, DEADLINE, Response, TestBroker, hmac, md5, now, within};

/// Where the first app takes events.
pub(crate) const EVENTS: &str = "/apps/1001/events";
/// Where the first app takes batches.
pub(crate) const BATCH: &str = "/apps/1001/batch_events";
/// Where the first app lists its channels.
pub(crate) const CHANNELS: &str = "/apps/1001/channels";

/// MD5 of nothing, which the Python library adds to every GET.
pub(crate) const MD5_OF_NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// Query parameters of a request as they are before encoding, to be changed and then signed.
#[derive(Debug, Clone)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// What every request of `app` carries.
    pub(crate) fn of(app: AppKeys, body: &str) -> Self {
        let parameters = Self(Vec::new())
            .with("auth_key", app.key)
            .with("auth_timestamp", &now().to_string())
            .with("auth_version", "1.0");
        if body.is_empty() { parameters } else { parameters.with("body_md5", &md5(body.as_bytes())) }
    }

    /// One more parameter, after the others.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another value for a parameter.
    #[must_use]
    pub(crate) fn replace(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    /// One parameter less.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// The text of section 4.4: lower-case names, sorted by name, values as they are.
    pub(crate) fn text_to_sign(&self, method: &str, path: &str) -> String {
        let mut parameters: Vec<(String, &str)> =
            self.0.iter().map(|(name, value)| (name.to_lowercase(), value.as_str())).collect();
        parameters.sort_by(|left, right| left.0.cmp(&right.0));
        let parameters: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{method}\n{path}\n{}", parameters.join("&"))
    }

    /// The signature over that text.
    pub(crate) fn signature(&self, app: AppKeys, method: &str, path: &str) -> String {
        hmac(app.secret, &self.text_to_sign(method, path))
    }

    /// The request target with the right signature of `app` at the end.
    pub(crate) fn signed(self, app: AppKeys, method: &str, path: &str) -> String {
        let signature = self.signature(app, method, path);
        self.with("auth_signature", &signature).target(path)
    }

    /// The request target, everything in it percent-encoded.
    pub(crate) fn target(&self, path: &str) -> String {
        let query: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{}={}", encoded(name, ""), encoded(value, ""))).collect();
        format!("{}?{}", encoded(path, "/"), query.join("&"))
    }
}

/// Percent-encodes all but letters, digits, `-._~` and what `keep` names.
fn encoded(text: &str, keep: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        if character.is_ascii_alphanumeric() || "-._~".contains(character) || keep.contains(character) {
            out.push(character);
        } else {
            for byte in character.to_string().into_bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
        out
    })
}

/// The request was done: 200, JSON, and this text.
#[track_caller]
pub(crate) fn assert_done(response: &Response, body: &str) {
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"), "{response:?}");
    assert_eq!(response.body, body);
}

/// The request was done: 200, JSON, and this value in whatever order of keys.
#[track_caller]
pub(crate) fn assert_value(response: &Response, value: &Value) {
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"), "{response:?}");
    assert_eq!(&response.json(), value);
}

/// The request was refused: this status and one line of plain text, which is given without its end.
#[track_caller]
pub(crate) fn refusal(response: &Response, status: u16) -> String {
    assert_eq!(response.status, status, "{response:?}");
    let kind = response.header("content-type").unwrap_or_default();
    assert!(kind == "text/plain" || kind.starts_with("text/plain;"), "not plain text: {response:?}");
    let text = response.body.strip_suffix('\n').unwrap_or_else(|| panic!("no newline: {response:?}"));
    assert!(!text.is_empty() && !text.contains('\n'), "not one line of text: {response:?}");
    text.to_owned()
}

/// The frame of a published event.
pub(crate) fn event(name: &str, channel: &str, data: &str) -> String {
    format!(r#"{{"event":{},"channel":{},"data":{}}}"#, json!(name), json!(channel), json!(data))
}

/// Publishes to every channel a last event; whoever gets it next got nothing else before.
pub(crate) async fn publish_end(broker: &TestBroker, channels: &[&str]) {
    for channel in channels {
        broker.publish(channel, "end", "").await;
    }
}

/// The next event on `channel` is the one of [`publish_end`].
pub(crate) async fn expect_end_of(client: &mut Client, channel: &str) {
    client.expect(&event("end", channel, "")).await;
}

/// A publish and a query work: whatever came before has disturbed nothing.
pub(crate) async fn assert_usable(broker: &TestBroker) {
    assert_done(&broker.post(EVENTS, r#"{"name":"n","channel":"nobody","data":"d"}"#).await, "{}");
    let target = Parameters::of(APP, "").signed(APP, "GET", CHANNELS);
    assert_eq!(broker.http("GET", &target, &[], "").await.status, 200);
}

/// Asks until the answer is this value; for what follows the end of a connection.
pub(crate) async fn eventually(broker: &TestBroker, path: &str, value: &Value) {
    let mut last = None;
    let asking = async {
        loop {
            let response = broker.get(path).await;
            if response.status == 200 && response.json() == *value {
                return;
            }
            last = Some(response);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let outcome = tokio::time::timeout(DEADLINE, asking).await;
    assert!(outcome.is_ok(), "{path} never was {value}, at last {last:?}");
}

/// A TCP connection that is written and read without regard for HTTP.
#[derive(Debug)]
pub(crate) struct RawConnection {
    stream: TcpStream,
    /// Everything that has come so far.
    pub(crate) received: String,
}

impl RawConnection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = within("a TCP connection", TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: String::new() }
    }

    /// Writes what the broker takes; it may end the connection before it has taken everything.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        within("the broker to take bytes or to end", self.stream.write_all(bytes)).await
    }

    /// Ends our side; the broker can still answer.
    pub(crate) async fn finish_writing(&mut self) {
        within("the FIN", self.stream.shutdown()).await.unwrap();
    }

    /// Reads until this text has come; panics when the connection ends before.
    pub(crate) async fn read_until(&mut self, text: &str) {
        while !self.received.contains(text) {
            let more = within(text, self.fill()).await;
            assert!(more, "the connection ended before {text:?}: {:?}", self.received);
        }
    }

    /// Reads until the broker ends the connection; gives everything.
    pub(crate) async fn read_to_end(mut self) -> String {
        while within("the end of the connection", self.fill()).await {}
        self.received
    }

    /// Reads once, if there is something at all within this time; `false` when the connection has ended.
    pub(crate) async fn read_for(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.fill()).await.unwrap_or(true)
    }

    async fn fill(&mut self) -> bool {
        let mut bytes = Vec::new();
        let more = self.stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0);
        self.received.push_str(std::str::from_utf8(&bytes).unwrap());
        more
    }
}
