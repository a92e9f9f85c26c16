//! What the capability tests share: a broker in this process, and clients that send and read exact
//! bytes.
//!
//! `broker.rs` and `served.rs` start brokers, here and in processes of their own, `dial.rs` does WebSocket handshakes, `client.rs` is a connection,
//! `session.rs` the protocol on it, `contest.rs` brokers with the contest, `contract.rs` has declared channels and tokens, `frame.rs` is RFC 6455, `shape.rs` holds what is true of every
//! frame, `http.rs` is HTTP/1.1, `sign.rs` computes every signature, `postgres.rs` is a database server, `redis.rs` what nodes
//! share, `hall.rs` nodes that share a contest.

mod broker;
mod client;
mod contest;
mod contract;
mod dial;
mod frame;
mod hall;
mod http;
mod postgres;
mod raw;
mod redis;
mod served;
mod session;
mod shape;
mod sign;

use std::time::Duration;

pub(crate) use broker::{TestBroker, first_app, nodes};
pub(crate) use client::Client;
pub(crate) use contest::{ContestBroker, camera, judge, lane_channel, owned, viewer};
pub(crate) use contract::{FLEET, TOKEN_SECRET, configuration, role, token};
pub(crate) use dial::{Dial, PROTOCOL_7};
pub(crate) use frame::{Frame, FrameReader, Opcode, close_payload, frame, frame_with};
pub(crate) use hall::{Camera, Hall, TAKE_OVER, points};
pub(crate) use http::{HttpConnection, Response};
pub(crate) use postgres::Postgres;
pub(crate) use raw::camera_data;
pub(crate) use redis::{Redis, prefix};
pub(crate) use served::Served;
pub(crate) use session::{signed_in, succeeded};
pub(crate) use sign::{APP, AppKeys, OTHER, auth, hmac, md5, now, signed_target, user_auth};

/// How long any wait in a test may last.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Awaits `future` for [`DEADLINE`] at most; panics with `what` was awaited.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} in vain for {what}"),
    }
}
