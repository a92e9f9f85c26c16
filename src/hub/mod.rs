//! Who listens, and delivery.
//!
//! Owns connections' outboxes, subscribers, channels' homes, presence, what stays of events, and
//! signed-in users. Knows no HTTP, no socket, no configuration file and no rule: what it needs of the outside
//! stands in [`ports`], and limits come in with the commands.
//!
//! Each worker thread has one [`Hub`]. A channel has one home, the worker that its key hashes to;
//! commands go to homes, notices come back to shards, both through bounded first-in-first-out
//! queues, and a worker that is its own destination is called directly. Read `inbox` for the
//! words that workers exchange, then `home`, `keep`, `shard`, and `worker` where they meet.

mod asking;
mod cache;
pub mod far;
mod handle;
mod home;
mod homes;
mod inbox;
mod keep;
mod key;
mod links;
#[cfg(test)]
mod model_tests;
mod outbox;
mod people;
pub mod ports;
mod presence;
mod query;
mod reaching;
mod remote;
mod shard;
mod slot;
mod tally;
mod user;
mod worker;

pub use cache::Cacheable;
pub use handle::{Busy, Hub, Joining, Newcomer, Waiting};
pub use home::{JoinRefused, Publication};
pub use homes::HomeBounds;
pub use inbox::{Audience, Handed};
pub use keep::{EventId, History, Keep, Kept, Page, Record, Retain};
pub use key::{AppIndex, ChannelKey, ConnectionKey, UserKey, WorkerId};
pub use links::{Mailboxes, mailboxes};
pub use outbox::{Bounds, Flushed};
pub use ports::Letter;
pub use query::{ChannelState, ChannelSummary};
pub use remote::Remote;
pub use slot::{Farewell, Signals};
pub use worker::{Settings, run};
