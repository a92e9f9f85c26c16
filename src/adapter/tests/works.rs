//! What a node does while all is well.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::adapter::Control;
use crate::hub::AppIndex;
use crate::hub::far::{Change, Place, Question, Report, Request};
use crate::protocol::AppId;

use super::node::{Node, channel, event, start};
use super::processes::{Redis, eventually};

fn two() -> (Redis, Node, Node) {
    let redis = Redis::start(&[]);
    let (one, two) = (start(&redis.config()), start(&redis.config()));
    one.back();
    two.back();
    (redis, one, two)
}

#[test]
fn events_come_to_all_nodes_in_one_order() {
    let (_redis, one, two) = two();
    let room = channel("room");
    one.listen(&room);
    two.listen(&room);
    for number in 1..=2000 {
        one.ask(Request::Relay(room.clone(), event(number), None));
    }
    for node in [&one, &two] {
        let heard: Vec<u64> = (1..=2000).map(|_| node.relayed()).collect();
        assert_eq!(heard, (1..=2000).collect::<Vec<_>>());
    }
    two.ask(Request::Relay(room, event(7), None));
    assert_eq!((one.relayed(), two.relayed()), (7, 7));
}

#[test]
fn nothing_comes_after_unlisten() {
    let (_redis, one, two) = two();
    let (room, other) = (channel("room"), channel("other"));
    two.listen(&room);
    two.listen(&other);
    two.ask(Request::Unlisten(Place::Channel(room.clone())));
    two.listen(&channel("third"));
    one.ask(Request::Relay(room, event(1), None));
    one.ask(Request::Relay(other, event(2), None));
    assert_eq!(two.relayed(), 2);
}

#[test]
fn questions_are_answered_for_all_nodes() {
    let (_redis, one, two) = two();
    one.share(&channel("presence-a"), 2, "ada");
    two.share(&channel("presence-b"), 1, "bob");
    let (to, answer) = oneshot::channel();
    one.ask(Request::Ask(Question::Channels(AppIndex(0), "presence-".to_owned(), to)));
    let found = answer.blocking_recv().unwrap().unwrap();
    let names: Vec<_> = found.iter().map(|channel| (channel.name.as_str(), channel.subscriptions)).collect();
    assert_eq!(names, [("presence-a", 2), ("presence-b", 1)]);
    let (to, answer) = oneshot::channel();
    one.ask(Request::Ask(Question::Members(channel("presence-b"), to)));
    assert_eq!(answer.blocking_recv().unwrap().unwrap().len(), 1);
}

#[test]
fn what_concerns_all_nodes_comes_to_all_others_and_to_later_ones() {
    let (redis, one, two) = two();
    let control = Control::Terminate { app: AppId::parse("7").unwrap(), user: "ada".into(), before: 1 };
    one.requests.broadcast(&control).unwrap();
    let late = start(&redis.config());
    for node in [&two, &late] {
        assert_eq!(node.controls.recv_timeout(super::processes::WAIT).unwrap(), control);
    }
    late.back();
    assert!(one.controls.try_recv().is_err(), "who says it has done it");
}

#[test]
fn a_node_that_stops_sends_what_waits_and_its_members_have_a_moment_to_return() {
    let (redis, one, two) = two();
    let room = channel("presence-room");
    two.listen(&room);
    one.share(&room, 1, "ada");
    two.expect("Added", |report| matches!(report, Report::Changed(.., Change::Added(..))).then_some(()));
    (1..=500).for_each(|number| one.ask(Request::Relay(room.clone(), event(number), None)));
    one.adapter.stop(Duration::from_secs(5));
    (1..=500).for_each(|number| assert_eq!(two.relayed(), number));
    assert_eq!(redis.ask::<u64>(&["ZCARD", "{saluran}:nodes"]), 2, "it has not gone yet");
    two.expect("Removed", |report| matches!(report, Report::Changed(.., Change::Removed(_))).then_some(()));
    two.nodes(1);
    eventually("it is forgotten", || redis.ask::<u64>(&["ZCARD", "{saluran}:claims"]) == 0);
}
