//! Letters to connections of other nodes: who answers, and for whom nobody does.

use std::time::Duration;

use tokio::sync::oneshot::error::TryRecvError;
use tokio::time::Instant;

use crate::config::{self, RedisMode};
use crate::hub::Handed;
use crate::protocol::SocketId;

use super::node::{Node, start};
use super::processes::{Redis, WAIT, eventually};

/// A connection that a node of this number could have.
fn connection(node: u32) -> SocketId {
    SocketId::from_halves([1, u64::from(node) << 32])
}

/// A node number that no test gives.
const NOBODY: u32 = 4_000_000;

/// What becomes of a letter to a node, once something is said.
fn becomes(node: &Node, to: u32) -> Handed {
    node.requests.hand(connection(to), b"a".to_vec()).blocking_recv().unwrap()
}

fn letters(config: &config::Adapter) {
    let (one, two) = (start(config), start(config));
    one.back();
    two.back();
    let asked = Instant::now();
    assert_eq!(becomes(&one, NOBODY), Handed::Unknown);
    assert!(asked.elapsed() < Duration::from_secs(2), "it waited for nobody: {:?}", asked.elapsed());

    // One that hears it is waited for, however long it says nothing.
    let mut answer = one.requests.hand(connection(two.number), b"a".to_vec());
    let (from, number) = two.letters.recv_timeout(WAIT).unwrap();
    assert_eq!(from, one.number);
    assert_eq!(becomes(&one, NOBODY), Handed::Unknown);
    assert_eq!(answer.try_recv(), Err(TryRecvError::Empty));
    two.requests.handed(from, number, Handed::Taken);
    assert_eq!(answer.blocking_recv(), Ok(Handed::Taken));

    // One that went has nobody left, as soon as nobody expects it back.
    let gone = two.number;
    two.adapter.stop(Duration::from_secs(5));
    eventually("it is known to be gone", || {
        let mut answer = one.requests.hand(connection(gone), b"a".to_vec());
        let until = Instant::now() + Duration::from_millis(500);
        while Instant::now() < until {
            match answer.try_recv() {
                Ok(handed) => return handed == Handed::Unknown,
                Err(TryRecvError::Empty) => std::thread::yield_now(),
                Err(TryRecvError::Closed) => return false,
            }
        }
        false
    });
}

#[test]
fn a_letter_for_a_node_that_is_not_there_comes_back_at_once() {
    letters(&Redis::start(&[]).config());
}

#[test]
fn a_letter_comes_back_in_a_cluster_too() {
    let redis = Redis::start(&["--cluster-enabled", "yes"]);
    redis.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    eventually("it is up", || redis.ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    letters(&config::Adapter { mode: RedisMode::Cluster, ..redis.config() });
}
