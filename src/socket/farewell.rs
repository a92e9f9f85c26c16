//! The last frames of a connection, and the end of one that never was accepted.

use std::rc::Rc;
use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::{Answer, Refusal};
use crate::hub::Farewell;
use crate::protocol::{Frame, outbound};
use crate::telemetry;

use super::context::Context;

/// Refused connections of one worker that may linger for their peer's Close; more are dropped.
const LINGERING: usize = 1024;

/// Encodes why a connection ends: `pusher:error` and Close, or nothing where the refusal ends none.
#[must_use]
pub fn farewell(refusal: &Refusal) -> Option<Farewell> {
    match refusal.answer() {
        Answer::Close(code) => {
            let text = refusal.to_string();
            Some(Arc::new([outbound::error(Some(code), &text), Frame::close(code, &text)]))
        }
        Answer::CloseSilently(_) | Answer::Error(_) | Answer::Status(_) => None,
    }
}

/// Says no on a completed handshake, waits a while for the peer's Close, and drops the socket.
pub(super) async fn refuse(context: Rc<Context>, mut stream: TcpStream, head: Vec<u8>, refusal: Refusal) {
    let Some(frames) = farewell(&refusal) else {
        return;
    };
    if let Answer::Close(code) = refusal.answer() {
        telemetry::refused(code);
    }
    let mut bytes = head;
    for frame in frames.iter() {
        bytes.extend_from_slice(frame.as_bytes());
    }
    // A fresh socket has room for so little; one that has not is not worth waiting for.
    if stream.try_write(&bytes).is_err() || context.farewells.get() >= LINGERING {
        return;
    }
    context.farewells.update(|count| count + 1);
    let drained = timeout(context.server.close_timeout, drain(&mut stream)).await;
    tracing::trace!(answered = drained.is_ok(), "refused connection ended");
    context.farewells.update(|count| count - 1);
}

/// Reads until the peer's Close frame or its end; what else it says is of no interest.
async fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 512];
    while let Ok(length) = stream.read(&mut buffer).await {
        // A Close frame begins with this byte; anything else that does ends the wait just as well.
        if length == 0 || buffer.first() == Some(&0x88) {
            return;
        }
    }
}
