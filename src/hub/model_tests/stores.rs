//! What homes keep, against lists: ids, retained events, history, their bounds and ages.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::hub::cache::Cacheable;
use crate::hub::home::{JoinRefused, Publication};
use crate::hub::homes::{HomeBounds, Homes};
use crate::hub::inbox::{Greeting, Join, Leave, Notice, Watcher};
use crate::hub::keep::{AROUND, EventId, Footprint, History, Keep, Kept, Record, Retain};
use crate::hub::key::{ChannelKey, ConnectionKey, WorkerId};
use crate::hub::links::Post;
use crate::protocol::{Frame, outbound};

use super::sample::{channel, event, many};

const CHANNELS: [&str; 3] = ["a", "b", "cache-c"];
/// Milliseconds that each channel's retained events and history live; whole steps below are shorter.
const AGES: [(u64, u64); 3] = [(100, 200), (300, 100), (200, 400)];
const WINDOW: u64 = 150;
const IDS: usize = 5;
const KEYS: usize = 3;
const EVENTS: usize = 4;
const SUBSCRIBERS: usize = 2;
/// Room for seven events in either store.
const BYTES: usize = 7 * (AROUND + 55);

#[derive(Debug, Clone)]
enum Step {
    Publish { channel: usize, id: Option<u8>, key: Option<u8>, history: bool },
    Join(usize),
    Leave(usize),
    Wait(u64),
    Tick,
}

fn step() -> impl Strategy<Value = Step> {
    let channel = 0..CHANNELS.len();
    let publish = (channel.clone(), prop::option::of(0..7_u8), prop::option::of(0..5_u8), any::<bool>());
    prop_oneof![
        12 => publish.prop_map(|(channel, id, key, history)| Step::Publish { channel, id, key, history }),
        3 => channel.clone().prop_map(Step::Join),
        2 => channel.prop_map(Step::Leave),
        4 => (1..120_u64).prop_map(Step::Wait),
        2 => Just(Step::Tick),
    ]
}

/// An event in a store.
#[derive(Debug, Clone)]
struct Item {
    channel: usize,
    key: String,
    number: usize,
    frame: Frame,
    until: Instant,
    bytes: usize,
}

/// Keeps what is posted of events and greetings.
#[derive(Debug, Default)]
struct Caught {
    delivered: Vec<Frame>,
    outcome: Option<Result<Greeting, JoinRefused>>,
}

impl Post for Caught {
    fn post(&mut self, _: WorkerId, notice: Notice) {
        match notice {
            Notice::Deliver { frame, .. } => self.delivered.push(frame),
            Notice::Joined(joined) => self.outcome = Some(joined.outcome),
            other => panic!("{other:?}"),
        }
    }
}

struct Model {
    homes: Homes,
    keys: [ChannelKey; 3],
    now: Instant,
    number: usize,
    /// Channel, id, and the end of its time.
    ids: Vec<(usize, u8, Instant)>,
    /// In the order of their coming, of all channels.
    retained: Vec<Item>,
    history: Vec<Item>,
    cached: Option<Frame>,
    subscriptions: [usize; 3],
    /// The serial of each event that was ever read.
    serials: [BTreeMap<usize, u64>; 3],
}

/// At most `limit` of one channel, and `BYTES` in all; the oldest make room.
fn add(items: &mut Vec<Item>, item: Item, limit: usize) {
    let channel = item.channel;
    items.push(item);
    while items.iter().filter(|item| item.channel == channel).count() > limit {
        let oldest = items.iter().position(|item| item.channel == channel).unwrap();
        items.remove(oldest);
    }
}

fn trim(items: &mut Vec<Item>) {
    while items.iter().map(|item| item.bytes).sum::<usize>() > BYTES {
        items.remove(0);
    }
}

fn size(items: &[Item]) -> (usize, usize) {
    let channels = (0..3).filter(|at| items.iter().any(|item| item.channel == *at)).count();
    (channels, items.iter().map(|item| item.bytes).sum())
}

impl Model {
    fn new() -> Self {
        let bounds = HomeBounds { cache_bytes: 1 << 20, event_ids: IDS, retained_bytes: BYTES, history_bytes: BYTES };
        Self {
            homes: Homes::new(&bounds, None),
            keys: CHANNELS.map(channel),
            now: Instant::now(),
            number: 0,
            ids: Vec::new(),
            retained: Vec::new(),
            history: Vec::new(),
            cached: None,
            subscriptions: [0; 3],
            serials: Default::default(),
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Publish { channel, id, key, history } => self.publish(channel, id, key, history),
            Step::Join(channel) => self.join(channel),
            Step::Leave(channel) => self.leave(channel),
            Step::Wait(milliseconds) => self.now += Duration::from_millis(milliseconds),
            Step::Tick => {
                let now = self.now;
                self.ids.retain(|(_, _, until)| *until > now);
                self.retained.retain(|item| item.until > now);
                self.history.retain(|item| item.until > now);
                self.homes.tick(now, &mut Caught::default());
            }
        }
    }

