//! Saying goodbye: connections close in slices, so that their reconnects do not come all at once.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::error::Refusal;
use crate::socket::{Context, farewell};

/// Time between two slices.
const SLICE: Duration = Duration::from_millis(20);

/// Closes a worker's connections with 4200, evenly over the configured time, and waits for the last
/// of the node to go, at most as long as any close may take: until then somebody may be in the
/// middle of a handshake here, and the operator may ask how it goes.
pub(super) async fn drain(context: &Rc<Context>) {
    let start = Instant::now();
    context.hub.part();
    let connections = context.hub.connections();
    let slices = (context.server.drain.as_millis() / SLICE.as_millis()).max(1);
    let size = connections.len().div_ceil(usize::try_from(slices).unwrap_or(usize::MAX));
    let goodbye = farewell(&Refusal::Draining).expect("draining ends connections");
    // Fewer connections than slices leave pauses between them.
    let pause = context.server.drain / u32::try_from(connections.len().div_ceil(size.max(1)).max(1)).unwrap_or(1);
    for (slice, at) in connections.chunks(size.max(1)).zip(1..) {
        for connection in slice {
            context.hub.close(*connection, &goodbye[..]);
        }
        sleep_until(start + pause * at).await;
    }
    let last = start + context.server.drain + context.server.close_timeout;
    while (!context.is_idle() || context.node.connections() > 0) && Instant::now() < last {
        // Those who came in while others were leaving have been refused, or are told now.
        for connection in context.hub.connections() {
            context.hub.close(connection, &goodbye[..]);
        }
        sleep(SLICE).await;
    }
}
