//! How other machines find this one: its addresses, its name on the network, and what stands between.
//!
//! Owns the DNS-SD announcement, the list of addresses that a phone on the same network can use, and the
//! check whether a firewall keeps it out. Knows nothing of what is served; listeners are told to it.
//! Read `address`, then `announcement`, then `reach`.

mod address;
mod announcement;
mod asked;
mod firewall;
mod reach;

pub use address::{Address, addresses};
pub use announcement::{Announcement, Error, Offer};
pub use firewall::{Firewall, Port, Survey, Verdict};
pub use reach::{Reaching, Served};
