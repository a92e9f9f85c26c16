//! The command line: what a person types.
//!
//! Owns arguments, help and what is printed. Each command is one file; `serve` is what runs when
//! none is named.

mod arguments;
mod check;
mod client;
mod inspection;
mod links;
mod nearby;
mod plan;
mod publish;
mod reload;
mod schema;
mod serve;
mod simulate;
mod tail;
mod token;

pub use arguments::run;
