//! May this be done?
//!
//! Owns the running apps with their keys, and the checks on connecting, subscribing, signing in and
//! sending client events. Knows no socket and no HTTP: it gets parsed values and answers yes with
//! what follows, or no with the reason. Read `app`, then `subscribe`.

mod app;
mod client_event;
mod error;
mod node;
mod origin;
mod rate;
mod sign_in;
mod subscribe;

pub use app::{App, Apps, Permit};
pub use client_event::ClientEvent;
pub use error::Error;
pub use node::{Node, Seat};
pub use origin::is_allowed;
pub use rate::Rate;
pub use sign_in::sign_in;
pub use subscribe::{Subscription, subscribe};
