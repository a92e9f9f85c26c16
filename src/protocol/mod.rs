//! The Pusher wire, pure: text in, values out, and back.
//!
//! Owns names, messages, frames, signatures and close codes. Knows no socket, no clock, no app and
//! no configuration: limits come in as arguments. Read `name` first, then `inbound` and `outbound`.

mod channel;
pub mod code;
mod escapes;
mod event;
mod frame;
pub mod handshake;
mod inbound;
mod member;
mod name;
mod object;
pub mod outbound;
#[cfg(test)]
mod round_trips;
mod signature;
mod socket_id;

pub use channel::{ChannelKind, ChannelName, InvalidChannel};
pub use event::{EventData, EventName, InvalidEvent};
pub use frame::Frame;
pub use inbound::{ClientMessage, Malformed, SignIn, Subscribe};
pub use member::{InvalidMember, InvalidUser, Member, MemberLimits, User, UserInfo};
pub use name::{AppId, InvalidName, UserId};
pub use object::{NotAnObject, object};
pub use signature::{Signer, channel_to_sign, md5_hex, request_to_sign, user_to_sign};
pub use socket_id::SocketId;
