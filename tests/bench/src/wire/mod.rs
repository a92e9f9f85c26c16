//! The bytes that generator and floor exchange, pure: frames, requests, signatures, stamps.
//!
//! Knows no socket and no clock. Both ends use the same code here, so what it costs cancels out.

pub(crate) mod account;
pub(crate) mod frame;
pub(crate) mod http;
pub(crate) mod scan;
pub(crate) mod stamp;
