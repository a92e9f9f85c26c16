//! No sequence of subscribing, signing in, expiry, revocation and reload delivers an event to somebody
//! whom the rules of that moment forbid, nor keeps one from somebody whom they allow.
//!
//! Random steps against a naive model: after each, one event is published on every channel, and every
//! client must have got exactly those of the channels that the model says it hears.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{APP, Client, TestBroker, now, token};

const CHANNELS: [&str; 4] = ["open", "board", "private-desk", "private-vault"];
const ROLES: [&str; 3] = ["technician", "operator", "tenant"];
const CLIENTS: usize = 3;

/// Who may subscribe to `board`, `private-desk` and `private-vault` under each set of rules.
const RULES: [[&[&str]; 3]; 4] = [
    [&["technician"], &["app", "technician"], &["operator"]],
    [&["operator"], &["operator"], &["app", "operator"]],
    [&["technician", "tenant"], &["app"], &["technician", "tenant"]],
    [&[], &["technician"], &[]],
];

fn channels_toml(rules: usize) -> String {
    let mut text = String::from(
        "[[app]]\nid = \"1001\"\nkey = \"f00dfeedf00dfeedf00d\"\nsecret = \"c0ffee00c0ffee00c0ff\"\n\
         auth_rate = \"unlimited\"\n[app.tokens]\nsecret = \"a-secret-for-tokens-of-the-fleet-tests\"\n\
         [[role]]\nname = \"technician\"\n[[role]]\nname = \"tenant\"\n\
         [[role]]\nname = \"operator\"\nincludes = [\"technician\"]\n[[channel]]\nname = \"open\"\n",
    );
    for (channel, allowed) in CHANNELS.iter().skip(1).zip(RULES[rules]) {
        let rule = |name: &&str| if *name == "app" { json!("app") } else { json!(format!("role.{name}")) };
        let list: Vec<Value> = allowed.iter().map(rule).collect();
        text += &format!("[[channel]]\nname = \"{channel}\"\nsubscribe = {}\n", Value::from(list));
    }
    text
}

/// Why a client may hear a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Means {
    /// A signature by a back end.
    App,
    /// A token with this role.
    Role(&'static str),
    /// Nothing.
    None,
}

fn allows(rules: usize, channel: &str, means: &Means) -> bool {
    let Some(at) = CHANNELS.iter().skip(1).position(|name| *name == channel) else { return true };
    let allowed = RULES[rules][at];
    match means {
        Means::App => allowed.contains(&"app"),
        Means::Role("operator") => allowed.contains(&"operator") || allowed.contains(&"technician"),
        Means::Role(role) => allowed.contains(role),
        Means::None => false,
    }
}

