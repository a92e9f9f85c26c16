//! What waiting costs: nothing. A broker in a process of its own, watched by the time that it gets.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use socket2::SockRef;
use tokio::time::{Instant, sleep};

use crate::support::{APP, HttpConnection, Opcode, Served};

/// How long a broker is watched.
const WATCH: Duration = Duration::from_secs(2);

/// The share of one core that the process gets while nothing happens.
async fn load(broker: &Served) -> f64 {
    let before = broker.processor_time();
    let started = Instant::now();
    // Not a wait for something: the time itself is what is measured.
    sleep(WATCH).await;
    (broker.processor_time() - before) / started.elapsed().as_secs_f64()
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
    let load = load(&broker).await;
    assert!(load < 0.05, "{load} of a core for a subscriber that does not read");
}

#[tokio::test]
async fn a_slow_subscriber_that_is_being_closed_costs_no_cpu() {
    let settings = [("SALURAN_LIMITS_OUTBOX_BYTES", "64KiB"), ("SALURAN_SERVER_CLOSE_TIMEOUT", "1m")];
    let broker = Served::start(&settings);
    let slow = broker.subscriber().await;
    SockRef::from(slow.stream()).set_recv_buffer_size(64 * 1024).unwrap();
    publish_8_mib(broker.address).await;
    let load = load(&broker).await;
    assert!(load < 0.05, "{load} of a core for a subscriber that is being closed");
}

#[tokio::test]
async fn idle_connections_cost_no_cpu() {
    let broker = Served::start(&[]);
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(broker.subscriber().await);
    }
    let load = load(&broker).await;
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
    let load = load(&broker).await;
    assert!(load < 0.05, "{load} of a core for half a connection");
}
