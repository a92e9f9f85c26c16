//! May this be done?
//!
//! Owns the running apps with their keys and their declared channels, and the checks on connecting,
//! subscribing, signing in and publishing. Knows no socket and no HTTP: it gets parsed values and
//! answers yes with what follows, or no with the reason. Read `app`, then `contract` (what is
//! declared, compiled), `subscribe` and `publish`.

mod access;
mod address;
mod app;
mod apps;
mod breach;
mod client_event;
mod content;
mod contract;
mod error;
mod node;
mod origin;
mod publish;
mod rate;
mod sign_in;
mod standing;
mod subscribe;
mod throttle;

pub use access::Who;
pub use address::client_address;
pub use app::{App, Permit, Throttles};
pub use apps::{Apps, Current, UnusableKeys};
pub use breach::{Breach, Broken, Report};
pub use client_event::ClientEvent;
pub use contract::{Contract, show};
pub use error::Error;
pub use node::{Node, Seat};
pub use origin::is_allowed;
pub use publish::{Draft, Publisher, publish};
pub use rate::Rate;
pub use sign_in::sign_in;
pub use standing::{Grant, Granted, Standing};
pub use subscribe::{Known, Subscription, may_listen, may_publish, may_subscribe, subscribe};
pub use throttle::Throttle;
