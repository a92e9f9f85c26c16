//! The cameras' listener: their raw JSON and their old HTTP paths, over real sockets.

mod hostile;
mod judge;
mod legacy;
mod legacy_export;
mod legacy_history;
mod listen;
mod log;
mod peers;
mod points;
mod relay;
