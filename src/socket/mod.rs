//! WebSocket connections, from the handshake to the last frame.
//!
//! Owns the upgrade of an HTTP request, the framing, each connection's state machine, and the
//! probing of silent peers. Asks `rules` what may be done and tells `hub` what was done; knows
//! nothing of the HTTP API. Read `upgrade`, then `connection`, then `machine`; `bearer` is what tokens
//! mean to it.

mod assembler;
mod bearer;
mod connection;
mod context;
mod door;
mod ending;
mod farewell;
mod guarded;
mod listener;
mod liveness;
mod machine;
mod perform;
mod upgrade;
mod wheel;
mod wire;

pub use assembler::{Assembler, Incoming};
pub use context::Context;
pub use door::listen;
pub use farewell::farewell;
pub use guarded::{Guarded, LastAnswer, Patience, Requests};
pub use listener::{Arrival, LINGER, Listener, accept_loop};
pub use machine::{Effect, Machine};
pub use upgrade::upgrade;
