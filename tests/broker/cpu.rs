//! What waiting costs: nothing. A broker in a process of its own, watched by the time that it gets.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use socket2::SockRef;
use tokio::time::{Instant, sleep};

use crate::support::{APP, Client, Dial, HttpConnection, Opcode};

/// How long a broker is watched.
const WATCH: Duration = Duration::from_secs(2);

/// `saluran serve` with one worker; ends with its test.
#[derive(Debug)]
struct Served {
    process: Child,
    address: SocketAddr,
}

impl Served {
    /// Configured by variables alone, as a container is.
    fn start(settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_saluran"))
            .arg("serve")
            .current_dir(std::env::temp_dir())
            .env_clear()
            .envs([("SALURAN_SERVER_HOST", "127.0.0.1"), ("SALURAN_SERVER_PORT", "0")])
            .envs([("SALURAN_SERVER_ADMIN", "off"), ("SALURAN_SERVER_WORKERS", "1")])
            .envs([("SALURAN_APP_ID", APP.id), ("SALURAN_APP_KEY", APP.key)])
            .env("SALURAN_APP_SECRET", APP.secret)
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let log = BufReader::new(process.stderr.take().expect("stderr is piped"));
        // It says so, or it ends: either way there is a next line or an end.
        let mut lines = log.lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("listening")).expect("a line that says where");
        let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = address.and_then(|address| address.parse().ok());
        Self { process, address: address.unwrap_or_else(|| panic!("no address in {line}")) }
    }

    async fn subscriber(&self) -> Client {
        let mut client = Dial::query("protocol=7").send(self.address, &[]).await;
        client.established(120).await;
        client.subscribe("chat").await;
        client
    }

    /// The share of one core that the process gets while nothing happens.
    async fn load(&self) -> f64 {
        let before = self.processor_time();
        let started = Instant::now();
        // Not a wait for something: the time itself is what is measured.
        sleep(WATCH).await;
        (self.processor_time() - before) / started.elapsed().as_secs_f64()
    }

    /// Seconds of processor time, user and system, so far.
    fn processor_time(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // Fields 14 and 15, in hundredths; the second may hold spaces, but ends with a bracket.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        [fields[11], fields[12]].map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).iter().sum()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// More than the kernel takes for a peer that does not read.
async fn publish_8_mib(address: SocketAddr) {
    let mut publisher = HttpConnection::open(address).await;
    let body = json!({ "name": "tick", "channel": "chat", "data": "x".repeat(10_000) }).to_string();
    for _ in 0..8 * 1024 * 1024 / 10_000 {
        assert_eq!(publisher.signed(APP, "POST", "/apps/1001/events", &body).await.status, 200);
    }
}

#[tokio::test]
async fn a_subscriber_whose_socket_is_full_costs_no_cpu() {
    let broker = Served::start(&[("SALURAN_LIMITS_OUTBOX_BYTES", "64MiB")]);
    let slow = broker.subscriber().await;
    SockRef::from(slow.stream()).set_recv_buffer_size(64 * 1024).unwrap();
    publish_8_mib(broker.address).await;
    let load = broker.load().await;
    assert!(load < 0.05, "{load} of a core for a subscriber that does not read");
}

#[tokio::test]
async fn a_slow_subscriber_that_is_being_closed_costs_no_cpu() {
    let settings = [("SALURAN_LIMITS_OUTBOX_BYTES", "64KiB"), ("SALURAN_SERVER_CLOSE_TIMEOUT", "1m")];
    let broker = Served::start(&settings);
    let slow = broker.subscriber().await;
    SockRef::from(slow.stream()).set_recv_buffer_size(64 * 1024).unwrap();
    publish_8_mib(broker.address).await;
    let load = broker.load().await;
    assert!(load < 0.05, "{load} of a core for a subscriber that is being closed");
}

#[tokio::test]
async fn idle_connections_cost_no_cpu() {
    let broker = Served::start(&[]);
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(broker.subscriber().await);
    }
    let load = broker.load().await;
    assert!(load < 0.05, "{load} of a core for 500 idle connections");
}

/// A peer that has closed its half and reads no more must not be polled for ever.
#[tokio::test]
async fn a_half_closed_connection_costs_no_cpu() {
    let broker = Served::start(&[("SALURAN_SERVER_CLOSE_TIMEOUT", "1m")]);
    let mut client = broker.subscriber().await;
    client.send_raw(&crate::support::frame_with(0xF1, b"")).await;
    assert_eq!(client.next_frame().await.opcode, Opcode::Close);
    client.finish_sending().await;
    let load = broker.load().await;
    assert!(load < 0.05, "{load} of a core for half a connection");
}
