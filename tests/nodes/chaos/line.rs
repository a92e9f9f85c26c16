//! Connections to nodes that may be stopped or killed at any time: what a test is told of that is the end, not a failure.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{APP, Dial, Opcode, PROTOCOL_7, auth, close_payload, frame, signed_target};

/// Time after which somebody who waits for a node gives up; longer than any fault.
const PATIENCE: Duration = Duration::from_secs(40);

/// A WebSocket of the first app.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
    pub(super) socket_id: String,
}

/// What a broker says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) event: String,
    pub(super) channel: String,
    pub(super) data: String,
}

impl Line {
    /// Connects, and is ready for use.
    pub(super) async fn open(address: SocketAddr) -> Option<Self> {
        timeout(PATIENCE, Self::dial(address)).await.ok()?
    }

    async fn dial(address: SocketAddr) -> Option<Self> {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let request = Dial::path(format!("/app/{}?{PROTOCOL_7}", APP.key)).request();
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut line = Self { stream, buffer: Vec::new(), socket_id: String::new() };
        let end = line.head().await?;
        let is_open = line.buffer.starts_with(b"HTTP/1.1 101");
        line.buffer.drain(..end);
        let said = if is_open { line.next().await? } else { return None };
        let data: Value = serde_json::from_str(&said.data).ok()?;
        line.socket_id = data["socket_id"].as_str()?.to_owned();
        Some(line)
    }

    /// Subscribes; private and presence channels with a signature.
    pub(super) async fn subscribe(&mut self, channel: &str, user: Option<&str>) -> Option<()> {
        let member = user.map(|user| serde_json::json!({ "user_id": user }).to_string());
        let mut data = serde_json::json!({ "channel": channel });
        if channel.starts_with("pr") {
            data["auth"] = auth(APP, &self.socket_id, channel, member.as_deref()).into();
        }
        if let Some(member) = member {
            data["channel_data"] = member.into();
        }
        self.say("pusher:subscribe", &data).await
    }

    pub(super) async fn say(&mut self, event: &str, data: &Value) -> Option<()> {
        self.send(&serde_json::json!({ "event": event, "data": data }).to_string()).await
    }

    pub(super) async fn send(&mut self, text: &str) -> Option<()> {
        self.write(&frame(Opcode::Text, text.as_bytes())).await
    }

    /// Says goodbye; what the broker answers is not read.
    pub(super) async fn close(mut self) {
        self.write(&frame(Opcode::Close, &close_payload(1000, ""))).await;
    }

    /// Ends it as a crash does.
    pub(super) fn reset(self) {
        self.stream.set_zero_linger().ok();
    }

    async fn write(&mut self, bytes: &[u8]) -> Option<()> {
        timeout(PATIENCE, self.stream.write_all(bytes)).await.ok()?.ok()
    }

    /// What is said next; nothing when the connection has ended. Nothing is lost when nobody waits any more.
    pub(super) async fn next(&mut self) -> Option<Said> {
        loop {
            while let Some((opcode, payload)) = self.take() {
                match opcode {
                    1 => return Some(read(&payload)),
                    8 => return None,
                    9 => self.write(&frame(Opcode::Pong, &payload)).await?,
                    _ => {}
                }
            }
            self.fill().await?;
        }
    }

    /// Opcode and payload of the next whole frame.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let [head, second, ..] = *self.buffer.as_slice() else { return None };
        let (start, length) = match second {
            126 => (4, u64::from(u16::from_be_bytes(self.buffer.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(self.buffer.get(2..10)?.try_into().ok()?)),
            length => (2, u64::from(length)),
        };
        let end = start + usize::try_from(length).ok()?;
        let payload = self.buffer.get(start..end)?.to_vec();
        self.buffer.drain(..end);
        Some((head & 0x0F, payload))
    }

    async fn head(&mut self) -> Option<usize> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                return Some(end + 4);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Option<()> {
        (self.stream.read_buf(&mut self.buffer).await.ok()? > 0).then_some(())
    }
}

fn read(frame: &[u8]) -> Said {
    let mut value: Value = serde_json::from_slice(frame).expect("a broker says JSON");
    let mut text = |name: &str| match value[name].take() {
        Value::String(text) => text,
        Value::Null => String::new(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    };
    Said { event: text("event"), channel: text("channel"), data: text("data") }
}

/// A connection for requests, kept as long as it works.
#[derive(Debug, Default)]
pub(super) struct Requests {
    stream: Option<(SocketAddr, TcpStream)>,
}

impl Requests {
    /// Status and body; nothing when the connection ended first or it took too long.
    pub(super) async fn signed(
        &mut self,
        at: SocketAddr,
        (method, path): (&str, &str),
        body: &str,
    ) -> Option<(u16, String)> {
        let target = signed_target(APP, method, &format!("/apps/{}{path}", APP.id), body.as_bytes());
        let answer = timeout(PATIENCE, self.ask(at, (method, &target), body)).await.ok().flatten();
        if answer.is_none() {
            self.stream = None;
        }
        answer
    }

    /// A request as it is.
    pub(super) async fn ask(
        &mut self,
        at: SocketAddr,
        (method, target): (&str, &str),
        body: &str,
    ) -> Option<(u16, String)> {
        if self.stream.as_ref().is_none_or(|(address, _)| *address != at) {
            self.stream = Some((at, TcpStream::connect(at).await.ok()?));
        }
        let (_, stream) = self.stream.as_mut()?;
        let length = body.len();
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        loop {
            if let Some(answer) = whole(&bytes) {
                return Some(answer);
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// Status and body of an answer that has its length, once it is there.
fn whole(bytes: &[u8]) -> Option<(u16, String)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok())?;
    let body = bytes.get(end + 4..end + 4 + length)?;
    Some((head.get(9..12)?.parse().ok()?, String::from_utf8_lossy(body).into_owned()))
}