#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    /// Subscribes with a token of this role where a signature is needed, else as is.
    Subscribe(usize, &'static str, &'static str),
    SubscribeByApp(usize, &'static str),
    Unsubscribe(usize, &'static str),
    SignIn(usize, &'static str),
    Reload(usize),
    /// Revokes what the client has shown.
    Revoke(usize),
    /// Shows a token that ends at once, and waits for the end.
    Expire(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = 0..CLIENTS;
    let channel = prop::sample::select(&CHANNELS[..]);
    let private = prop::sample::select(&CHANNELS[2..]);
    let role = prop::sample::select(&ROLES[..]);
    let step = prop_oneof![
        3 => client.clone().prop_map(Step::Connect),
        8 => (client.clone(), channel.clone(), role.clone()).prop_map(|(c, name, role)| Step::Subscribe(c, name, role)),
        3 => (client.clone(), private).prop_map(|(c, name)| Step::SubscribeByApp(c, name)),
        2 => (client.clone(), channel).prop_map(|(c, name)| Step::Unsubscribe(c, name)),
        4 => (client.clone(), role).prop_map(|(c, role)| Step::SignIn(c, role)),
        4 => (0..RULES.len()).prop_map(Step::Reload),
        1 => client.clone().prop_map(Step::Revoke),
        1 => client.prop_map(Step::Expire),
    ];
    prop::collection::vec(step, 1..32)
}

/// One client, and what the model says of it.
struct Place {
    client: Client,
    subject: String,
    signed_in: Option<&'static str>,
    /// Channels that were granted on a token once: their signatures are that token's for ever.
    granted: BTreeMap<&'static str, &'static str>,
    hears: BTreeSet<&'static str>,
}

impl Place {
    fn means(&self, channel: &str) -> Means {
        match channel.starts_with("private-") {
            true => self.granted.get(channel).map_or(Means::App, |role| Means::Role(role)),
            false => self.signed_in.map_or(Means::None, Means::Role),
        }
    }
}

struct World {
    /// Before the broker, which waits for its clients when it goes.
    places: Vec<Option<Place>>,
    broker: TestBroker,
    rules: usize,
    /// Makes subjects and events unlike any other.
    count: u64,
    /// One end for all tokens, so that none of them prolongs another.
    exp: u64,
}

impl World {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    async fn place(&mut self, at: usize) -> &mut Place {
        if self.places[at].is_none() {
            let client = self.broker.connect().await;
            let subject = format!("s{}", self.next());
            let granted = BTreeMap::new();
            self.places[at] = Some(Place { client, subject, signed_in: None, granted, hears: BTreeSet::new() });
        }
        self.places[at].as_mut().unwrap()
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Connect(at) => {
                if let Some(place) = self.places[at].take() {
                    place.client.close().await;
                }
                self.place(at).await;
            }
            Step::Subscribe(at, channel, role) => self.subscribe(at, channel, role).await,
            Step::SubscribeByApp(at, channel) => self.subscribe_by_app(at, channel).await,
            Step::Unsubscribe(at, channel) => {
                let place = self.place(at).await;
                if place.hears.remove(channel) {
                    place.client.unsubscribe(channel).await;
                    place.client.quiet().await;
                }
            }
            Step::SignIn(at, role) => {
                let place = self.place(at).await;
                // Another role of the same subject would be an earlier token with other rights.
                if place.signed_in.is_none() {
                    let subject = place.subject.clone();
                    place.signed_in = Some(role);
                    let token = token(&json!({ "sub": subject, "roles": [role], "exp": self.exp }));
                    let mut place = self.places[at].take().unwrap();
                    place.client.sign_in_granted(&self.broker, &token).await;
                    self.places[at] = Some(place);
                }
            }
            Step::Reload(rules) => self.reload(rules).await,
            Step::Revoke(at) => {
                let place = self.place(at).await;
                let has_shown = place.signed_in.is_some() || !place.granted.is_empty();
                let body = json!({ "subject": place.subject }).to_string();
                let response = self.broker.post("/api/v2/tokens/revoke", &body).await;
                assert_eq!(response.status, 200, "{response:?}");
                let mut place = self.places[at].take().unwrap();
                if has_shown {
                    place.client.expect_refusal(4009).await;
                }
            }
            Step::Expire(at) => {
                let subject = self.place(at).await.subject.clone();
                let token = token(&json!({ "sub": subject, "roles": ["tenant"], "exp": now() + 2 }));
                let mut place = self.places[at].take().unwrap();
                let body = json!({ "socket_id": place.client.socket_id }).to_string();
                let response = self.broker.post_as(&token, "/pusher/user-auth", &body).await;
                assert_eq!(response.status, 200, "{response:?}");
                place.client.expect_refusal(4009).await;
            }
        }
    }

    async fn subscribe(&mut self, at: usize, channel: &'static str, role: &'static str) {
        let rules = self.rules;
        self.place(at).await;
        let mut place = self.places[at].take().unwrap();
        if place.hears.contains(channel) {
            self.places[at] = Some(place);
            return;
        }
        if channel.starts_with("private-") {
            let token = token(&json!({ "sub": place.subject, "roles": [role], "exp": self.exp }));
            let response = self.broker.ask(&token, &place.client.socket_id, channel).await;
            let is_allowed = allows(rules, channel, &Means::Role(role));
            assert_eq!(response.status, if is_allowed { 200 } else { 403 }, "{channel} {role} {response:?}");
            if is_allowed {
                place.granted.insert(channel, role);
                place.client.subscribe_granted(&self.broker, &token, channel).await;
                place.hears.insert(channel);
            }
        } else {
            place.client.send_subscribe(&json!({ "channel": channel })).await;
            if allows(rules, channel, &place.means(channel)) {
                place.client.expect(&crate::support::succeeded(channel)).await;
                place.hears.insert(channel);
            } else {
                place.client.expect_refused_somehow(channel).await;
            }
        }
        self.places[at] = Some(place);
    }

    async fn subscribe_by_app(&mut self, at: usize, channel: &'static str) {
        let rules = self.rules;
        let place = self.place(at).await;
        if place.hears.contains(channel) {
            return;
        }
        place.client.send_signed(channel, None).await;
        if allows(rules, channel, &place.means(channel)) {
            place.client.expect(&crate::support::succeeded(channel)).await;
            place.hears.insert(channel);
        } else {
            place.client.expect_refused_somehow(channel).await;
        }
    }

    async fn reload(&mut self, rules: usize) {
        self.broker.reload(&channels_toml(rules)).await;
        self.rules = rules;
        for place in self.places.iter_mut().flatten() {
            let ended: Vec<_> =
                place.hears.iter().copied().filter(|channel| !allows(rules, channel, &place.means(channel))).collect();
            // In no order: each is told by a pair of frames.
            for _ in &ended {
                place.client.expect_error(None).await;
                let text = place.client.next().await;
                assert!(text.contains("pusher:subscription_error"), "{text}");
                assert!(ended.iter().any(|channel| text.contains(&format!("\"{channel}\""))), "{text}");
            }
            place.hears.retain(|channel| !ended.contains(channel));
        }
    }

    /// Publishes on every channel; everybody hears what the model says, and nothing else.
    async fn check(&mut self) {
        let number = self.next();
        for channel in CHANNELS {
            let body = json!({ "name": "n", "channel": channel, "data": number.to_string() }).to_string();
            let response = self.broker.post(&format!("/apps/{}/events", APP.id), &body).await;
            assert_eq!(response.status, 200, "{response:?}");
        }
        for place in self.places.iter_mut().flatten() {
            let mut heard = BTreeSet::new();
            for _ in 0..place.hears.len() {
                let event: Value = serde_json::from_str(&place.client.next().await).unwrap();
                assert_eq!(event["data"], json!(number.to_string()), "{event}");
                heard.insert(event["channel"].as_str().unwrap().to_owned());
            }
            assert!(heard.iter().map(String::as_str).eq(place.hears.iter().copied()), "{heard:?} {:?}", place.hears);
            place.client.quiet().await;
        }
    }
}

async fn play(steps: &[Step]) {
    let broker = TestBroker::declared(&channels_toml(0)).await;
    let places = std::iter::repeat_with(|| None).take(CLIENTS).collect();
    let mut world = World { places, broker, rules: 0, count: 0, exp: now() + 3600 };
    for step in steps {
        world.take(step).await;
        world.check().await;
    }
}

#[test]
fn nobody_ever_hears_what_the_rules_of_that_moment_forbid() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 20, max_shrink_iters: 60, ..ProptestConfig::default() });
    let outcome = runner.run(&steps(), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(&steps));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
