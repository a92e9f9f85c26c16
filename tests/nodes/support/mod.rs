//! Clients as the capability tests have them.
#![allow(dead_code, reason = "the capability tests use the rest")]

#[path = "../../broker/support/client.rs"]
mod client;
#[path = "../../broker/support/dial.rs"]
mod dial;
#[path = "../../broker/support/frame.rs"]
mod frame;
#[path = "../../broker/support/http.rs"]
mod http;
#[path = "../../broker/support/session.rs"]
mod session;
#[path = "../../broker/support/shape.rs"]
mod shape;
#[path = "../../broker/support/sign.rs"]
mod sign;

use std::time::Duration;

pub(crate) use client::Client;
pub(crate) use dial::{Dial, PROTOCOL_7};
pub(crate) use frame::{Frame, FrameReader, Opcode, close_payload, frame};
pub(crate) use http::{HttpConnection, Response};
pub(crate) use sign::{APP, AppKeys, OTHER, auth, signed_target, user_auth};

/// How long any wait in a test may last.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Awaits `future` for [`DEADLINE`] at most; panics with `what` was awaited.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} in vain for {what}"),
    }
}

/// Asks until `is_so`; panics with `what` was awaited.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}
