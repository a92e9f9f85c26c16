//! HTTP/1.1 by hand: requests byte for byte, responses as they came.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{AppKeys, signed_target, within};

/// What the broker answered.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case, values as they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// The first header of this (lower-case) name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in the body {:?}", self.body))
    }
}

/// One TCP connection that carries requests one after another.
#[derive(Debug)]
pub(crate) struct HttpConnection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl HttpConnection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = within("a TCP connection", TcpStream::connect(address)).await.expect("the broker listens");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self { stream, buffer: Vec::new() }
    }

    /// As `signed`: the status, or `None` when the connection ended instead.
    pub(crate) async fn signed_or_end(&mut self, app: AppKeys, method: &str, path: &str, body: &str) -> Option<u16> {
        let target = signed_target(app, method, path, body.as_bytes());
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        self.try_write(&[head.as_bytes(), body.as_bytes()].concat()).await.ok()?;
        self.response_or_end().await.map(|response| response.status)
    }

    /// A request that is signed by `app`, on `path` with an optional query.
    pub(crate) async fn signed(&mut self, app: AppKeys, method: &str, path: &str, body: &str) -> Response {
        let target = signed_target(app, method, path, body.as_bytes());
        self.request(method, &target, &[("Content-Type", "application/json")], body.as_bytes()).await
    }

    /// A request as it is; `Host` and, for a body or a POST, `Content-Length` are added.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.write(&[head.as_bytes(), body].concat()).await;
        self.response(&format!("the response to {method} {target}")).await
    }

    /// Bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within("the broker to take a request", self.stream.write_all(bytes)).await.expect("the broker reads");
    }

    /// Bytes as they are, to a broker that may have closed the connection already.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        within("the broker to take a request", self.stream.write_all(bytes)).await
    }

    /// Sends FIN; what the broker still has to say can be read.
    pub(crate) async fn finish_sending(&mut self) {
        // An error says that the broker ended the connection already.
        let _ended = self.stream.shutdown().await;
    }

    /// The next response on this connection.
    pub(crate) async fn response(&mut self, what: &str) -> Response {
        within(what, self.read_response()).await.unwrap_or_else(|| panic!("the connection ended before {what}"))
    }

    /// The next response, or `None` when the connection ended instead.
    pub(crate) async fn response_or_end(&mut self) -> Option<Response> {
        within("a response or the end of the connection", self.read_response()).await
    }

    /// Waits until the broker ends the connection, without another response.
    pub(crate) async fn expect_end(&mut self) {
        let more = within("the end of the connection", self.fill()).await;
        assert!(!more, "bytes where the end was expected: {:?}", String::from_utf8_lossy(&self.buffer));
    }

    /// The stream and the bytes that came after the last response.
    pub(super) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.buffer)
    }

    async fn read_response(&mut self) -> Option<Response> {
        let mut response = self.read_head().await?;
        let length = response.header("content-length").map(|text| text.parse().expect("Content-Length is a number"));
        let body = if response.header("transfer-encoding").is_some() {
            self.read_chunks().await?
        } else if response.status == 101 || response.status == 204 || response.status == 304 {
            Vec::new()
        } else if let Some(length) = length {
            self.take(length).await?
        } else {
            while self.fill().await {}
            std::mem::take(&mut self.buffer)
        };
        let is_workbook = response.header("content-type").is_some_and(|kind| kind.contains("spreadsheet"));
        response.body = match String::from_utf8(body) {
            Err(_) if is_workbook => "a workbook".to_owned(),
            text => text.expect("bodies are UTF-8"),
        };
        Some(response)
    }

    async fn read_head(&mut self) -> Option<Response> {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if !self.fill().await {
                return None;
            }
        };
        let head = String::from_utf8(self.buffer.drain(..end + 4).collect()).expect("the head is UTF-8");
        let mut lines = head.trim_end().lines();
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).and_then(|line| line.get(..3));
        let headers = lines.filter_map(|line| line.split_once(": "));
        Some(Response {
            status: status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {head:?}")),
            headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
            body: String::new(),
        })
    }

    async fn read_chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                    break end;
                }
                if !self.fill().await {
                    return None;
                }
            };
            let line = self.take(end + 2).await?;
            let size = std::str::from_utf8(&line).ok().and_then(|line| usize::from_str_radix(line.trim(), 16).ok())?;
            body.extend(self.take(size).await?);
            self.take(2).await?;
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    /// Reads once; `false` when the connection has ended, by FIN or by RST.
    async fn fill(&mut self) -> bool {
        self.stream.read_buf(&mut self.buffer).await.is_ok_and(|count| count > 0)
    }
}
