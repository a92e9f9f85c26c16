//! What the fuzz targets share: how a client looks at a frame, and a session with the state machine.

#![forbid(unsafe_code)]

mod frame;
mod session;

pub use frame::{check, check_refusal, lone_surrogate};
pub use session::{KEY, Session, app_of};