    fn publish(&mut self, channel: usize, id: Option<u8>, key: Option<u8>, history: bool) {
        self.number += 1;
        let frame = event(&self.keys[channel], self.number);
        let is_known = |id: u8| self.ids.iter().any(|one| (one.0, one.1) == (channel, id) && one.2 > self.now);
        let is_repeated = id.is_some_and(is_known);
        if !is_repeated {
            self.note(channel, id);
            self.keep(channel, &frame, key, history);
        }
        let record = Record { name: "event".into(), data: self.number.to_string().into(), at_ms: 5 };
        let (retained, past) = AGES[channel];
        let keep = Keep {
            id: id.map(|id| EventId { key: id.into(), window: Duration::from_millis(WINDOW) }),
            retain: key.map(|key| Retain {
                key: key.to_string().into(),
                age: Duration::from_millis(retained),
                keys: KEYS,
            }),
            history: history.then_some(History { events: EVENTS, age: Duration::from_millis(past) }),
            record,
        };
        let data = "1".into();
        let cache = (channel == 2).then(|| Cacheable { ttl: Duration::from_secs(1 << 20), data });
        let publication = Publication {
            channel: self.keys[channel].clone(),
            frame: frame.clone(),
            except: None,
            cache,
            keep: Some(Box::new(keep)),
            receipt: None,
        };
        let mut caught = Caught::default();
        self.homes.publish(publication, self.now, &mut caught);
        let is_heard = !is_repeated && self.subscriptions[channel] > 0;
        assert_eq!(caught.delivered, if is_heard { vec![frame] } else { Vec::new() });
    }

    fn note(&mut self, channel: usize, id: Option<u8>) {
        self.ids.extend(id.map(|id| (channel, id, self.now + Duration::from_millis(WINDOW))));
        if self.ids.len() > IDS {
            self.ids.remove(0);
        }
    }

    fn keep(&mut self, channel: usize, frame: &Frame, key: Option<u8>, history: bool) {
        if channel == 2 {
            self.cached = Some(frame.clone());
        }
        let bytes = frame.len() + "event".len() + AROUND;
        let item = |key: String, age: u64, bytes: usize| Item {
            channel,
            key,
            number: self.number,
            frame: frame.clone(),
            until: self.now + Duration::from_millis(age),
            bytes,
        };
        if let Some(key) = key.map(|key| key.to_string()) {
            let item = item(key.clone(), AGES[channel].0, bytes + key.len());
            self.retained.retain(|one| (one.channel, &one.key) != (channel, &key));
            add(&mut self.retained, item, KEYS);
        }
        if history {
            add(&mut self.history, item(String::new(), AGES[channel].1, bytes), EVENTS);
        }
        trim(&mut self.retained);
        trim(&mut self.history);
    }

    fn living<'a>(&self, items: &'a [Item], channel: usize) -> Vec<&'a Item> {
        let now = self.now;
        items.iter().filter(|item| item.channel == channel && item.until > now).collect()
    }

    fn join(&mut self, channel: usize) {
        let from = Watcher { worker: WorkerId(0), connection: ConnectionKey::default() };
        let (key, limit) = (self.keys[channel].clone(), Some(SUBSCRIBERS));
        let mut caught = Caught::default();
        let join =
            Join { channel: key.clone(), from, member: None, member_limit: 0, subscriber_limit: limit, counts: false };
        self.homes.join(join, self.now, &mut caught);
        let outcome = caught.outcome.expect("every wish is answered");
        if self.subscriptions[channel] == SUBSCRIBERS {
            assert_eq!(outcome.unwrap_err(), JoinRefused::Crowded { limit: SUBSCRIBERS });
            return;
        }
        self.subscriptions[channel] += 1;
        let retained: Vec<Frame> =
            self.living(&self.retained, channel).into_iter().map(|item| item.frame.clone()).collect();
        let mut first = vec![outbound::subscription_succeeded(&key.name)];
        match &self.cached {
            _ if channel != 2 => {}
            None => first.push(outbound::cache_miss(&key.name)),
            Some(cached) if retained.contains(cached) => {}
            Some(cached) => first.push(cached.clone()),
        }
        let greeting = outcome.unwrap();
        assert_eq!(greeting.first, first);
        assert_eq!(greeting.retained.map(|frames| frames.to_vec()).unwrap_or_default(), retained);
    }

    fn leave(&mut self, channel: usize) {
        if self.subscriptions[channel] > 0 {
            self.subscriptions[channel] -= 1;
            let (key, worker) = (self.keys[channel].clone(), WorkerId(0));
            let leave = Leave { channel: key, worker, member: None, counts: false };
            self.homes.leave(&leave, self.now, &mut Caught::default());
        }
    }

    fn check(&mut self) {
        for at in 0..CHANNELS.len() {
            let retained = self.homes.retained(&self.keys[at], self.now);
            let history = self.homes.history(&self.keys[at], None, usize::MAX, self.now);
            assert_eq!(numbers(&retained), self.numbers(&self.retained, at));
            assert_eq!(numbers(&history.events), self.numbers(&self.history, at));
            let ends = (history.events.first(), history.events.last());
            assert_eq!((history.first, history.last), (ends.0.map(|one| one.serial), ends.1.map(|one| one.serial)));
            for (index, after) in history.events.iter().enumerate() {
                let page = self.homes.history(&self.keys[at], Some(after.serial), 2, self.now);
                assert_eq!(page.events, history.events[index + 1..].iter().take(2).cloned().collect::<Vec<_>>());
            }
            for one in retained.iter().chain(&history.events) {
                let known = self.serials[at].insert(one.data.escape_ascii().to_string().parse().unwrap(), one.serial);
                assert!(known.is_none_or(|known| known == one.serial));
                assert!(one.serial >= one.at_ms * 1000);
            }
            let serials: Vec<u64> = self.serials[at].values().copied().collect();
            assert!(serials.is_sorted_by(|a, b| a < b), "{serials:?}");
        }
        self.check_footprint();
    }

    fn numbers(&self, items: &[Item], channel: usize) -> Vec<String> {
        self.living(items, channel).into_iter().map(|item| item.number.to_string()).collect()
    }

    /// Nothing stays that is not needed.
    fn check_footprint(&self) {
        let has_kept = |at: usize| self.retained.iter().chain(&self.history).any(|item| item.channel == at);
        let is_there = |at: usize| self.subscriptions[at] > 0 || (at == 2 && self.cached.is_some()) || has_kept(at);
        let (channels, footprint) = self.homes.footprint();
        assert_eq!(channels, (0..3).filter(|at| is_there(*at)).count());
        let Footprint { ids, retained, history, scheduled } = footprint;
        assert!(ids.0 <= ids.1);
        assert_eq!((ids.1, retained, history), (self.ids.len(), size(&self.retained), size(&self.history)));
        let busy = (0..3).filter(|at| has_kept(*at)).count();
        assert!((busy..=channels).contains(&scheduled), "{scheduled} for {busy} of {channels}");
    }
}

