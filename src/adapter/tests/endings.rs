//! Sessions that end: by what cannot be read, again and again, or with the broker.

use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::adapter::{Control, Full};
use crate::hub::far::{Place, Report, Request};
use crate::protocol::AppId;

use super::node::{Node, channel, start};
use super::processes::{Redis, WAIT, ask, eventually};

#[test]
fn an_answer_that_cannot_be_read_ends_the_session_and_homes_ask_anew() {
    let redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    let room = channel("room");
    node.stay(&room, 1);
    node.stayed();
    let position: Vec<String> = redis.ask(&["KEYS", "*:v:7?croom"]);
    let retained = position[0].replace(":v:", ":r:");
    redis.ask::<()>(&["HSET", &retained, "key", "no event of ours"]);
    node.ask(Request::Look(Place::Channel(room.clone()), 3, None));
    node.away();
    redis.ask::<()>(&["DEL", &retained]);
    node.back();
    node.ask(Request::Look(Place::Channel(room), 4, None));
    node.expect("Looked", |report| matches!(report, Report::Looked(_, 4, _)).then_some(()));
}

#[test]
fn sessions_that_break_at_once_make_the_next_pause_longer() {
    let redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    let (begun, mut breaks) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(5) {
        redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        node.away();
        node.back();
        breaks += 1;
    }
    // Pauses of 0.1, 0.2, 0.4, 0.8, 1.6 and 3.2 seconds, each half as long at least.
    assert!((3..=8).contains(&breaks), "{breaks} sessions in five seconds");
}

#[test]
fn brokers_that_end_while_redis_is_away_try_until_their_time_is_over() {
    let mut redis = Redis::start(&[]);
    // So many that not all of them would have tried by chance.
    let nodes: Vec<_> = (0..6).map(|_| start(&redis.config())).collect();
    nodes.iter().for_each(Node::back);
    redis.kill();
    nodes.iter().for_each(Node::away);
    let rooms: Vec<_> = (0..6).map(|number| channel(&format!("room-{number}"))).collect();
    for (node, room) in nodes.iter().zip(&rooms) {
        (1..=10).for_each(|number| node.stay(room, number));
    }
    let away = Instant::now();
    eventually("pauses are longer than a broker's last seconds", || away.elapsed() > Duration::from_secs(9));
    redis.launch();
    let ends = Instant::now();
    thread::scope(|scope| {
        for node in nodes {
            scope.spawn(move || node.adapter.stop(Duration::from_secs(2)));
        }
    });
    assert!(ends.elapsed() < Duration::from_secs(6), "{:?}", ends.elapsed());
    let reader = start(&redis.config());
    reader.back();
    for room in &rooms {
        assert_eq!(reader.past(room), (1..=10).collect::<Vec<_>>());
    }
}

#[test]
fn a_broker_that_ends_without_redis_ends_in_time() {
    let mut redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    redis.kill();
    node.away();
    node.stay(&channel("room"), 1);
    let ends = Instant::now();
    node.adapter.stop(Duration::from_secs(1));
    assert!((1..4).contains(&ends.elapsed().as_secs()), "{:?}", ends.elapsed());
}

fn terminate(number: u64) -> Control {
    Control::Terminate { app: AppId::parse("7").unwrap(), user: number.to_string().into(), before: number }
}

#[test]
fn a_thousand_words_to_all_nodes_wait_in_order_and_no_more() {
    let mut redis = Redis::start(&[]);
    let (node, other) = (start(&redis.config()), start(&redis.config()));
    node.back();
    other.back();
    redis.kill();
    node.away();
    (0..1000).for_each(|number| node.requests.broadcast(&terminate(number)).unwrap());
    assert_eq!(node.requests.broadcast(&terminate(1000)), Err(Full));
    redis.launch();
    let heard = |_| other.controls.recv_timeout(WAIT).unwrap();
    let mut once: Vec<_> = (0..1000).map(heard).collect();
    once.dedup();
    assert_eq!(once, (0..1000).map(terminate).collect::<Vec<_>>());
    eventually("there is room again", || node.requests.broadcast(&terminate(1001)).is_ok());
}

#[test]
fn a_node_that_comes_back_reads_what_was_said_and_again_what_came_shortly_before() {
    let redis = Redis::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let (node, other) = (start(&redis.config()), start(&redis.config()));
    node.back();
    other.back();
    node.requests.broadcast(&terminate(1)).unwrap();
    assert_eq!(other.controls.recv_timeout(WAIT).unwrap(), terminate(1));
    redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    other.away();
    node.requests.broadcast(&terminate(2)).unwrap();
    other.back();
    let mut heard = Vec::new();
    while ![1, 2].iter().all(|number| heard.contains(&terminate(*number))) {
        heard.push(other.controls.recv_timeout(WAIT).unwrap());
    }
    // They are few, and not for ever.
    assert!(ask::<i64>(redis.port, &["PTTL", "{saluran}:orders"]) > 0);
}
