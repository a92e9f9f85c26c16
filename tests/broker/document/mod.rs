//! Documents made of declarations.

mod references;
mod sample;
mod texts;
mod written;

/// The broker's version, as documents have it.
const VERSION: &str = "1.2.3";