fn numbers(kept: &[Kept]) -> Vec<String> {
    kept.iter().map(|one| String::from_utf8(one.data.to_vec()).unwrap()).collect()
}

proptest! {
    #![proptest_config(many())]

    /// Once in its window, the newest of each key, the last in their order, and nothing beyond.
    #[test]
    fn stores_are_lists(steps in prop::collection::vec(step(), 1..120)) {
        let mut model = Model::new();
        for step in &steps {
            model.step(step);
            model.check();
        }
        model.now += Duration::from_secs(1);
        model.step(&Step::Tick);
        model.check();
        prop_assert_eq!(model.homes.footprint().1.scheduled, 0);
    }
}

#[test]
fn newcomers_share_one_list_until_something_changes() {
    let mut model = Model::new();
    let publish = |key: u8| Step::Publish { channel: 0, id: None, key: Some(key), history: false };
    let list = |model: &mut Model| {
        let store = model.homes.greeting(&model.keys[0], model.now).expect("something is retained");
        (store.as_ptr(), store.len(), store)
    };
    model.step(&publish(1));
    model.step(&publish(2));
    let first = list(&mut model);
    assert_eq!((first.0, first.1), (list(&mut model).0, 2));
    // Too old for the next newcomer, although no tick came.
    model.now += Duration::from_millis(60);
    model.step(&publish(3));
    model.now += Duration::from_millis(60);
    assert_eq!(list(&mut model).1, 1);
    model.step(&publish(4));
    assert_eq!(list(&mut model).1, 2);
}

/// While a channel keeps anything, or has subscribers, its events are counted one by one.
#[tokio::test(start_paused = true)]
async fn serials_begin_at_the_time_and_go_up_one_by_one() {
    let publish = |homes: &mut Homes, at_ms: u64| {
        let record = Record { name: "event".into(), data: "1".into(), at_ms };
        let history = Some(History { events: 10, age: Duration::from_secs(1) });
        let keep = Some(Box::new(Keep { id: None, retain: None, history, record }));
        let key = channel("a");
        let frame = event(&key, 1);
        let publication = Publication { channel: key, frame, except: None, cache: None, keep, receipt: None };
        homes.publish(publication, Instant::now(), &mut Caught::default());
        homes.history(&channel("a"), None, 10, Instant::now()).last
    };
    let bounds = HomeBounds { cache_bytes: 0, event_ids: 0, retained_bytes: 0, history_bytes: 1 << 20 };
    let mut homes = Homes::new(&bounds, None);
    let serials: Vec<_> = [7, 9, 3].into_iter().map(|at_ms| publish(&mut homes, at_ms)).collect();
    assert_eq!(serials, [Some(7000), Some(7001), Some(7002)]);
    tokio::time::advance(Duration::from_secs(1)).await;
    homes.tick(Instant::now(), &mut Caught::default());
    assert_eq!(homes.footprint().0, 0);
    // Forgotten, and the clock went back: still above what was given before.
    assert_eq!(publish(&mut homes, 2), Some(7003));
    let mut homes = Homes::new(&bounds, None);
    let last = publish(&mut homes, u64::MAX);
    assert!(last.is_some_and(|last| last < 1 << 53));
}
