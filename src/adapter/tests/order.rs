//! The order of events when Redis refuses some of those that were sent at once.

use std::sync::atomic::{AtomicBool, Ordering};
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

/// What other nodes load in between, and what they carry out then, must not go before what was refused.
#[test]
fn scripts_that_are_flushed_under_load_change_no_order() {
    let redis = Redis::start(&[]);
    let (one, other, listener) = (start(&redis.config()), start(&redis.config()), start(&redis.config()));
    for node in [&one, &other, &listener] {
        node.back();
    }
    let (room, elsewhere) = (channel("room"), channel("elsewhere"));
    listener.listen(&room);
    let is_over = AtomicBool::new(false);
    let heard = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                redis.ask::<()>(&["SCRIPT", "FLUSH"]);
                // What is loaded has its turn before the next.
                thread::park_timeout(Duration::from_millis(10));
            }
        });
        for number in 1..=EVENTS {
            publish(&one, &room, number);
            other.stay(&elsewhere, number);
        }
        let heard = listener.heard(usize::try_from(EVENTS).unwrap());
        is_over.store(true, Ordering::Relaxed);
        heard
    });
    assert_eq!(heard, (1..=EVENTS).collect::<Vec<_>>());
    assert_eq!(listener.past(&room), (1..=EVENTS).filter(|number| stays(*number)).collect::<Vec<_>>());
}
