//! `[app.tokens]`: how an app's bearer tokens are checked.
//!
//! `keys.rs` is the table of keys, `complete.rs` makes one value of them and says what contradicts
//! what, `usable.rs` asks whether a key in a file can do what it is named for.

mod complete;
mod keys;
mod url;
mod usable;

pub(super) use complete::{Surroundings, complete};
pub(super) use keys::{APP_TOKENS, TokensDraft};
pub(super) use url::plain_host;
