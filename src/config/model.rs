//! What a broker is told: plain values, with every default in this file and nowhere else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

pub use super::adapter::model::{Adapter, AdapterKind, RedisMode, RedisServer};
pub use super::confidential::Secret;
pub use super::contest::model::{Contest, Control, Database, Gateway, Store};
use super::contract::model::{Channel, Pace, Role, Undeclared};
use super::contract::rule::Rule;
use crate::protocol::AppId;

/// Everything that one process needs to know before it starts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Listeners, workers and the times that hold for every app.
    pub server: Server,
    /// Bounds of this node's queues and buffers.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
    /// How this node meets the other ones.
    pub adapter: Adapter,
    /// The vibration contest.
    pub contest: Contest,
    /// Where the contest is kept.
    pub store: Store,
    /// The cameras' own listener.
    pub gateway: Gateway,
    /// The tenants; ids and keys are unique.
    pub apps: Vec<App>,
    /// Roles of bearer tokens; names are unique, and none includes itself.
    pub roles: Vec<Role>,
    /// What channels are. Of two whose names overlap one is narrower, or a third stands for just the
    /// names that both have.
    pub channels: Vec<Channel>,
}

/// Listeners, workers and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address of the main listener; `::` means every address of both families.
    pub host: IpAddr,
    /// Port of the main listener; 0 lets the system choose.
    pub port: u16,
    /// Path in front of `/app` and `/apps`, without a slash at the end; empty for none.
    pub path_prefix: String,
    /// Worker threads; 0 for one per core.
    pub workers: usize,
    /// Connections that the kernel keeps waiting for each worker before it refuses more.
    pub backlog: u32,
    /// Connections on this node; `None` for what the file-descriptor limit allows.
    pub max_connections: Option<usize>,
    /// Time for a client to send its request head.
    pub handshake_timeout: Duration,
    /// Time for a client to send a request body.
    pub body_timeout: Duration,
    /// Time that an idle HTTP connection is kept.
    pub keep_alive: Duration,
    /// Time for a peer to answer our Close frame before the socket is dropped.
    pub close_timeout: Duration,
    /// Time over which a shutdown spreads its closes (4200).
    pub drain: Duration,
    /// Peers whose `X-Forwarded-Proto` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Address of `/metrics`, `/healthz` and `/readyz`; `None` for no admin listener.
    pub admin: Option<SocketAddr>,
    /// The name under which programs on the network find this broker by DNS-SD; `None` for none.
    pub announce: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            port: 6001,
            path_prefix: String::new(),
            workers: 0,
            backlog: 1024,
            max_connections: None,
            handshake_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            close_timeout: Duration::from_secs(5),
            drain: Duration::from_secs(10),
            trusted_proxies: Vec::new(),
            admin: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9601)),
            announce: None,
        }
    }
}

/// Bounds of this node's queues and buffers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message from a client; more closes with 1009.
    pub message_bytes: usize,
    /// Bytes waiting for one connection that does not read; more closes with 4100.
    pub outbox_bytes: usize,
    /// Frames waiting for one connection that does not read; more closes with 4100.
    pub outbox_frames: usize,
    /// Commands waiting for one worker; senders wait, then are refused with 503.
    pub inbox_commands: usize,
    /// Bytes of an HTTP request body; more is answered with 413.
    pub http_body_bytes: usize,
    /// Channels that one connection may be subscribed to.
    pub channels_per_connection: usize,
    /// Bytes of cached events on this node; the oldest make room.
    pub cache_bytes: usize,
    /// Bytes of retained events on this node; the oldest make room.
    pub retained_bytes: usize,
    /// Bytes of past events on this node; the oldest make room.
    pub history_bytes: usize,
    /// Ids of events that this node remembers, so that retries are not delivered; the oldest make room.
    pub event_ids: usize,
    /// Time that a publish or a query waits for a busy worker before it is refused with 503.
    pub busy_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 * 1024,
            outbox_bytes: 1024 * 1024,
            outbox_frames: 16 * 1024,
            inbox_commands: 4096,
            http_body_bytes: 1024 * 1024,
            channels_per_connection: 16 * 1024,
            cache_bytes: 64 * 1024 * 1024,
            retained_bytes: 256 * 1024 * 1024,
            history_bytes: 256 * 1024 * 1024,
            event_ids: 128 * 1024,
            busy_wait: Duration::from_secs(2),
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `saluran=debug,info`.
    pub level: String,
    /// Text for people or JSON lines for machines.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A tenant: who may connect with which key, and what is switched on.
///
/// Source: `protocol` reference, section 0.3 (switches) and 3.4 (limits).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Public, in the paths of the HTTP API.
    pub id: AppId,
    /// At least one; the first signs what we sign.
    pub credentials: Vec<Credential>,
    /// `false`: 4003 on connect, 403 on the API.
    pub enabled: bool,
    /// 4000 on plain `ws`.
    pub tls_only: bool,
    /// Connections at once; more get 4004.
    pub max_connections: Option<usize>,
    /// Hosts (`example.com`, `*.example.com`), origins (`https://example.com:8443`) or `*`; empty allows any.
    pub allowed_origins: Vec<String>,
    /// Whether `client-*` events are accepted.
    pub client_events: bool,
    /// Client events per second and connection; more get 4301.
    pub client_event_rate: u32,
    /// Close connections that do not authorize themselves in time, with 4009.
    pub authorized_connections: bool,
    /// The time that `authorized_connections` gives.
    pub authorization_timeout: Duration,
    /// Send `pusher_internal:subscription_count`.
    pub subscription_count: bool,
    /// Send watchlist events.
    pub watchlist: bool,
    /// How long a cached event lives.
    pub cache_ttl: Duration,
    /// Silence after which a connection is probed; whole seconds, told to clients.
    pub activity_timeout: Duration,
    /// Silence after a probe that ends the connection with 4201.
    pub pong_timeout: Duration,
    /// Treat a missing `protocol` parameter as 7 instead of refusing with 4008.
    pub assume_protocol: bool,
    /// Send `pusher:subscription_error` after the `pusher:error` of a failed subscription.
    pub subscription_error: bool,
    /// What happens to channels that nothing declares.
    pub undeclared: Undeclared,
    /// How long the id of an event is remembered, so that a retry is not delivered again.
    pub event_id_window: Duration,
    /// Handshakes of one address; more get 429.
    pub handshake_rate: Option<Pace>,
    /// Calls of one address to the auth endpoints; more get 429.
    pub auth_rate: Option<Pace>,
    /// Calls of one address that carry no valid token; more get 429.
    pub failed_auth_rate: Option<Pace>,
    /// 32 bytes from which the keys of encrypted channels are derived.
    pub encryption_master_key: Option<Secret>,
    /// How bearer tokens are checked; `None` when there are none.
    pub tokens: Option<Tokens>,
    /// Sizes and counts.
    pub limits: AppLimits,
}

