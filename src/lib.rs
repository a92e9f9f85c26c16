//! A Pusher-protocol channel broker.
//!
//! A module imports only from rows below its own; `tests/broker/layers.rs` holds it to that:
//!
//! ```text
//! 8 cli              what a person types
//! 7 broker           puts the parts together: threads, start, drain
//! 6 http             the HTTP API, health, metrics, pages
//!   gateway          the cameras' own listener: raw JSON, and their old HTTP paths
//! 5 socket           WebSocket connections, from handshake to last frame
//!   contest          the vibration contest: runs, and the one rule for every point
//! 4 error            why a peer was turned away: the one table of codes
//! 3 rules            may this be done?
//!   store            what stays: the journal, and the database that follows it
//!   adapter          the other nodes, over Redis
//! 2 auth             whose token it is
//!   hub              who listens, and delivery
//!   document         what is declared, for other tools
//!   discovery        how other machines find this one: addresses, its name, the firewall
//!   measurement      the contest's facts: points, runs, teams, statistics
//! 1 config           channels.toml and the environment
//! 0 protocol, telemetry
//! ```
//!
//! **One event, from a publisher to sockets.** [`http`]'s `caller` verifies the signature or the
//! token, `event` parses names and data; [`rules`]' `publish` asks what declares the channel, adds
//! what it adds, and encodes the frame; `trigger` hands it to [`hub`]'s handle. The channel's home
//! (`hub::home`) passes over what it had already, keeps what the channel keeps, and posts the frame
//! to every worker that has subscribers. There `hub::shard` puts the frame, shared and not copied,
//! into each outbox, and at the end of the worker's turn writes each outbox with one call.
//!
//! **One subscription.** [`socket`]'s `connection` reads bytes, `assembler` makes messages of them,
//! `machine` says what they mean and asks [`rules`]. The home counts the subscriber, tells other
//! members, and answers with the frames that greet it; the shard inserts the subscriber when that
//! answer arrives, so nothing is missed in between and nothing comes twice.
//!
//! **One token.** [`http`]'s `grant` has [`auth`] verify it and [`rules`] decide, and hands the
//! connection a letter through the hub before the signature goes out: a subscription that comes with
//! it counts as the bearer's, ends with the token, and is asked about again when the rules change.

pub mod adapter;
pub mod auth;
pub mod broker;
pub mod cli;
pub mod config;
pub mod contest;
pub mod discovery;
pub mod document;
pub mod error;
pub mod gateway;
pub mod http;
pub mod hub;
pub mod measurement;
pub mod protocol;
pub mod rules;
pub mod socket;
pub mod store;
pub mod telemetry;
