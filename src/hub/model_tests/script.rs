//! What happens to channels: random steps.

use std::time::Duration;

use proptest::prelude::*;

use super::sample::channel;
use super::world::Size;

pub(super) const CHANNELS: [&str; 5] = ["a", "counted", "presence-m", "cache-d", "presence-cache-e"];
/// The channel whose subscribers are told their number.
pub(super) const COUNTED: usize = 1;
/// Members that a presence channel may have: one fewer than there are.
pub(super) const MEMBERS: usize = 3;

/// Connections and workers are any number; the model takes the rest by how many there are.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Connect(usize),
    Close(usize),
    Disconnect(usize),
    Join { peer: usize, channel: usize, member: usize },
    Leave { peer: usize, channel: usize },
    // Both back to back, as pusher-js does.
    Return { peer: usize, channel: usize, member: usize },
    ClientEvent { peer: usize, channel: usize },
    Publish { worker: usize, channels: Vec<usize>, except: Option<usize> },
    Turn(usize),
    Listen(usize),
    Attend,
    Pass(u64),
    Tick(usize),
    Settle,
}

pub(super) fn is_presence(index: usize) -> bool {
    channel(CHANNELS[index]).name.kind().is_presence()
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (peer, worker, channel) = (0..8_usize, 0..4_usize, 0..CHANNELS.len());
    let place = (peer.clone(), channel.clone());
    let wish = (peer.clone(), channel.clone(), 0..=MEMBERS);
    let channels = prop::collection::vec(channel, 1..4);
    let publish = (worker.clone(), channels, prop::option::weighted(0.2, peer.clone()));
    prop_oneof![
        6 => worker.clone().prop_map(Step::Connect),
        1 => peer.clone().prop_map(Step::Close),
        3 => peer.prop_map(Step::Disconnect),
        12 => wish.clone().prop_map(|(peer, channel, member)| Step::Join { peer, channel, member }),
        4 => place.clone().prop_map(|(peer, channel)| Step::Leave { peer, channel }),
        4 => wish.prop_map(|(peer, channel, member)| Step::Return { peer, channel, member }),
        6 => place.prop_map(|(peer, channel)| Step::ClientEvent { peer, channel }),
        8 => publish.prop_map(|(worker, channels, except)| Step::Publish { worker, channels, except }),
        10 => worker.clone().prop_map(Step::Turn),
        2 => worker.clone().prop_map(Step::Listen),
        5 => Just(Step::Attend),
        3 => (1..6_u64).prop_map(Step::Pass),
        1 => worker.prop_map(Step::Tick),
        1 => Just(Step::Settle),
    ]
}

/// How many workers, how small their queues, how impatient those who wait for room.
pub(super) fn size() -> impl Strategy<Value = Size> {
    let busy_wait = prop_oneof![Just(Duration::from_millis(3)), Just(Duration::from_secs(3600))];
    let size = (1..=4_usize, 1..=4_usize, busy_wait);
    size.prop_map(|(workers, capacity, busy_wait)| Size { workers, capacity, busy_wait })
}
