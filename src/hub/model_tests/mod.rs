//! The hub's parts, and several workers together, against naive models under random steps.
//!
//! `links`, `shard`, `home`, `stores`, `tally` and `user` test one synchronous part each, effect by effect.
//! `channels`, `declared` and `users` let up to four whole workers talk through queues that are nearly
//! always full, and ask what each connection heard; `world` is what they stand on. `greeting` and
//! `letters` are about one connection at a time.

#![allow(clippy::wildcard_enum_match_arm, reason = "a model asks for one kind and fails on all others")]

mod channels;
mod declared;
mod greeting;
mod heard;
mod home;
mod letters;
mod links;
mod sample;
mod script;
mod shard;
mod stint;
mod stores;
mod tally;
mod user;
mod users;
mod world;
