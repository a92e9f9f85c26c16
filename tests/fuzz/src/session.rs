//! A connection's state machine, spoken to line by line and watched.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use saluran::auth::Keeper;
use saluran::config::{self, Config};
use saluran::hub::{ChannelKey, JoinRefused, Joining, Publication, UserKey};
use saluran::protocol::{AppId, Signer, SocketId, UserId, channel_to_sign, user_to_sign};
use saluran::rules::{App, Apps};
use saluran::socket::{Effect, Machine};
use serde_json::json;
use tokio::time::Instant;

use super::frame::{check, check_refusal};

/// The app's key.
pub const KEY: &str = "key";
const SECRET: &str = "secret";
const CHANNELS: usize = 4;
const WATCHED: usize = 2;

static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    let mut app = config::App::new(AppId::parse("1").expect("an id"), KEY, SECRET);
    app.client_events = true;
    app.limits.watchlist_ids = WATCHED;
    app_of(Config { apps: vec![app], ..Config::default() })
});

/// Made once; without tokens nobody asks it anything.
static KEEPER: LazyLock<Keeper> = LazyLock::new(|| Keeper::start().expect("a thread").0);

/// The app of a configuration with this session's key.
pub fn app_of(config: Config) -> Arc<App> {
    let apps = Apps::new(&config, &KEEPER, &Apps::default()).expect("usable keys");
    apps.by_key(KEY).expect("just made").clone()
}

/// A machine, and what it must know by now.
#[derive(Debug)]
pub struct Session {
    machine: Machine,
    socket_id: SocketId,
    signer: Signer,
    now: Instant,
    is_next_full: bool,
    /// Channels, with the member's id on presence channels.
    subscriptions: BTreeMap<String, Option<String>>,
    user: Option<UserKey>,
    watched: Vec<UserKey>,
}

impl Default for Session {
    fn default() -> Self {
        let socket_id = SocketId::new(1, 1, 1);
        Self {
            machine: Machine::new(APP.clone(), socket_id, CHANNELS),
            socket_id,
            signer: Signer::new(SECRET),
            now: Instant::now(),
            is_next_full: false,
            subscriptions: BTreeMap::new(),
            user: None,
            watched: Vec::new(),
        }
    }
}

impl Session {
    /// Takes one line: `join CHANNEL [CHANNEL_DATA]` and `signin USER_DATA` are signed and sent,
    /// `full` has the next subscription refused, `wait` lets time pass, all else is sent as it is.
    pub fn line(&mut self, line: &str) {
        if let Some(join) = line.strip_prefix("join ") {
            let (channel, data) = join.split_once(' ').map_or((join, None), |(channel, data)| (channel, Some(data)));
            let auth = self.auth(&channel_to_sign(self.socket_id, channel, data));
            let data = json!({ "channel": channel, "auth": auth, "channel_data": data });
            self.send(&json!({ "event": "pusher:subscribe", "data": data }).to_string());
        } else if let Some(user) = line.strip_prefix("signin ") {
            let auth = self.auth(&user_to_sign(self.socket_id, user));
            let data = json!({ "auth": auth, "user_data": user });
            self.send(&json!({ "event": "pusher:signin", "data": data }).to_string());
        } else if line == "full" {
            self.is_next_full = true;
        } else if line == "wait" {
            self.now += Duration::from_millis(100);
        } else {
            self.send(line);
        }
    }

    fn auth(&self, text: &str) -> String {
        format!("{KEY}:{}", self.signer.sign(text))
    }

    fn send(&mut self, text: &str) {
        match self.machine.receive(text, self.now) {
            Effect::Nothing => {}
            Effect::Reply(frame) => check(&frame),
            Effect::Join(joining) => self.join(&joining),
            Effect::Leave(left) => self.left(&left.channel, left.member.as_ref()),
            Effect::SignIn(signed_in) => {
                check(&signed_in.reply.expect("somebody signed in and is told"));
                if let Some(refusal) = signed_in.refusal {
                    check_refusal(&refusal, None);
                }
                self.signed_in(signed_in.user);
                assert_eq!(signed_in.unwatch, self.watched);
                self.watch(signed_in.watch);
            }
            Effect::Publish(publications) => publications.iter().for_each(|publication| self.published(publication)),
            Effect::Refuse(refusal, failed) => check_refusal(&refusal, failed.as_deref()),
        }
        assert!(!self.machine.is_joining());
        assert!(self.subscriptions.len() <= CHANNELS);
    }

    /// Every wish to subscribe is answered, one way or the other.
    fn join(&mut self, joining: &Joining) {
        assert!(self.machine.is_joining());
        let name = &joining.channel.name;
        assert!(!self.subscriptions.contains_key(name.as_str()), "twice on {name}");
        assert_eq!(joining.member.is_some(), name.kind().is_presence());
        if let Some(member) = &joining.member {
            let limits = &APP.config.limits;
            assert!(member.id.as_str().chars().count() <= limits.presence_user_id, "{member:?}");
            assert!(
                member.info.as_deref().is_none_or(|info| info.len() <= limits.presence_user_info_bytes),
                "{member:?}"
            );
        }
        assert!(!joining.counts);
        let outcome = if std::mem::take(&mut self.is_next_full) { Err(JoinRefused::Full { limit: 1 }) } else { Ok(()) };
        match self.machine.joined(outcome) {
            Err((refusal, channel)) => {
                assert!(outcome.is_err() && channel == name.as_str());
                check_refusal(&refusal, Some(&channel));
            }
            Ok(taken_back) => {
                assert!(outcome.is_ok() && taken_back.is_none());
                assert!(self.machine.is_authorized() || !name.kind().needs_signature());
                let member = joining.member.as_ref().map(|member| member.id.as_str().to_owned());
                self.subscriptions.insert(name.to_string(), member);
            }
        }
    }

    fn left(&mut self, channel: &ChannelKey, member: Option<&UserId>) {
        let known = self.subscriptions.remove(channel.name.as_str()).expect("a subscription that there was");
        assert_eq!(known.as_deref(), member.map(UserId::as_str));
    }

    fn signed_in(&mut self, user: Option<UserKey>) {
        assert!(self.machine.is_authorized());
        assert_eq!(user.is_some(), self.user.is_none());
        self.user = self.user.take().or(user);
    }

    fn watch(&mut self, users: Vec<UserKey>) {
        assert!(users.len() <= WATCHED && users.is_sorted_by(|a, b| a.id < b.id));
        self.watched = users;
    }

    fn published(&self, publication: &Publication) {
        check(&publication.frame);
        let name = &publication.channel.name;
        let member = self.subscriptions.get(name.as_str()).expect("a sender who is subscribed");
        assert!(name.kind().takes_client_events() && publication.cache.is_none());
        assert_eq!(publication.except, Some(self.socket_id));
        let text = String::from_utf8_lossy(publication.frame.as_bytes());
        let sender = member.as_ref().map(|id| format!(r#","user_id":{}}}"#, json!(id)));
        assert!(sender.is_none_or(|sender| text.ends_with(&sender)), "{text}");
    }

    /// The connection ends and gives back all that it held.
    pub fn end(mut self) {
        let (left, signed_in) = self.machine.take_all();
        left.iter().for_each(|left| self.left(&left.channel, left.member.as_ref()));
        assert!(self.subscriptions.is_empty());
        assert_eq!(signed_in.is_some(), self.user.is_some());
        let Some(signed_in) = signed_in else { return };
        assert_eq!((signed_in.user, signed_in.unwatch), (self.user, self.watched));
    }
}
