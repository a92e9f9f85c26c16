//! What a broker is told: `channels.toml` and the environment, read once into one checked value.
//!
//! Owns every key: its name, default, allowed values, variable and sentence of documentation, and
//! says all mistakes at once. It must not know what the values are used for: no sockets, no
//! runtime, no logging set up here. The environment is read here and nowhere else.
//!
//! Read [`model`] first: plain structs, with the defaults. Then one table, `server.rs`, and how its
//! rows are made: `key.rs`, and the kinds of fields in `slot.rs`, `measure.rs`, `pace.rs`, `text.rs`,
//! `grammar.rs`, `inline.rs` and `secret.rs`. [`contract`] has channels and roles, `tokens` the keys
//! of bearer tokens, `adapter` those of Redis. `load.rs` tells the order of a reading; `problem.rs` is what a person sees of it.

mod adapter;
mod apps;
mod changes;
mod complete;
mod confidential;
mod contest;
pub mod contract;
mod cross;
mod env;
mod explain;
mod files;
mod given;
mod grammar;
mod inline;
mod key;
mod limits;
mod lines;
mod load;
mod log;
mod measure;
pub mod model;
mod nearest;
mod pace;
mod problem;
mod reader;
mod secret;
mod server;
mod shape;
mod slot;
mod source;
mod text;
mod tokens;
mod warning;

pub use changes::{Change, changes};
pub use contest::is_private;
pub use env::environment;
pub use explain::explain;
pub use key::Entry;
pub use load::{Loaded, load};
pub use model::{
    Adapter, AdapterKind, Algorithm, App, AppLimits, Config, Contest, Control, Credential, Database, Gateway,
    Introspection, Limits, Log, LogFormat, RedisMode, RedisServer, Secret, Server, Store, TokenKeys, Tokens,
};
pub use nearest::nearest;
pub use problem::{Error, Mistake, Place, Problem};
pub use source::Source;
pub use warning::Warning;
