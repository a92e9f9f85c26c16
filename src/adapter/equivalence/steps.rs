//! Random steps.

use std::time::Duration;

use proptest::prelude::*;

use crate::hub::far::{Event, Number, Place, Share, Stay, Totals};
use crate::hub::{AppIndex, ChannelKey, EventId, History, Record, Retain, UserKey};
use crate::protocol::{ChannelName, Frame, UserId};

/// So long that nothing ends within a test.
const AGE: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone)]
pub(super) enum Step {
    Sync {
        origin: u64,
        former: Option<u64>,
        place: usize,
        share: Share,
        is_late: bool,
        is_stray: bool,
    },
    Stay {
        origin: u64,
        place: usize,
        stay: Box<Stay>,
    },
    /// The sender's last one.
    Again {
        origin: u64,
    },
    /// With past events, above one of the positions that are known.
    Look {
        place: usize,
        after: Option<prop::sample::Index>,
    },
    Reap {
        origin: u64,
    },
    Flush,
}

/// The places that steps are about; only the first has members.
pub(super) fn places() -> [Place; 3] {
    let channel = |name| ChannelKey { app: AppIndex(0), name: ChannelName::parse(name, 100).unwrap() };
    let user = UserKey { app: AppIndex(0), id: user("ada\0lovelace") };
    [Place::Channel(channel("presence-a")), Place::Channel(channel("b")), Place::User(user)]
}

pub(super) fn user(id: &str) -> UserId {
    UserId::parse(id, 100).unwrap()
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let origin = || 1..4_u64;
    let stay = (origin(), 0..2_usize, any_stay());
    let look = (0..3_usize, prop::option::of(any::<prop::sample::Index>()));
    prop_oneof![
        30 => any_sync(),
        20 => stay.prop_map(|(origin, place, stay)| Step::Stay { origin, place, stay: Box::new(stay) }),
        4 => origin().prop_map(|origin| Step::Again { origin }),
        8 => look.prop_map(|(place, after)| Step::Look { place, after }),
        3 => origin().prop_map(|origin| Step::Reap { origin }),
        1 => Just(Step::Flush),
    ]
}

fn any_sync() -> impl Strategy<Value = Step> {
    let ids = prop::sample::subsequence(vec!["7", "ada\0", "ą", "grace", "}"], 0..4).prop_shuffle();
    let info = prop_oneof![Just(None), Just(Some(None)), Just(Some(Some("{\"a\":1}".into())))];
    let infos = prop::collection::vec(info, 5);
    let totals = prop_oneof![Just(Totals::Silent), Just(Totals::Edges), Just(Totals::All)];
    let share = (0..3_usize, totals, ids, infos, 1..5_usize);
    let former = prop::option::weighted(0.2, 1..4_u64);
    let late = (prop::bool::weighted(0.05), prop::bool::weighted(0.1));
    let strategy = (1..4_u64, former, 0..3_usize, share, late);
    strategy.prop_map(|(origin, former, place, (subscriptions, totals, ids, infos, member_limit), late)| {
        let (is_late, is_stray) = late;
        let members = if place == 0 { ids.into_iter().map(user).zip(infos).collect() } else { Vec::new() };
        let share = Share { ticket: 5, subscriptions, totals, members, member_limit };
        Step::Sync { origin, former, place, share, is_late, is_stray }
    })
}

fn any_stay() -> impl Strategy<Value = Stay> {
    let id = (0..3_u128).prop_map(|key| EventId { key, window: AGE });
    let key = prop::sample::select(vec!["", "a", "b", "c", "d"]);
    let retain = (key, 1..4_usize).prop_map(|(key, keys)| Retain { key: key.into(), age: AGE, keys });
    let history = (0..4_usize).prop_map(|events| History { events, age: AGE });
    let cache = prop::option::of(Just(AGE));
    let keeps = (prop::option::of(id), prop::option::of(retain), prop::option::of(history), cache);
    (keeps, any::<bool>(), "[a-z]{0,200}").prop_map(|((id, retain, history, cache), is_late, text)| {
        let frame = Frame::text(text.len(), |out| out.extend_from_slice(text.as_bytes()));
        let record = Record { name: "n".into(), data: frame.bytes().slice(2..), at_ms: 1 };
        let event = Event { number: Number { value: 1, since: 0 }, except: None, frame };
        Stay { event, id, retain, history, cache, is_late, record }
    })
}
