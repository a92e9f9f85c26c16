//! The HTTP API, health, metrics and pages.
//!
//! Owns paths, bodies and statuses. Verifies who asks (`signed`, `bearer`, or for publishers `caller`
//! for both), asks `rules` and parses with `protocol`, tells `hub`; knows nothing of sockets. Read
//! `routes` first: all paths on one screen.

mod admin;
mod answer;
mod bearer;
mod body;
mod caller;
mod choice;
mod contest;
mod cors;
mod event;
mod grant;
mod health;
mod info;
mod pages;
mod parameters;
mod past;
mod point;
mod profile;
mod query;
mod revoke;
mod routes;
mod signed;
mod state;
mod trigger;
mod users;

pub use admin::admin;
pub use event::{Batch, Fields};
pub use grant::Wish;
pub use routes::routes;
pub use state::State;
