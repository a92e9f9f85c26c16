//! Tries every part once, as a judge's button before the contest.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::asked::Asked;
use super::call::{Told, ok};

/// Time for one part.
const PATIENCE: Duration = Duration::from_secs(5);

/// A path of the gateway that changes nothing.
const GATEWAY: &[u8] =
    b"GET /detector-getaran/api/get_realtime_status.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[derive(Serialize)]
struct SelfTest {
    ok: bool,
    steps: [Step; 4],
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    ok: bool,
    ms: f64,
    detail: String,
}

pub(super) async fn run(asked: &Asked) -> Told {
    let steps = [
        step("journal", journal(asked)).await,
        step("database", database(asked)).await,
        step("channels", channels(asked)).await,
        step("gateway", gateway(asked)).await,
    ];
    ok(&SelfTest { ok: steps.iter().all(|step| step.ok), steps })
}

async fn step(name: &'static str, part: impl Future<Output = Result<String, String>>) -> Step {
    let begun = Instant::now();
    let found = timeout(PATIENCE, part).await.unwrap_or_else(|_| Err("it did not answer in time".to_owned()));
    let ms = (begun.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let ok = found.is_ok();
    let detail = found.unwrap_or_else(|reason| reason);
    Step { name, ok, ms, detail }
}

async fn journal(asked: &Asked) -> Result<String, String> {
    let store = asked.contest.lanes().await.map_err(|error| error.to_string())?.store;
    let used = format!("{} of {} bytes", store.journal_bytes, store.journal_limit_bytes);
    if store.full { Err(format!("full: {used}")) } else { Ok(used) }
}

async fn database(asked: &Asked) -> Result<String, String> {
    asked.contest.probe_database().await.map_err(|error| error.to_string())?;
    let store = asked.contest.lanes().await.map_err(|error| error.to_string())?.store;
    Ok(format!("{} changes behind", store.behind))
}

async fn channels(asked: &Asked) -> Result<String, String> {
    asked.contest.probe().await.map_err(|error| error.to_string())?;
    Ok("published on private-session".to_owned())
}

async fn gateway(asked: &Asked) -> Result<String, String> {
    let Some(address) = asked.gateway else {
        return Ok("off".to_owned());
    };
    let status = ask(reachable(address)).await.map_err(|error| format!("port {}: {error}", address.port()))?;
    let listeners = asked.contest.listeners();
    if status == *b"HTTP/1.1 200" {
        Ok(format!("port {}, {listeners} connections", address.port()))
    } else {
        Err(format!("port {} answers, but not as the gateway", address.port()))
    }
}

async fn ask(address: SocketAddr) -> std::io::Result<[u8; 12]> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(GATEWAY).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status)
}

/// A listener on all addresses is asked on the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    SocketAddr::new(ip, address.port())
}
