//! The model and Redis, side by side.

use std::collections::{BTreeMap, BTreeSet};

use redis::{Cmd, Connection, Value, cmd};

use crate::adapter::answers::{bytes, list, number};
use crate::adapter::apps::Apps;
use crate::adapter::envelope::Heard;
use crate::adapter::keys::{Address, BUCKETS, Keys};
use crate::adapter::script::{self, Lease, Parts, Refused, Scripts, Sending};
use crate::adapter::server::{Server, ask};
use crate::hub::AppIndex;
use crate::hub::far::truth::{self, Published, Speaker, Truth};
use crate::hub::far::{Look, Origin, Outcome, Place, Position, Share, Stay, Whose};
use crate::protocol::AppId;

use super::steps::{Step, places};

const LEASE_MS: u64 = 1 << 52;

#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) query: &'static str,
    pub(super) is_cluster: bool,
}

pub(super) struct Pair {
    truth: Truth,
    scripts: Scripts,
    keys: Keys,
    apps: Apps,
    redis: Connection,
    listener: Connection,
    mode: Mode,
    /// By place: the model's positions and Redis'.
    positions: BTreeMap<usize, BTreeMap<u64, u64>>,
    sent: BTreeMap<u64, (Sending, usize, Box<Stay>)>,
    number: u64,
}

