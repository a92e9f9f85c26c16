//! `[[app]]` and `[app.limits]`: the keys, and how apps are read from the file and the environment.

use toml::de::DeTable;

use super::env::Environment;
use super::key::{Key, Section, Variables};
use super::measure::{bytes, seconds, time};
use super::model::{App, AppLimits, Secret};
use super::pace::pace;
use super::problem::Place;
use super::reader::{Element, Reader};
use super::secret::{Pair, credentials, master_key, secret};
use super::shape::{ID, KEY, ORIGIN, UNDECLARED};
use super::slot::{count, count_or, flag};
use super::text::{list, required, text};
use super::tokens::{APP_TOKENS, TokensDraft};
use crate::protocol::AppId;

pub(super) const APP: Section<AppDraft> = Section {
    path: "app",
    heading: "[[app]]",
    variables: Variables::Each,
    keys: APP_KEYS,
    tables: &["limits", "tokens"],
};

const APP_KEYS: &[Key<AppDraft>] = &[
    Key::new("id", "Public name in the paths of the HTTP API; digits suit every library.", |d| {
        required(&mut d.id, &ID)
    }),
    Key::new("key", "Public key that clients connect with.", |d| required(&mut d.key, &KEY)),
    Key::new("secret", "Signs requests and subscriptions; never leaves the servers.", |d| secret(&mut d.secret)),
    Key::new("credentials", "In place of key and secret: several pairs for rotation; the first one signs.", |d| {
        credentials(&mut d.credentials)
    }),
    Key::new("enabled", "Whether the app may be used; if not, connects get 4003 and requests 403.", |d| {
        flag(&mut d.app.enabled)
    }),
    Key::new("tls_only", "Whether connections without TLS are refused with 4000.", |d| flag(&mut d.app.tls_only)),
    Key::new("max_connections", "Connections at once; more are refused with 4004.", |d| {
        count_or("unlimited", &mut d.app.max_connections, 1..=10_000_000)
    }),
    Key::new("allowed_origins", "Pages that may connect, by their Origin; [] allows any.", |d| {
        list(&mut d.app.allowed_origins, &ORIGIN)
    }),
    Key::new("client_events", "Whether clients may send client-* events.", |d| flag(&mut d.app.client_events)),
    Key::new("client_event_rate", "Client events per second and connection; more are refused with 4301.", |d| {
        count(&mut d.app.client_event_rate, 1..=1_000_000)
    }),
    Key::new(
        "authorized_connections",
        "Whether connections that authorize nothing in time are closed with 4009.",
        |d| flag(&mut d.app.authorized_connections),
    ),
    Key::new("authorization_timeout", "The time that authorized_connections gives.", |d| {
        time(&mut d.app.authorization_timeout, 1000..=3_600_000)
    }),
    Key::new("subscription_count", "Whether subscribers are told how many they are.", |d| {
        flag(&mut d.app.subscription_count)
    }),
    Key::new("watchlist", "Whether signed-in users are told who of their watchlist is online.", |d| {
        flag(&mut d.app.watchlist)
    }),
    Key::new("cache_ttl", "Time that a cache channel keeps its last event.", |d| {
        time(&mut d.app.cache_ttl, 1000..=604_800_000)
    }),
    Key::new("activity_timeout", "Silence after which a connection is probed; clients are told.", |d| {
        seconds(&mut d.app.activity_timeout, 1000..=86_400_000)
    }),
    Key::new("pong_timeout", "Silence after a probe that ends a connection with 4201.", |d| {
        time(&mut d.app.pong_timeout, 1000..=600_000)
    }),
    Key::new("assume_protocol", "Whether a missing protocol parameter means 7; else it is refused with 4008.", |d| {
        flag(&mut d.app.assume_protocol)
    }),
    Key::new(
        "subscription_error",
        "Whether a failed subscription is answered with pusher:subscription_error too.",
        |d| flag(&mut d.app.subscription_error),
    ),
    Key::new("undeclared", "Channels that no [[channel]] stands for: allowed as Pusher's are, or refused.", |d| {
        text(&mut d.app.undeclared, &UNDECLARED)
    }),
    Key::new(
        "event_id_window",
        "Time that an event's id is remembered, so that a retry is not delivered again.",
        |d| time(&mut d.app.event_id_window, 1000..=86_400_000),
    ),
    Key::new("handshake_rate", "Connects of one address; more are answered with 429.", |d| {
        pace(&mut d.app.handshake_rate)
    }),
    Key::new("auth_rate", "Calls of one address to the auth endpoints; more are answered with 429.", |d| {
        pace(&mut d.app.auth_rate)
    }),
    Key::new("failed_auth_rate", "Calls of one address without a valid token; more are answered with 429.", |d| {
        pace(&mut d.app.failed_auth_rate)
    }),
    Key::new("encryption_master_key", "What the keys of private-encrypted- channels are derived from.", |d| {
        master_key(&mut d.app.encryption_master_key)
    }),
];

