//! The cameras' own listener: their raw JSON over WebSocket, and their old HTTP paths.
//!
//! Owns frames and bodies as the users' programs know them; asks `contest` for everything. A listener of
//! its own, since it knows no tokens: a firewall, or `[gateway] listen`, can close it alone. Read
//! `server`, then `door`; from there `socket` and `speaker` for WebSockets, `legacy` for HTTP. Who may
//! do what is in `peer`.

mod answer;
mod door;
mod history;
mod holder;
mod initial;
mod legacy;
mod logbook;
mod message;
mod peer;
mod plug;
mod point;
mod server;
mod shared;
mod simulator;
mod socket;
mod speaker;
mod teams;
mod throttle;
mod unanswered;

pub use holder::holder;
pub use message::{Kind, Malformed, Message};
pub use server::{Error, Gateway};
