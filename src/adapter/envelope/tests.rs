use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use crate::hub::far::{Change, Event, Number, Origin, Position, Stay};
use crate::hub::{EventId, History, Record, Retain};
use crate::protocol::{Frame, SocketId, UserId};

use super::{Heard, read_stay, write_event, write_info, write_stay};

fn frame(text: &str) -> Frame {
    Frame::text(text.len(), |out| out.extend_from_slice(text.as_bytes()))
}

/// An event whose `data` is what lies between the given cuts of its frame.
fn with_data(text: &str, from: usize, to: usize) -> (Frame, Bytes) {
    let frame = frame(text);
    let (from, to) = (from % (frame.len() + 1), to % (frame.len() + 1));
    let data = frame.bytes().slice(from.min(to)..from.max(to));
    (frame, data)
}

fn any_event() -> impl Strategy<Value = Event> {
    let except = prop::option::of(any::<[u64; 2]>().prop_map(SocketId::from_halves));
    (any::<(u64, u32)>(), except, ".{0,300}").prop_map(|((value, since), except, text)| Event {
        number: Number { value, since },
        except,
        frame: frame(&text),
    })
}

fn any_time() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn any_stay() -> impl Strategy<Value = Stay> {
    let id = (any::<u128>(), any_time()).prop_map(|(key, window)| EventId { key, window });
    let retain = (".{0,20}", any_time(), any::<usize>());
    let retain = retain.prop_map(|(key, age, keys)| Retain { key: key.into(), age, keys });
    let history = (any::<usize>(), any_time()).prop_map(|(events, age)| History { events, age });
    let keeps =
        (prop::option::of(id), prop::option::of(retain), prop::option::of(history), prop::option::of(any_time()));
    let record = (".{0,20}", any::<u64>(), any::<(usize, usize)>(), any::<(bool, bool)>());
    (any_event(), ".{0,300}", keeps, record).prop_map(|(event, text, keeps, (name, at_ms, cut, is))| {
        let (is_within, is_late) = is;
        let (frame, data) = with_data(&text, cut.0, cut.1);
        let data = if is_within { data } else { Bytes::copy_from_slice(&data) };
        let (id, retain, history, cache) = keeps;
        let record = Record { name: name.into(), data, at_ms };
        Stay { event: Event { frame, ..event }, id, retain, history, cache, is_late, record }
    })
}

fn stayed(stay: &Stay) -> Vec<u8> {
    let head = [&[2][..], &7_u64.to_be_bytes(), &9_u64.to_be_bytes()].concat();
    [head, write_stay(Origin(5), stay)].concat()
}

proptest! {
    #[test]
    fn an_event_reads_back_as_itself(origin: u64, event in any_event()) {
        let message = Bytes::from(write_event(Origin(origin), &event));
        let range = message.as_ptr_range();
        let heard = Heard::read(message).unwrap();
        let Heard::Event(_, read) = &heard else { panic!("{heard:?}") };
        prop_assert!(range.contains(&read.frame.as_bytes().as_ptr()));
        prop_assert_eq!(heard, Heard::Event(Origin(origin), event));
    }

    #[test]
    fn an_event_that_stays_reads_back_as_itself(origin: u64, stay in any_stay()) {
        let bytes = Bytes::from(write_stay(Origin(origin), &stay));
        let (whose, read) = read_stay(bytes).unwrap();
        prop_assert_eq!((whose, &*read), (Origin(origin), &stay));
        let heard = Heard::read(stayed(&stay).into()).unwrap();
        prop_assert_eq!(heard, Heard::Stayed(Position(7), Position(9), Origin(5), Box::new(stay)));
    }

    #[test]
    fn garbage_is_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Heard::read(bytes.clone().into()));
        drop(read_stay(bytes.into()));
    }

    #[test]
    fn a_part_of_a_message_or_a_spoilt_one_is_read_without_a_panic(
        stay in any_stay(), event in any_event(), cut: prop::sample::Index, at: prop::sample::Index, flip: u8,
    ) {
        for mut message in [stayed(&stay), write_event(Origin(1), &event)] {
            let part = Bytes::copy_from_slice(&message[..cut.index(message.len())]);
            prop_assert!(Heard::read(part).is_err());
            let at = at.index(message.len());
            message[at] ^= flip;
            drop(Heard::read(message.into()));
        }
    }
}

/// `data` of an event that was read shares the frame's memory.
#[test]
fn data_is_a_part_of_the_frame() {
    let (frame, data) = with_data(r#"{"event":"a","data":"xyz"}"#, 22, 27);
    assert_eq!(&data[..], br#""xyz""#);
    let event = Event { number: Number { value: 1, since: 0 }, except: None, frame };
    let record = Record { name: "a".into(), data, at_ms: 3 };
    let stay = Stay { event, id: None, retain: None, history: None, cache: None, is_late: false, record };
    let (_, read) = read_stay(write_stay(Origin(1), &stay).into()).unwrap();
    assert!(read.event.frame.as_bytes().as_ptr_range().contains(&read.record.data.as_ptr()));
}

/// Nodes of different versions meet in one Redis: what is written may only change with a new kind.
#[test]
fn messages_have_these_bytes() {
    let number = Number { value: 2, since: 3 };
    let except = Some(SocketId::from_halves([4, 5]));
    let event = Event { number, except, frame: frame("{}") };
    let golden =
        b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x03\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x05\x81\x02{}";
    assert_eq!(write_event(Origin(1), &event), golden);
    let stay = Stay {
        event: Event { except: None, ..event.clone() },
        id: Some(EventId { key: 6, window: Duration::from_millis(7) }),
        retain: Some(Retain { key: "k".into(), age: Duration::from_millis(8), keys: 9 }),
        history: Some(History { events: 10, age: Duration::from_millis(11) }),
        cache: Some(Duration::from_millis(12)),
        is_late: true,
        record: Record { name: "n".into(), data: event.frame.bytes().slice(2..4), at_ms: 13 },
    };
    let golden = [
        &b"\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x0d\x7e"[..],
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07",
        b"\0\0\0\x01k\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\x09",
        b"\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0\x0b\0\0\0\0\0\0\0\x0c",
        b"\0\0\0\x01n\0\0\0\x02\0\0\0\x02\x81\x02{}",
    ];
    assert_eq!(write_stay(Origin(1), &stay), golden.concat());
}

#[test]
fn changes_are_read() {
    let positions = b"\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02";
    let read = |kind: u8, rest: &[u8]| Heard::read([&[kind][..], positions, rest].concat().into());
    let changed = |change: Change| Ok(Heard::Changed(Position(1), Position(2), change));
    let ada = || UserId::parse("ada", 3).unwrap();
    assert_eq!(read(3, b"\0\0\0\x03ada\0"), changed(Change::Added(ada(), None)));
    assert_eq!(read(3, b"\0\0\0\x03ada\x01{}"), changed(Change::Added(ada(), Some("{}".into()))));
    assert_eq!(read(4, b"ada"), changed(Change::Removed(ada())));
    assert_eq!(read(5, b"\0\0\0\0\0\0\x01\0"), changed(Change::Total(256)));
    for (kind, rest) in [(3, &b"\0\0\0\x04ada"[..]), (3, b"\0\0\0\x03ada"), (4, b""), (5, b"\0"), (6, b""), (0, b"")] {
        assert!(read(kind, rest).is_err(), "{kind} {rest:?}");
    }
    assert_eq!(write_info(&Some("{}".into())), b"\x01{}");
}
