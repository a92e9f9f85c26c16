//! Events of which Redis refuses some that were sent at once.

use std::thread;
use std::time::Duration;

use crate::hub::ChannelKey;
use crate::hub::far::Request;

use super::node::{Node, channel, event, start};
use super::processes::Redis;

const EVENTS: u64 = 4000;

/// Two of three stay.
fn stays(number: u64) -> bool {
    !number.is_multiple_of(3)
}

fn publish(node: &Node, room: &ChannelKey, number: u64) {
    if stays(number) {
        node.stay(room, number);
    } else {
        node.ask(Request::Relay(room.clone(), event(number), None));
    }
}

/// What is refused comes with the next batch, and what goes after it is refused with it. (Another node may load all scripts
/// between two commands of a batch just after they were flushed; then these two may change places.)
#[test]
fn scripts_that_are_flushed_under_load_lose_nothing() {
    let redis = Redis::start(&[]);
    let (one, other, listener) = (start(&redis.config()), start(&redis.config()), start(&redis.config()));
    for node in [&one, &other, &listener] {
        node.back();
    }
    let (room, elsewhere) = (channel("room"), channel("elsewhere"));
    listener.listen(&room);
    let mut heard = thread::scope(|scope| {
        scope.spawn(|| {
            // So many, or a slow machine would have no time for anything in between.
            for _ in 0..100 {
                redis.ask::<()>(&["SCRIPT", "FLUSH"]);
                // What is loaded has its turn before the next.
                thread::park_timeout(Duration::from_millis(10));
            }
        });
        for number in 1..=EVENTS {
            publish(&one, &room, number);
            other.stay(&elsewhere, number);
        }
        listener.heard(usize::try_from(EVENTS).unwrap())
    });
    let turned = heard.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(turned < 100, "one at most for each time that they were flushed: {turned}");
    heard.sort_unstable();
    assert_eq!(heard, (1..=EVENTS).collect::<Vec<_>>());
    let mut past = listener.past(&room);
    past.sort_unstable();
    assert_eq!(past, (1..=EVENTS).filter(|number| stays(*number)).collect::<Vec<_>>());
}
