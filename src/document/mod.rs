//! Documents made of what is declared: for people who read, and for compilers.
//!
//! Owns how declared channels are told to others: as an AsyncAPI document and as TypeScript types.
//! It must not read files, ask the clock or know a connection; the same configuration always gives
//! the same text. What is not declared is not told, and no secret is.
//!
//! Read `declared` first: the names of one app, twins beside their channels. Then [`asyncapi`] or
//! [`typescript`](typescript()), each a folder with its parts.

mod asyncapi;
mod declared;
mod names;
mod typescript;

pub use asyncapi::asyncapi;
pub use typescript::typescript;
