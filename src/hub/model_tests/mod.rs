//! The hub's parts, and several workers together, against naive models under random steps.
//!
//! `links`, `shard`, `home`, `tally` and `user` test one synchronous part each, effect by effect. `channels` and
//! `users` let up to four whole workers talk through queues that are nearly always full, and ask
//! what each connection heard; `world` is what they stand on.

#![allow(clippy::wildcard_enum_match_arm, reason = "a model asks for one kind and fails on all others")]

mod channels;
mod heard;
mod home;
mod links;
mod sample;
mod script;
mod shard;
mod stint;
mod tally;
mod user;
mod users;
mod world;