pub(super) const APP_LIMITS: Section<AppLimits> =
    Section { path: "app.limits", heading: "[app.limits]", variables: Variables::Each, keys: LIMIT_KEYS, tables: &[] };

const MIB: u64 = 1 << 20;

const LIMIT_KEYS: &[Key<AppLimits>] = &[
    Key::new("channel_name", "Characters of a channel name.", |l| count(&mut l.channel_name, 1..=1024)),
    Key::new("event_name", "Characters of an event name.", |l| count(&mut l.event_name, 1..=1024)),
    Key::new("event_data_bytes", "Size of an event's data, the UTF-8 bytes of its text.", |l| {
        bytes(&mut l.event_data_bytes, 1..=16 * MIB)
    }),
    Key::new("channels_per_event", "Channels that one event may be published to.", |l| {
        count(&mut l.channels_per_event, 1..=10_000)
    }),
    Key::new("batch_events", "Events in one batch.", |l| count(&mut l.batch_events, 1..=10_000)),
    Key::new("presence_members", "Members of one presence channel.", |l| count(&mut l.presence_members, 1..=100_000)),
    Key::new("presence_user_id", "Characters of a presence member's id.", |l| count(&mut l.presence_user_id, 1..=1024)),
    Key::new("presence_user_info_bytes", "Size of a presence member's user_info.", |l| {
        bytes(&mut l.presence_user_info_bytes, 0..=MIB)
    }),
    Key::new("watchlist_ids", "Ids that one user may watch.", |l| count(&mut l.watchlist_ids, 1..=100_000)),
    Key::new("clock_skew", "Distance from our clock at which an auth_timestamp is refused.", |l| {
        time(&mut l.clock_skew, 1000..=86_400_000)
    }),
];

/// An app while it is read; what has no default is still optional.
pub(super) struct AppDraft {
    pub(super) id: Option<AppId>,
    pub(super) key: Option<String>,
    pub(super) secret: Option<Secret>,
    pub(super) credentials: Option<Vec<Pair>>,
    /// The switches and limits; its id and credentials mean nothing yet.
    pub(super) app: App,
    /// How its tokens are checked, and where that begins.
    pub(super) tokens: Option<(TokensDraft, Place)>,
    /// Where the app is declared.
    pub(super) place: Place,
}

impl Default for AppDraft {
    fn default() -> Self {
        let nobody = AppId::parse("0").expect("a digit is an app id");
        let app = App::new(nobody, "", "");
        Self { id: None, key: None, secret: None, credentials: None, app, tokens: None, place: Place::Nowhere }
    }
}

/// The apps of the file, in its order.
pub(super) fn read_file(root: &DeTable<'_>, reader: &mut Reader<'_>) -> Vec<AppDraft> {
    let elements = reader.elements(root, &APP);
    elements.into_iter().map(|element| read_app(element, reader)).collect()
}

fn read_app(element: Element<'_>, reader: &mut Reader<'_>) -> AppDraft {
    let Element { path, place, table } = element;
    let mut draft = AppDraft { place, ..AppDraft::default() };
    reader.table(&APP, &mut draft, &path, table);
    let limits = format!("{path}.limits");
    if let Some(table) = reader.subtable(table, &APP_LIMITS, &limits) {
        reader.table(&APP_LIMITS, &mut draft.app.limits, &limits, table);
    }
    if let Some(value) = table.get(APP_TOKENS.name()) {
        let path = format!("{path}.tokens");
        let place = reader.lines().place(value.span().start);
        if let Some(table) = reader.subtable(table, &APP_TOKENS, &path) {
            let mut tokens = TokensDraft::default();
            reader.table(&APP_TOKENS, &mut tokens, &path, table);
            draft.tokens = Some((tokens, place));
        }
    }
    draft
}

/// Lets `SALURAN_APP_…` override the first app, or declare it when the file declares none.
pub(super) fn read_variables(drafts: &mut Vec<AppDraft>, environment: &mut Environment, reader: &mut Reader<'_>) {
    let given = APP.keys.iter().map(|key| APP.variable(key));
    let limits = APP_LIMITS.keys.iter().map(|key| APP_LIMITS.variable(key));
    let tokens = APP_TOKENS.keys.iter().map(|key| APP_TOKENS.variable(key)).find(|name| environment.has(name));
    let Some(first) = given.chain(limits).find(|name| environment.has(name)).or_else(|| tokens.clone()) else { return };
    if drafts.is_empty() {
        drafts.push(AppDraft { place: Place::Variable(first), ..AppDraft::default() });
    }
    let Some(draft) = drafts.first_mut() else { return };
    reader.variables(&APP, draft, "app[0]", environment);
    reader.variables(&APP_LIMITS, &mut draft.app.limits, "app[0].limits", environment);
    if let Some(name) = tokens {
        let (tokens, _) = draft.tokens.get_or_insert_with(|| (TokensDraft::default(), Place::Variable(name)));
        reader.variables(&APP_TOKENS, tokens, "app[0].tokens", environment);
    }
}

/// Path of the app with this number, from 0.
pub(super) fn path(number: usize) -> String {
    format!("{}[{number}]", APP.path)
}