impl App {
    /// An app with every switch at its default.
    #[must_use]
    pub fn new(id: AppId, key: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id,
            credentials: vec![Credential { key: key.into(), secret: Secret::new(secret) }],
            enabled: true,
            tls_only: false,
            max_connections: None,
            allowed_origins: Vec::new(),
            client_events: false,
            client_event_rate: 10,
            authorized_connections: false,
            authorization_timeout: Duration::from_secs(30),
            subscription_count: false,
            watchlist: true,
            cache_ttl: Duration::from_secs(1800),
            activity_timeout: Duration::from_secs(120),
            pong_timeout: Duration::from_secs(30),
            assume_protocol: false,
            subscription_error: true,
            undeclared: Undeclared::Allow,
            event_id_window: Duration::from_secs(120),
            handshake_rate: None,
            auth_rate: Some(Pace { count: 600, per: Duration::from_secs(60) }),
            failed_auth_rate: Some(Pace { count: 10, per: Duration::from_secs(60) }),
            encryption_master_key: None,
            tokens: None,
            limits: AppLimits::default(),
        }
    }
}

/// How an app's bearer tokens are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Where the keys of JWTs come from; `None` when only introspection knows tokens.
    pub keys: Option<TokenKeys>,
    /// What signs the tokens that the command line issues; PEM, for `public_key` only.
    pub private_key: Option<Secret>,
    /// `iss` that a token must have.
    pub issuer: Option<String>,
    /// `aud` that a token must have, alone or in a list.
    pub audience: Option<String>,
    /// Difference of clocks that is forgiven.
    pub leeway: Duration,
    /// The claim with the list of roles (or one role as a text).
    pub roles_claim: String,
    /// Claims that other members of a presence channel see.
    pub user_info: Vec<String>,
    /// The claim with the ids of users to watch.
    pub watchlist_claim: String,
    /// Where opaque tokens are looked up.
    pub introspection: Option<Introspection>,
    /// Time for a key set or a looked-up token to arrive.
    pub timeout: Duration,
    /// Who may revoke tokens.
    pub revoke: Vec<Rule>,
}

/// Keys of JWTs, with the one algorithm that they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKeys {
    /// HS256.
    Secret(Secret),
    /// A public key.
    Pem {
        /// What it verifies.
        algorithm: Algorithm,
        /// The PEM text.
        text: String,
    },
    /// A JSON Web Key Set from a file.
    JwksFile {
        /// What its keys verify; keys for others are passed over.
        algorithm: Algorithm,
        /// The JSON text.
        text: String,
    },
    /// A JSON Web Key Set from a URL.
    JwksUrl {
        /// What its keys verify; keys for others are passed over.
        algorithm: Algorithm,
        /// `https://…`, or `http://…` for a host of one's own.
        url: String,
        /// How often it is read again; an unknown `kid` makes it read sooner.
        refresh: Duration,
    },
}

/// Algorithms of public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// ECDSA over P-256, SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// Looking up opaque tokens, as Laravel's `/api/v2/auth/me` answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introspection {
    /// Gets `Authorization: Bearer <token>`; 200 with a user means yes, 401 and 403 mean no.
    pub url: String,
    /// How long an answer is believed.
    pub cache: Duration,
}

/// A key and its secret; an app may have several, so that they can be rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Public, in the WebSocket URL and in every `auth` string.
    pub key: String,
    /// Signs; never leaves the servers.
    pub secret: Secret,
}

/// Sizes and counts of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppLimits {
    /// Characters of a channel name.
    pub channel_name: usize,
    /// Characters of an event name.
    pub event_name: usize,
    /// Bytes of an event's `data`.
    pub event_data_bytes: usize,
    /// Channels that one event may be published to.
    pub channels_per_event: usize,
    /// Events in one batch.
    pub batch_events: usize,
    /// Members of one presence channel.
    pub presence_members: usize,
    /// Characters of a presence member's id.
    pub presence_user_id: usize,
    /// Bytes of a presence member's `user_info`.
    pub presence_user_info_bytes: usize,
    /// Ids that one user may watch.
    pub watchlist_ids: usize,
    /// Distance of `auth_timestamp` from our clock; from here on it is refused.
    pub clock_skew: Duration,
}

impl Default for AppLimits {
    fn default() -> Self {
        Self {
            channel_name: 200,
            event_name: 200,
            event_data_bytes: 10_240,
            channels_per_event: 100,
            batch_events: 10,
            presence_members: 100,
            presence_user_id: 128,
            presence_user_info_bytes: 1024,
            watchlist_ids: 100,
            clock_skew: Duration::from_secs(600),
        }
    }
}
