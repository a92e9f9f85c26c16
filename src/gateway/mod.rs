//! The cameras' own listener: their raw JSON over WebSocket, and their old HTTP paths.
//!
//! Owns frames and bodies as the users' programs know them; asks `contest` for everything. A listener of
//! its own, since it knows no tokens: a firewall, or `[gateway] listen`, can close it alone.
