//! WebSocket handshakes, right and wrong.

use std::net::SocketAddr;

use super::{APP, Client, HttpConnection};

/// The query that today's clients send at least.
pub(crate) const PROTOCOL_7: &str = "protocol=7";

/// Key and answer of RFC 6455, section 1.3.
const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const WEBSOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// One handshake: where to, and with which headers besides those of every upgrade.
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    /// Path with query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// `Sec-WebSocket-Version`.
    pub(crate) version: String,
}

impl Dial {
    /// Any path.
    pub(crate) fn path(path: impl Into<String>) -> Self {
        Self { path: path.into(), headers: Vec::new(), version: "13".to_owned() }
    }

    /// The first app with this query.
    pub(crate) fn query(query: &str) -> Self {
        Self::path(format!("/app/{}?{query}", APP.key))
    }

    /// An app key with protocol 7.
    pub(crate) fn key(key: &str) -> Self {
        Self::path(format!("/app/{key}?{PROTOCOL_7}"))
    }

    /// The same handshake with one more header.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Bytes of the request.
    pub(crate) fn request(&self) -> String {
        let mut request = format!(
            "GET {} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {WEBSOCKET_KEY}\r\nSec-WebSocket-Version: {}\r\n",
            self.path, self.version
        );
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request
    }

    /// Does the handshake; `first` follows in the same write, before the broker's answer is read.
    pub(crate) async fn send(&self, address: SocketAddr, first: &[u8]) -> Client {
        let mut connection = HttpConnection::open(address).await;
        connection.write(&[self.request().as_bytes(), first].concat()).await;
        Self::finish(connection).await
    }

    /// Reads the answer to a handshake that was written already.
    pub(crate) async fn finish(mut connection: HttpConnection) -> Client {
        let response = connection.response("the answer to a handshake").await;
        if response.status == 101 {
            let header = |name| response.header(name).unwrap_or_default();
            assert_eq!(header("sec-websocket-accept"), WEBSOCKET_ACCEPT, "{response:?}");
            assert!(header("upgrade").eq_ignore_ascii_case("websocket"), "{response:?}");
            assert!(header("connection").eq_ignore_ascii_case("upgrade"), "{response:?}");
            assert_eq!(header("sec-websocket-extensions"), "", "these clients speak none");
        }
        let (stream, rest) = connection.into_parts();
        Client::new(stream, rest, response)
    }
}