impl Pair {
    pub(super) fn new(server: &Server, mode: Mode) -> Self {
        let scripts = Scripts::new(mode.is_cluster);
        let mut redis = server.connect(mode.query);
        if mode.is_cluster {
            cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383).exec(&mut redis).unwrap();
            while !cmd("CLUSTER").arg("INFO").query::<String>(&mut redis).unwrap().contains("cluster_state:ok") {}
        }
        scripts.load().for_each(|load| load.exec(&mut redis).unwrap());
        let apps = Apps::new(vec![AppId::parse("7").unwrap()]);
        let listener = server.connect("");
        let (truth, keys) = (Truth::default(), Keys::new("saluran"));
        let (positions, sent) = (BTreeMap::new(), BTreeMap::new());
        let mut pair = Self { truth, scripts, keys, apps, redis, listener, mode, positions, sent, number: 0 };
        pair.listen();
        pair
    }

    fn listen(&mut self) {
        let subscribe = if self.mode.is_cluster { "SSUBSCRIBE" } else { "SUBSCRIBE" };
        let topics = places().map(|place| self.address(&place).topic());
        for topic in topics.into_iter().chain([self.marker()]) {
            let packed = cmd(subscribe).arg(topic).get_packed_command();
            self.listener.send_packed_command(&packed).unwrap();
            self.listener.recv_response().unwrap();
        }
    }

    fn marker(&self) -> String {
        format!("{}:marker", self.keys.tag(0))
    }

    fn address(&self, place: &Place) -> Address {
        self.keys.address(place, &self.apps).unwrap()
    }

    /// All that was heard so far.
    fn heard(&mut self) -> Vec<(Place, Heard)> {
        let publish = if self.mode.is_cluster { "SPUBLISH" } else { "PUBLISH" };
        let marker = self.marker();
        cmd(publish).arg(&marker).arg("").exec(&mut self.redis).unwrap();
        let mut heard = Vec::new();
        loop {
            let [_, topic, message] = list(self.listener.recv_response().unwrap()).unwrap().try_into().unwrap();
            let topic = bytes(topic).unwrap();
            if topic == marker {
                return heard;
            }
            let place = self.keys.place(&topic, &self.apps).unwrap();
            heard.push((place, Heard::read(bytes(message).unwrap()).unwrap()));
        }
    }

    fn ask(&mut self, command: &Cmd) -> Value {
        ask(&mut self.redis, command)
    }

    /// Begins anew with nothing.
    pub(super) fn restart(&mut self) {
        self.flush();
        self.heard();
        self.positions.clear();
        self.sent.clear();
    }

    fn flush(&mut self) {
        cmd("FLUSHALL").exec(&mut self.redis).unwrap();
        self.truth.flush();
    }

    fn set_clock(&mut self) {
        let [seconds, micros] = list(self.ask(&cmd("TIME"))).unwrap().try_into().unwrap();
        self.truth.at(number(&seconds).unwrap() * 1_000_000 + number(&micros).unwrap());
    }

    pub(super) fn carry_out(&mut self, step: &Step) {
        self.set_clock();
        let published = match step {
            Step::Sync { origin, former, place, share, is_late, is_stray } => {
                let former = former.filter(|former| former != origin).map(Origin);
                let end_ms = if *is_late { 1 } else { LEASE_MS };
                // A new session each time, or the second one.
                self.number += 1;
                let session = if *is_stray { 2 } else { self.number };
                self.sync(Lease { origin: Origin(*origin), end_ms, former, session }, *place, share)
            }
            Step::Stay { origin, place, stay } => {
                self.number += 1;
                let sending = Sending { sender: Origin(100 + origin), number: self.number, after: None };
                self.sent.insert(*origin, (sending, *place, stay.clone()));
                self.stay(*origin)
            }
            Step::Again { origin } => self.stay(*origin),
            Step::Look { place, after } => {
                let known = self.positions.get(place).filter(|known| !known.is_empty());
                let after = known.and_then(|known| Some(known.iter().nth((*after)?.index(known.len())).unwrap()));
                self.look(*place, after.map(|(model, redis)| (*model, *redis)))
            }
            Step::Reap { origin } => self.reap(Origin(*origin)),
            Step::Flush => {
                self.flush();
                Vec::new()
            }
        };
        self.compare_published(&published);
    }

    fn sync(&mut self, lease: Lease, place: usize, share: &Share) -> Vec<Published> {
        let at = &places()[place];
        let command = self.scripts.sync(&self.keys, lease, &self.address(at), share);
        let redis = script::synced(self.ask(&command), share.ticket);
        let Lease { origin, end_ms, former, session } = lease;
        let by = Speaker { origin, former, lease_end_ms: end_ms, session };
        let (model, published) = match self.truth.sync(by, at, share) {
            Ok(model) => model,
            Err(truth::Expired) => {
                assert_eq!(redis.unwrap_err(), Refused::Expired);
                return Vec::new();
            }
        };
        let redis = redis.unwrap();
        assert_eq!((model.ticket, &model.refused), (redis.ticket, &redis.refused));
        self.same(place, model.position, redis.position);
        assert_eq!(model.changes.len(), redis.changes.len(), "{model:?} {redis:?}");
        for (model, redis) in model.changes.iter().zip(&redis.changes) {
            self.same(place, model.0, redis.0);
            self.same(place, model.1, redis.1);
            assert_eq!(model.2, redis.2);
        }
        published
    }

    fn stay(&mut self, origin: u64) -> Vec<Published> {
        let Some((sending, place, stay)) = self.sent.get(&origin).cloned() else { return Vec::new() };
        let at = &places()[place];
        let command = self.scripts.stay(sending, &self.address(at), &stay);
        let redis = script::stayed(self.ask(&command)).unwrap();
        let same = truth::Sending { sender: sending.sender, number: sending.number };
        let (model, published) = self.truth.stay(same, at, &stay);
        match (model, redis) {
            (Outcome::At(before, at), Outcome::At(before_too, at_too)) => {
                self.same(place, before, before_too);
                self.same(place, at, at_too);
            }
            (model, redis) => assert_eq!(model, redis),
        }
        published
    }

    fn reap(&mut self, origin: Origin) -> Vec<Published> {
        for bucket in 0..BUCKETS {
            let command = self.scripts.reap(&self.keys, origin, bucket, 100);
            assert_eq!(script::reaped(&self.ask(&command)), Ok(0));
        }
        self.truth.reap(origin)
    }

    fn look(&mut self, place: usize, after: Option<(u64, u64)>) -> Vec<Published> {
        let at = &places()[place];
        let parts = Parts::All(after.map(|(_, redis)| Position(redis)));
        let command = self.scripts.look(&self.address(at), parts);
        let (redis, members) = script::looked(self.ask(&command), |_| Whose::Other).unwrap();
        let model = self.truth.look(at, after.map(|(model, _)| Position(model)));
        assert_eq!(members, model.members.len());
        self.same(place, model.position, redis.position);
        assert_eq!((model.total, &model.members), (redis.total, &redis.members));
        let (model, redis) = (kept(model), kept(redis));
        assert_eq!(model.len(), redis.len(), "{model:?} {redis:?}");
        for (model, redis) in model.iter().zip(&redis) {
            self.same(place, model.1, redis.1);
            assert_eq!((model.0, &model.2), (redis.0, &redis.2));
        }
        Vec::new()
    }

    /// Redis' order of places in a reaped node is not the model's, so messages are compared place by place.
    fn compare_published(&mut self, published: &[Published]) {
        let heard = self.heard();
        assert_eq!(heard.len(), published.len(), "{heard:?} {published:?}");
        for (index, place) in places().iter().enumerate() {
            let heard = heard.iter().filter(|(at, _)| at == place).map(|(_, message)| message);
            let mut heard = heard.cloned().collect::<Vec<_>>().into_iter();
            for model in published.iter().filter(|published| published.place == *place) {
                self.same_message(index, &model.message, heard.next().unwrap());
            }
        }
    }

    fn same_message(&mut self, place: usize, model: &truth::Heard, redis: Heard) {
        let (previous, position) = match (model, redis) {
            (truth::Heard::Stayed(p, q, origin, stay), Heard::Stayed(pp, qq, other, same)) => {
                assert_eq!((origin, stay), (&other, &same));
                ((p, pp), (q, qq))
            }
            (truth::Heard::Changed(p, q, change), Heard::Changed(pp, qq, same)) => {
                assert_eq!(change, &same);
                ((p, pp), (q, qq))
            }
            (model, redis) => panic!("{model:?} {redis:?}"),
        };
        self.same(place, *previous.0, previous.1);
        self.same(place, *position.0, position.1);
    }

    /// Positions stand for the same when both are equal to, above and below the same ones.
    fn same(&mut self, place: usize, model: Position, redis: Position) {
        let known = self.positions.entry(place).or_insert_with(|| BTreeMap::from([(0, 0)]));
        if let Some(before) = known.insert(model.0, redis.0) {
            assert_eq!(before, redis.0, "{model:?} was another position");
        }
        let below = known.range(..model.0).next_back().is_none_or(|(_, other)| *other < redis.0);
        let above = known.range(model.0 + 1..).next().is_none_or(|(_, other)| *other > redis.0);
        assert!(below && above, "{model:?} {redis:?} in another order");
    }

    /// All places are alike, and nothing is left of nodes that are reaped.
    pub(super) fn finish(&mut self) {
        self.compare_places();
        for origin in 1..4 {
            self.set_clock();
            let published = self.reap(Origin(origin));
            self.compare_published(&published);
        }
        self.compare_places();
        assert_eq!(self.truth.occupied(), []);
        let all: Vec<String> = cmd("KEYS").arg("*").query(&mut self.redis).unwrap();
        let kinds: BTreeSet<&str> = all.iter().filter_map(|key| key.split(':').nth(2)).collect();
        assert!(kinds.iter().all(|kind| !["s", "n", "o", "m", "e"].contains(kind)), "{all:?}");
        for key in all {
            let left: i64 = cmd("PTTL").arg(&key).query(&mut self.redis).unwrap();
            assert!(left > 0, "{key} stays for ever");
        }
    }

    fn compare_places(&mut self) {
        for place in 0..places().len() {
            self.look(place, None);
        }
        let mut found = Vec::new();
        for (_, command) in script::list_channels(&self.keys, self.apps.id(AppIndex(0)).unwrap()) {
            found.extend(script::channels(self.ask(&command), "").unwrap());
        }
        let mut found: Vec<_> = found.into_iter().map(|at| (at.name, at.subscriptions, at.members)).collect();
        found.sort();
        let channel = |(place, total, members)| match place {
            Place::Channel(key) if total > 0 => {
                let members = key.name.kind().is_presence().then_some(members);
                Some((key.name, total, members))
            }
            Place::Channel(_) | Place::User(_) => None,
        };
        let mut model: Vec<_> = self.truth.occupied().into_iter().filter_map(channel).collect();
        model.sort();
        assert_eq!(model, found);
    }
}

/// All that a look says of events, with where it says so.
fn kept(look: Look) -> Vec<(&'static str, Position, Box<Stay>)> {
    let retained = look.retained.into_iter().map(|past| ("retained", past.position, past.stay));
    let cached = look.cached.into_iter().map(|past| ("cached", past.position, past.stay));
    let missed = look.missed.into_iter().map(|past| ("missed", past.position, past.stay));
    retained.chain(cached).chain(missed).collect()
}
