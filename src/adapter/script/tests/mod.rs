//! What depends on time, and how leases go, on a real Redis.

mod kept;
mod leases;
mod roles;
mod shares;

use std::time::Duration;

use redis::{Cmd, Connection, Value};
use tokio::time::Instant;

use crate::adapter::apps::Apps;
use crate::adapter::keys::{Address, Keys};
use crate::adapter::script::{Lease, Scripts, Sending};
use crate::adapter::server::{Server, ask};
use crate::hub::far::{Event, Number, Origin, Place, Share, Stay, Totals};
use crate::hub::{AppIndex, ChannelKey, Record};
use crate::protocol::{AppId, ChannelName, Frame, UserId};

const FAR: u64 = 1 << 52;

struct Rig {
    scripts: Scripts,
    keys: Keys,
    apps: Apps,
    redis: Connection,
    _server: Server,
}

impl Rig {
    fn new() -> Self {
        let (server, scripts) = (Server::start(&[]), Scripts::new(false));
        let redis = server.loaded(&scripts, "");
        let apps = Apps::new(vec![AppId::parse("7").unwrap()]);
        Self { scripts, keys: Keys::new("p"), apps, redis, _server: server }
    }

    fn ask(&mut self, command: &Cmd) -> Value {
        ask(&mut self.redis, command)
    }

    fn address(&self, channel: &str) -> Address {
        let name = ChannelName::parse(channel, 100).unwrap();
        self.keys.address(&Place::Channel(ChannelKey { app: AppIndex(0), name }), &self.apps).unwrap()
    }

    fn sync(&mut self, origin: u64, channel: &str, share: &Share) -> Value {
        let lease = Lease { origin: Origin(origin), end_ms: FAR, former: None, session: 1 };
        let command = self.scripts.sync(&self.keys, lease, &self.address(channel), share);
        self.ask(&command)
    }

    fn stay(&mut self, number: u64, channel: &str, stay: &Stay) -> Value {
        let sending = Sending { sender: Origin(1), number, after: None };
        let command = self.scripts.stay(sending, &self.address(channel), stay);
        self.ask(&command)
    }

    /// Waits for what time brings.
    fn until(&mut self, mut holds: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds(self) {
            assert!(Instant::now() < deadline, "it never came");
            std::thread::yield_now();
        }
    }
}

fn user(id: &str) -> UserId {
    UserId::parse(id, 100).unwrap()
}

fn share(subscriptions: usize, members: &[(&str, bool)]) -> Share {
    let members = members.iter().map(|(id, is_in)| (user(id), is_in.then_some(None))).collect();
    Share { ticket: 0, subscriptions, totals: Totals::Edges, members, member_limit: 1000 }
}

fn event(text: &str) -> Stay {
    let frame = Frame::text(text.len(), |out| out.extend_from_slice(text.as_bytes()));
    let record = Record { name: "n".into(), data: frame.bytes().slice(2..), at_ms: 1 };
    let event = Event { number: Number { value: 1, since: 0 }, except: None, frame };
    Stay { event, id: None, retain: None, history: None, cache: None, is_late: false, record }
}
