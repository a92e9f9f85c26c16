//! Close codes of the protocol and of WebSockets, and what clients do on seeing them.
//!
//! 4000–4099: give up. 4100–4199: come back later. 4200–4299: come back now. 4300–4399: an error
//! event only, never a close, because browsers would stay away for good.
//!
//! Source: protocol reference, section 1.6.

/// Plain `ws` to an app that wants TLS.
pub const TLS_ONLY: u16 = 4000;
/// No app has this key.
pub const UNKNOWN_APP: u16 = 4001;
/// The app is switched off.
pub const APP_DISABLED: u16 = 4003;
/// The app has all the connections it may have.
pub const OVER_QUOTA: u16 = 4004;
/// An upgrade on another path than `/app/{key}`.
pub const PATH_NOT_FOUND: u16 = 4005;
/// `protocol` or `version` does not look like one.
pub const INVALID_VERSION: u16 = 4006;
/// A protocol version that we do not speak.
pub const UNSUPPORTED_PROTOCOL: u16 = 4007;
/// No `protocol` parameter.
pub const NO_PROTOCOL: u16 = 4008;
/// The connection may not be here, or not any more.
pub const UNAUTHORIZED: u16 = 4009;
/// This node can take no more, or this connection does not read.
pub const OVER_CAPACITY: u16 = 4100;
/// This node is shutting down.
pub const RECONNECT: u16 = 4200;
/// A probe was not answered.
pub const NO_PONG: u16 = 4201;
/// A day of silence from a client that cannot be probed.
pub const INACTIVE: u16 = 4202;
/// Too many client events; an error event, never a close.
pub const CLIENT_EVENT_RATE: u16 = 4301;
/// Too many ids to watch; an error event, never a close.
pub const WATCHLIST_TOO_LONG: u16 = 4302;

/// A normal end.
pub const NORMAL: u16 = 1000;
/// A frame that RFC 6455 forbids.
pub const PROTOCOL_ERROR: u16 = 1002;
/// A binary frame: we speak text only.
pub const UNSUPPORTED_DATA: u16 = 1003;
/// Text that is not UTF-8.
pub const INVALID_TEXT: u16 = 1007;
/// A message above the bound.
pub const TOO_BIG: u16 = 1009;
