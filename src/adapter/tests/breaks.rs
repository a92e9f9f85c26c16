//! What a node does when Redis is away, slow, or has forgotten it.

use std::time::Duration;

use crate::adapter::{Fault, State};
use crate::config;
use crate::hub::far::Adapter as _;
use crate::hub::far::{Outcome, Request};

use super::node::{channel, event, start};
use super::processes::{Redis, config_of, eventually, free_port};

#[test]
fn events_wait_in_order_for_a_server_that_was_killed() {
    for arguments in [&[][..], &["--appendonly", "yes", "--appendfsync", "always"]] {
        let mut redis = Redis::start(arguments);
        let node = start(&redis.config());
        node.back();
        let room = channel("room");
        (1..=10).for_each(|number| node.stay(&room, number));
        (1..=10).for_each(|number| assert_eq!(node.stayed().0, number));
        redis.kill();
        node.away();
        (11..=700).for_each(|number| node.stay(&room, number));
        redis.launch();
        node.back();
        let first = if arguments.is_empty() { 11 } else { 1 };
        assert_eq!(node.past(&room), (first..=700).collect::<Vec<_>>());
        node.nodes(1);
    }
}

#[test]
fn what_was_under_way_when_the_connection_broke_is_carried_out_once() {
    let redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    let room = channel("room");
    for number in 1..=1000 {
        node.stay(&room, number);
        if number % 250 == 0 {
            redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
    }
    let outcomes: Vec<_> = (1..=1000).map(|_| node.stayed()).collect();
    let numbers: Vec<u64> = outcomes.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=1000).collect::<Vec<_>>());
    eventually("it is back", || matches!(node.state(), State::Present { .. }));
    assert_eq!(node.past(&room), (1..=1000).collect::<Vec<_>>());
}

#[test]
fn a_queue_that_is_full_refuses_and_says_so() {
    let mut redis = Redis::start(&[]);
    let node = start(&config::Adapter { queue_events: 16, ..redis.config() });
    node.back();
    redis.kill();
    node.away();
    let room = channel("room");
    (1..=20).for_each(|number| node.stay(&room, number));
    assert!(!node.requests.has_room());
    let lost: Vec<_> = (17..=20).map(|number| (number, Outcome::Lost)).collect();
    assert_eq!((17..=20).map(|_| node.stayed()).collect::<Vec<_>>(), lost);
    redis.launch();
    (1..=16).for_each(|number| assert_eq!(node.stayed().0, number));
    node.back();
    eventually("there is room again", || node.requests.has_room());
}

#[test]
fn a_server_that_is_silent_is_left_and_nothing_is_done_twice() {
    let redis = Redis::start(&[]);
    let node = start(&config::Adapter { command_timeout: Duration::from_millis(300), ..redis.config() });
    node.back();
    let room = channel("room");
    redis.ask::<()>(&["CLIENT", "PAUSE", "1500", "ALL"]);
    node.stay(&room, 1);
    node.away();
    assert!(matches!(node.state(), State::Away { .. }));
    assert_eq!(node.stayed().0, 1);
    node.back();
    assert_eq!(node.past(&room), [1]);
}

#[test]
fn a_node_that_was_forgotten_begins_another_life() {
    let redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    let before: Vec<String> = redis.ask(&["ZRANGE", "{saluran}:nodes", "0", "-1"]);
    redis.ask::<()>(&["DEL", "{saluran}:nodes"]);
    node.away();
    node.back();
    let after: Vec<String> = redis.ask(&["ZRANGE", "{saluran}:nodes", "0", "-1"]);
    assert!(after.len() == 1 && before != after, "{before:?} {after:?}");
}

#[test]
fn scripts_that_were_flushed_are_loaded_again() {
    let redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    redis.ask::<()>(&["SCRIPT", "FLUSH"]);
    let room = channel("room");
    (1..=3).for_each(|number| node.stay(&room, number));
    (1..=3).for_each(|number| assert_eq!(node.stayed().0, number));
    assert!(matches!(node.state(), State::Present { .. }));
}

#[test]
fn a_broker_starts_without_redis_and_finds_it_later() {
    let port = free_port();
    let node = start(&config_of(&[port]));
    assert!(matches!(node.state(), State::Away { why: Fault::Unreachable { .. }, .. }));
    let room = channel("room");
    node.ask(Request::Relay(room.clone(), event(1), None));
    node.stay(&room, 2);
    let mut redis = Redis::with(&["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"], port);
    redis.launch();
    assert_eq!(node.stayed().0, 2);
    node.back();
}
