//! The generator: subscribers, publishers, and the account of what each subscriber got.
//!
//! One thread and one epoll instance ([`engine`]) hold the WebSockets ([`link`]) and the publishers'
//! HTTP connections ([`lanes`]). What a subscriber hears goes to a scenario's [`link::Ears`]; for
//! published events that is [`audience`], which keeps a [`receipts`] for each. [`flow`] publishes.

pub(crate) mod audience;
pub(crate) mod engine;
pub(crate) mod faults;
pub(crate) mod flow;
pub(crate) mod lanes;
pub(crate) mod link;
pub(crate) mod publication;
pub(crate) mod receipts;
pub(crate) mod seat;
