//! How often subscribers are told their number, at their home.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::hub::homes::Homes;
use crate::hub::inbox::{Join, Leave, Notice, Watcher};
use crate::hub::key::{ConnectionKey, WorkerId};
use crate::hub::links::Post;

use super::heard::messages;
use super::sample::{caching, channel};

const SMALL: usize = 100;
const INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
enum Step {
    Join,
    Leave,
    Wait(u64),
    Tick,
    /// All leave, and as many come back.
    Swap,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Join),
        3 => Just(Step::Leave),
        3 => (1..4_000_u64).prop_map(Step::Wait),
        2 => Just(Step::Tick),
        1 => Just(Step::Swap),
    ]
}

/// The numbers told.
#[derive(Debug, Default)]
struct Numbers(Vec<usize>);

impl Post for Numbers {
    fn post(&mut self, _: WorkerId, notice: Notice) {
        if let Notice::Deliver { frame, .. } = notice {
            let message = messages(frame.as_bytes()).remove(0);
            let data: serde_json::Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
            self.0.push(data["subscription_count"].as_u64().unwrap().try_into().unwrap());
        }
    }
}

struct Channel {
    homes: Homes,
    count: usize,
    now: Instant,
    /// When it was last told to many.
    told: Option<Instant>,
    /// The last number told.
    number: usize,
}

impl Channel {
    fn change(&mut self, joins: bool) {
        let mut posted = Numbers::default();
        let (channel, worker) = (channel("a"), WorkerId(0));
        if joins {
            self.count += 1;
            let from = Watcher { worker, connection: ConnectionKey::default() };
            let join = Join { channel, from, member: None, member_limit: 0, subscriber_limit: None, counts: true };
            self.homes.join(join, self.now, &mut posted);
        } else {
            self.count -= 1;
            self.homes.leave(&Leave { channel, worker, member: None, counts: true }, self.now, &mut posted);
        }
        let is_told = self.hear(&posted);
        assert!(is_told || self.count > SMALL || self.count == 0, "{} are told at once", self.count);
    }

    fn tick(&mut self) {
        let mut posted = Numbers::default();
        self.homes.tick(self.now, &mut posted);
        self.hear(&posted);
    }

    /// Whether the number was told; to many, not so soon after the last time.
    fn hear(&mut self, told: &Numbers) -> bool {
        let Some(number) = told.0.first() else {
            return false;
        };
        assert_eq!(told.0, [self.count]);
        self.number = *number;
        if self.count > SMALL {
            let since = self.told.replace(self.now).map(|told| self.now - told);
            assert!(since.is_none_or(|since| since >= INTERVAL), "{} are told after {since:?}", self.count);
        }
        true
    }
}

proptest! {
    /// C-225.
    #[test]
    fn many_are_told_once_in_five_seconds_and_at_the_end(steps in prop::collection::vec(step(), 1..40)) {
        let (homes, now) = (Homes::new(&caching(0), None), Instant::now());
        let mut channel = Channel { homes, count: 0, now, told: None, number: 0 };
        (0..SMALL - 1).for_each(|_| channel.change(true));
        for step in steps {
            match step {
                Step::Join => channel.change(true),
                Step::Leave => channel.change(false),
                Step::Wait(milliseconds) => channel.now += Duration::from_millis(milliseconds),
                Step::Tick => channel.tick(),
                Step::Swap => {
                    let count = channel.count;
                    (0..count).for_each(|_| channel.change(false));
                    (0..count).for_each(|_| channel.change(true));
                }
            }
        }
        channel.now += INTERVAL;
        channel.tick();
        prop_assert_eq!(channel.number, channel.count);
    }
}
