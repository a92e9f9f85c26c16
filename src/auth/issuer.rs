//! An issuer on the loopback, for tests: it answers as it is told, and counts.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::testing::Checker;
use crate::config;

/// What an issuer does with a request.
#[derive(Clone)]
pub(super) enum Says {
    /// These very bytes, then the end.
    Bytes(Vec<u8>),
    /// Nothing, until it is told to say something else.
    Nothing,
    /// The end at once.
    Bye,
}

impl Says {
    pub(super) fn status(status: u16, body: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    pub(super) fn ok(body: &str) -> Self {
        Self::status(200, body)
    }
}

/// The issuer; ends with its test.
pub(super) struct Issuer {
    pub(super) address: SocketAddr,
    says: watch::Sender<Says>,
    /// Heads of requests, one after the other.
    heard: watch::Receiver<Vec<String>>,
    _tasks: JoinSet<()>,
}

impl Issuer {
    pub(super) async fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (says, told) = watch::channel(says);
        let (hears, heard) = watch::channel(Vec::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(answer(stream, told.clone(), hears.clone()));
            }
        });
        Self { address, says, heard, _tasks: tasks }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/path", self.address)
    }

    /// From now on.
    pub(super) fn says(&self, says: Says) {
        self.says.send_replace(says);
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> usize {
        self.heard.borrow().len()
    }

    pub(super) fn last_request(&self) -> String {
        self.heard.borrow().last().unwrap().clone()
    }

    /// Waits until there have been so many requests.
    pub(super) async fn heard(&self, requests: usize) {
        let mut heard = self.heard.clone();
        let wait = heard.wait_for(|heard| heard.len() >= requests);
        drop(timeout(Duration::from_secs(10), wait).await.expect("requests in time").unwrap());
    }
}

async fn answer(mut stream: TcpStream, mut told: watch::Receiver<Says>, hears: watch::Sender<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    hears.send_modify(|heard| heard.push(String::from_utf8(head).unwrap()));
    let Ok(says) = told.wait_for(|says| !matches!(says, Says::Nothing)).await.map(|says| says.clone()) else { return };
    match says {
        Says::Bytes(bytes) => {
            // Whoever asked may have heard enough.
            drop(stream.write_all(&bytes).await);
        }
        Says::Nothing | Says::Bye => {}
    }
}

/// A checker that asks this issuer about opaque tokens.
pub(super) fn looks_up(issuer: &Issuer, mut config: config::Tokens) -> Checker {
    config.introspection = Some(config::Introspection { url: issuer.url(), cache: Duration::from_secs(60) });
    Checker::new(&config)
}
