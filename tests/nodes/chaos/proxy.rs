//! A node's way to Redis, with a valve.
//!
//! What is under way when the valve closes stays under way, as with a network that fails: it arrives when the valve
//! opens again, if somebody still waits for it. Nobody is told that anything is wrong.

use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::spawn_local;
use tokio::time::sleep;

/// How a node's traffic flows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Flow {
    Open,
    Cut,
    /// Each piece is late by so much.
    Late(Duration),
}

/// A port of a server, and that of the proxy in front of it, in the bytes with which a sentinel names it.
type Names = Rc<[(Vec<u8>, Vec<u8>)]>;

/// The proxies of one node.
#[derive(Debug)]
pub(super) struct Valve {
    flow: watch::Sender<Flow>,
}

impl Valve {
    pub(super) fn new() -> Self {
        Self { flow: watch::channel(Flow::Open).0 }
    }

    pub(super) fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }

    /// Proxies for servers and sentinels; gives the ports of those in front of the sentinels. What a sentinel says of a
    /// server leads to the server's proxy.
    pub(super) async fn open(&self, servers: &[u16], sentinels: &[u16]) -> Vec<u16> {
        let mut names = Vec::new();
        for server in servers {
            let port = self.proxy(*server, Rc::new([])).await;
            names.push((name(*server), name(port)));
        }
        let names: Names = names.into();
        let mut ports = Vec::new();
        for sentinel in sentinels {
            ports.push(self.proxy(*sentinel, Rc::clone(&names)).await);
        }
        ports
    }

    async fn proxy(&self, to: u16, names: Names) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let flow = self.flow.subscribe();
        spawn_local(async move {
            while let Ok((near, _)) = listener.accept().await {
                spawn_local(connect(near, to, flow.clone(), Rc::clone(&names)));
            }
        });
        port
    }
}

/// Ports above 9999 are equally long, so that one can stand for another.
fn name(port: u16) -> Vec<u8> {
    assert!(port >= 10_000, "{port}");
    format!("$5\r\n{port}\r\n").into_bytes()
}

async fn connect(near: TcpStream, to: u16, mut flow: watch::Receiver<Flow>, names: Names) {
    // While it is cut, a connection is made in the end or given up by the other side.
    let cut = flow.wait_for(|flow| *flow != Flow::Cut).await;
    drop(cut);
    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await else { return };
    for stream in [&near, &far] {
        stream.set_nodelay(true).ok();
    }
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    spawn_local(pump(near_in, far_out, flow.clone(), Rc::new([])));
    pump(far_in, near_out, flow, names).await;
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut flow: watch::Receiver<Flow>, names: Names) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or_default();
        let late = match flow.wait_for(|flow| *flow != Flow::Cut).await.map(|flow| *flow) {
            Ok(Flow::Late(late)) => late,
            Ok(Flow::Open | Flow::Cut) | Err(_) => Duration::ZERO,
        };
        if !late.is_zero() {
            sleep(late).await;
        }
        for (name, other) in names.iter() {
            replace(&mut buffer[..count], name, other);
        }
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

fn replace(bytes: &mut [u8], name: &[u8], other: &[u8]) {
    while let Some(place) = bytes.windows(name.len()).position(|window| window == name) {
        bytes[place..place + other.len()].copy_from_slice(other);
    }
}
