//! Ten thousand retained events for one newcomer, whose wire takes them as it likes.

use std::time::Duration;

use crate::hub::handle::Joining;
use crate::hub::home::{JoinRefused, Publication};
use crate::hub::keep::{Keep, Record, Retain};
use crate::hub::outbox::Flushed;
use crate::hub::slot::Signals;
use crate::protocol::Frame;

use super::heard::messages;
use super::sample::channel;
use super::world::{BOUNDS, Peer, Size, World, with_clock};

const KEYS: usize = 10_000;
/// Calls to wires in one turn.
const CALLS: usize = 512;

/// An event of 300 bytes.
fn frame(number: usize) -> Frame {
    let data = format!("{number:0>260}");
    let text = format!(r#"{{"event":"status","channel":"a","data":"{data}"}}"#);
    Frame::text(text.len(), |out| out.extend_from_slice(text.as_bytes()))
}

/// A worker whose channel `a` retains 10,000 events.
async fn world() -> World {
    let world = World::new(Size { workers: 1, capacity: 16, busy_wait: Duration::from_secs(1) });
    for number in 0..KEYS {
        let key = number.to_string().into();
        let retain = Some(Retain { key, age: Duration::from_secs(3600), keys: KEYS });
        let record = Record { name: "status".into(), data: "1".into(), at_ms: 1 };
        publish(&world, number, Some(Box::new(Keep { id: None, retain, history: None, record }))).await;
    }
    world
}

async fn publish(world: &World, number: usize, keep: Option<Box<Keep>>) {
    let publication =
        Publication { channel: channel("a"), frame: frame(number), except: None, cache: None, keep, receipt: None };
    world.hubs[0].publish(vec![publication]).await.unwrap();
}

fn join(peer: &Peer) -> Option<Result<(), JoinRefused>> {
    let (member, member_limit, subscriber_limit) = (None, 0, None);
    let joining = Joining { channel: channel("a"), member, member_limit, subscriber_limit, counts: false };
    peer.hub.join(peer.key, joining);
    peer.hub.take_outcome(peer.key)
}

fn heard(peer: &Peer) -> Vec<usize> {
    let messages = messages(&peer.wire.written.borrow());
    assert_eq!(messages[0]["event"], "pusher_internal:subscription_succeeded");
    messages[1..].iter().map(|message| message["data"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_slow_wire_gets_all_in_order_and_is_not_closed() {
    with_clock(async {
        let mut world = world().await;
        let peer = Peer::connect(&world.hubs[0], 0);
        peer.wire.room.set(0);
        assert!(peer.signals().is_empty());
        assert_eq!(join(&peer), Some(Ok(())));
        assert!(peer.signals().has(Signals::RESUMED));
        // Three megabytes wait, above the bound, and what is new comes behind.
        for number in KEYS..KEYS + 100 {
            publish(&world, number, None).await;
        }
        let mut rounds = 0;
        while peer.hub.is_greeting(peer.key) {
            assert_eq!(peer.hub.flush(peer.key), Flushed::Blocked);
            let signals = peer.signals();
            assert!(!signals.has(Signals::CLOSED) && !signals.has(Signals::RESUMED));
            peer.wire.room.set(50_000);
            world.turn(0);
            assert_ne!(peer.hub.flush(peer.key), Flushed::Broken);
            tokio::task::yield_now().await;
            rounds += 1;
        }
        assert!((50..100).contains(&rounds), "{rounds}");
        let signals = peer.signals();
        assert!(signals.has(Signals::RESUMED) && !signals.has(Signals::CLOSED));
        peer.wire.room.set(usize::MAX);
        assert_eq!(peer.hub.flush(peer.key), Flushed::All);
        assert_eq!(heard(&peer), (0..KEYS + 100).collect::<Vec<_>>());
    });
}

/// Of what is new, no more waits than ever; then the greeting is given up, too.
#[test]
fn a_wire_that_takes_nothing_is_closed_when_new_events_exceed_the_bounds() {
    with_clock(async {
        let mut world = world().await;
        let peer = Peer::connect(&world.hubs[0], 0);
        peer.wire.room.set(0);
        assert!(peer.signals().is_empty());
        assert_eq!(join(&peer), Some(Ok(())));
        let allowed = BOUNDS.bytes / frame(0).len();
        let mut published = 0;
        while !peer.signals().has(Signals::CLOSED) {
            assert!(published <= allowed, "{published}");
            assert!(peer.hub.is_greeting(peer.key));
            publish(&world, published, None).await;
            published += 1;
        }
        assert!(published > allowed - 2, "{published}");
        assert!(!peer.hub.is_greeting(peer.key));
        peer.wire.room.set(usize::MAX);
        world.turn(0);
        let last = messages(&peer.wire.written.borrow());
        assert_eq!(last.iter().map(|message| &message["event"]).collect::<Vec<_>>(), ["pusher:error"]);
    });
}

/// Whoever does not wait for one greeting before it asks for another is bounded as ever.
#[test]
fn a_second_greeting_behind_the_first_is_within_the_bounds() {
    with_clock(async {
        let world = world().await;
        let peer = Peer::connect(&world.hubs[0], 0);
        peer.wire.room.set(0);
        assert!(peer.signals().is_empty());
        assert_eq!(join(&peer), Some(Ok(())));
        assert!(!peer.signals().has(Signals::CLOSED));
        peer.hub.leave(peer.key, channel("a"), None, false);
        assert_eq!(join(&peer), Some(Ok(())));
        assert!(peer.signals().has(Signals::CLOSED));
    });
}

/// Forty newcomers at once do not keep one short frame waiting.
#[test]
fn greetings_go_out_in_parts_and_let_others_come_in_between() {
    with_clock(tokio::task::unconstrained(async {
        let mut world = world().await;
        let peers: Vec<Peer> = (0..40).map(|number| Peer::connect(&world.hubs[0], number)).collect();
        assert!(peers.iter().all(|peer| join(peer) == Some(Ok(()))));
        let other = Peer::connect(&world.hubs[0], 99);
        other.hub.push(other.key, &frame(0));
        let (mut calls, mut turns, mut served) = (0, 0, None);
        while peers.iter().any(|peer| peer.hub.is_greeting(peer.key)) {
            world.turn(0);
            tokio::task::yield_now().await;
            let all = peers.iter().map(|peer| peer.wire.calls.get()).sum::<usize>();
            assert!(all - calls <= CALLS, "{} calls in a turn", all - calls);
            calls = all;
            turns += 1;
            served = served.or_else(|| (other.wire.calls.get() > 0).then_some(turns));
            assert!(turns < 100);
        }
        assert!(served.is_some_and(|turn| turn <= 2), "{served:?}");
        assert!(peers.iter().all(|peer| heard(peer) == (0..KEYS).collect::<Vec<_>>()));
    }));
}
