use std::time::Duration;

use super::{Rig, event};
use crate::adapter::script::{Parts, channel_state, looked, page, retained, stayed};
use crate::hub::far::{Look, Outcome, Position, Stay, Whose};
use crate::hub::{EventId, History, Page, Retain};

const HOUR: Duration = Duration::from_secs(3600);
/// Ends while a test waits for it.
const SOON: Duration = Duration::from_millis(60);

fn look(rig: &mut Rig, after: Option<Position>) -> Look {
    let command = rig.scripts.look(&rig.address("a"), Parts::All(after));
    looked(rig.ask(&command), |_| Whose::Other).unwrap().0
}

fn keep(rig: &mut Rig, number: u64, stay: &Stay) -> Outcome {
    stayed(rig.stay(number, "a", stay)).unwrap()
}

fn retain(key: &str, age: Duration, keys: usize) -> Stay {
    Stay { retain: Some(Retain { key: key.into(), age, keys }), ..event(key) }
}

#[test]
fn an_event_that_is_sent_twice_is_carried_out_once() {
    let mut rig = Rig::new();
    let stay = Stay { history: Some(History { events: 9, age: HOUR }), ..event("x") };
    let Outcome::At(Position(0), first) = keep(&mut rig, 1, &stay) else { panic!("it is the first") };
    let Outcome::At(before, second) = keep(&mut rig, 2, &stay) else { panic!("it is new") };
    assert!(before == first && second > first);
    assert_eq!(keep(&mut rig, 1, &stay), Outcome::Before);
    assert_eq!(keep(&mut rig, 2, &stay), Outcome::Before);
    assert_eq!(look(&mut rig, Some(Position(0))).missed.len(), 2);
}

#[test]
fn an_id_is_known_until_its_window_is_over() {
    let mut rig = Rig::new();
    let stay = |window| Stay { id: Some(EventId { key: 7, window }), ..event("x") };
    assert!(matches!(keep(&mut rig, 1, &stay(HOUR)), Outcome::At(..)));
    assert_eq!(keep(&mut rig, 2, &stay(HOUR)), Outcome::Known);
    assert_eq!(keep(&mut rig, 2, &stay(HOUR)), Outcome::Known, "also when it is sent again");
    assert_eq!(keep(&mut rig, 1, &stay(HOUR)), Outcome::Before, "the first one is not its own retry");
    let soon = Stay { id: Some(EventId { key: 8, window: SOON }), ..event("x") };
    assert!(matches!(keep(&mut rig, 3, &soon), Outcome::At(..)));
    let mut number = 3;
    rig.until(|rig| {
        number += 1;
        matches!(keep(rig, number, &soon), Outcome::At(..))
    });
}

#[test]
fn the_oldest_retained_events_make_room_and_all_age() {
    let mut rig = Rig::new();
    for (number, key) in (1..).zip(["a", "b", "a", "c"]) {
        keep(&mut rig, number, &retain(key, HOUR, 2));
    }
    let keys = |look: &Look| -> Vec<String> {
        look.retained.iter().map(|past| past.stay.retain.as_ref().unwrap().key.to_string()).collect()
    };
    let before = look(&mut rig, None);
    assert_eq!(keys(&before), ["a", "c"]);
    assert!(before.retained.iter().all(|past| past.left <= HOUR && past.left > HOUR / 2));
    keep(&mut rig, 5, &retain("d", SOON, 2));
    rig.until(|rig| keys(&look(rig, None)) == ["c"]);
    let command = rig.scripts.look(&rig.address("a"), Parts::Retained);
    assert_eq!(retained(rig.ask(&command)).unwrap()[0].data, "c");
}

#[test]
fn a_cached_event_has_its_time_left_and_ends() {
    let mut rig = Rig::new();
    let state = |rig: &mut Rig| {
        let command = rig.scripts.look(&rig.address("a"), Parts::Cached);
        channel_state(rig.ask(&command)).unwrap()
    };
    keep(&mut rig, 1, &Stay { cache: Some(HOUR), ..event("first") });
    let (data, left) = state(&mut rig).cached.unwrap();
    assert!(data == "first" && left <= HOUR && left > HOUR / 2);
    keep(&mut rig, 2, &event("it stays in the cache"));
    assert_eq!(state(&mut rig).cached.unwrap().0, "first");
    keep(&mut rig, 3, &Stay { cache: Some(SOON), ..event("second") });
    rig.until(|rig| state(rig).cached.is_none());
}

fn read(rig: &mut Rig, after: Option<u64>, limit: usize) -> Page {
    let command = rig.scripts.past(&rig.address("a"), after, limit);
    page(rig.ask(&command)).unwrap()
}

#[test]
fn past_events_are_read_by_pages() {
    let mut rig = Rig::new();
    assert_eq!(read(&mut rig, None, 5), Page::default());
    let stay = |text: &str| Stay { history: Some(History { events: 3, age: HOUR }), ..event(text) };
    for (number, text) in (1..).zip(["a", "b", "c", "d", "e"]) {
        keep(&mut rig, number, &stay(text));
    }
    let texts =
        |page: &Page| -> String { page.events.iter().map(|kept| str::from_utf8(&kept.data).unwrap()).collect() };
    let all = read(&mut rig, None, 5);
    assert_eq!(texts(&all), "cde");
    let [first, second, third] = [0, 1, 2].map(|index: usize| all.events[index].serial);
    assert_eq!((all.first, all.last), (Some(first), Some(third)));
    let one = read(&mut rig, Some(first), 1);
    assert_eq!((texts(&one), one.first, one.last), ("d".to_owned(), Some(first), Some(third)));
    assert_eq!(texts(&read(&mut rig, Some(second), 5)), "e");
    assert_eq!(texts(&read(&mut rig, Some(third), 5)), "");
    assert_eq!(texts(&read(&mut rig, None, 0)), "");
    assert_eq!(look(&mut rig, Some(Position(second))).missed.len(), 1);
}

/// What the newest says of ages holds for all, so those before it end with it at the latest.
#[test]
fn past_events_age() {
    let mut rig = Rig::new();
    let stay = |age| Stay { history: Some(History { events: 9, age }), ..event("x") };
    keep(&mut rig, 1, &stay(HOUR));
    keep(&mut rig, 2, &stay(HOUR));
    assert_eq!(read(&mut rig, None, 9).events.len(), 2);
    let Outcome::At(_, last) = keep(&mut rig, 3, &stay(SOON)) else { panic!("it is new") };
    rig.until(|rig| read(rig, None, 9) == Page::default());
    assert_eq!(look(&mut rig, Some(Position(0))).missed.len(), 0);
    assert_eq!(look(&mut rig, None).position, last, "the position outlives what was kept");
}
