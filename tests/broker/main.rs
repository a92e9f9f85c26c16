//! Capability tests: a real broker on free ports, real sockets, exact text.
//!
//! One file per capability; every test names the rules (`C-…`) of the protocol reference that it
//! shows.
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test fails by panicking")]

mod authorized;
mod cache;
mod check;
mod check_adapter;
mod client_event;
mod command_line;
mod connect;
mod contest;
mod count;
mod cpu;
mod declared;
mod deployment;
mod discovery;
mod document;
mod encrypted;
mod frames;
mod gateway;
mod grant;
mod http_auth;
mod http_batch;
mod http_exclusion;
mod http_limits;
mod http_names;
mod http_publish;
mod http_query;
mod http_service;
mod http_users;
mod http_wire;
mod layers;
mod limits;
mod links;
mod liveness;
mod matrix;
mod messages;
mod names;
mod needs;
mod nodes;
mod order;
mod orders;
mod plan;
mod presence;
mod process;
mod refuse;
mod reload;
mod rights;
mod rules;
mod schema;
mod shipped;
mod shutdown;
mod simulate;
mod store;
mod subscribe;
mod support;
mod support_http;
mod token;
mod unfit;
mod user;
mod vectors;
mod violations;
mod watchlist;
