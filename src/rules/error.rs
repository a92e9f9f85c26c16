//! Why something may not be done.

use crate::protocol::{InvalidChannel, InvalidEvent, InvalidMember, InvalidUser};

use super::breach::Breach;

/// Why a subscription, a sign-in or a client event is refused; the texts are the live service's
/// where it is known to have one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a channel's name.
    #[error(transparent)]
    Channel(#[from] InvalidChannel),
    /// Somebody else's user channel, or nobody is signed in.
    #[error("Only connections signed in as the user may subscribe to {channel}")]
    NotTheUser {
        /// The channel.
        channel: String,
    },
    /// No `auth` where one is needed.
    #[error("Auth info required to subscribe to {channel}")]
    AuthMissing {
        /// The channel.
        channel: String,
    },
    /// `auth` without a colon.
    #[error("Auth value for {what} is invalid: should be of format 'key:signature'")]
    AuthFormat {
        /// What it was for.
        what: String,
    },
    /// `auth` by a key that the app does not have.
    #[error("Invalid key in {what} auth data: '{key}'")]
    AuthKey {
        /// What it was for.
        what: &'static str,
        /// The key found.
        key: String,
    },
    /// `auth` with a wrong signature.
    #[error("Invalid signature: Expected HMAC SHA256 hex digest of {to_sign}, but got {found}")]
    AuthSignature {
        /// The text that had to be signed.
        to_sign: String,
        /// The signature found.
        found: String,
    },
    /// A presence subscription that says nowhere who it is.
    #[error("{channel} is a presence channel and subscription must include channel_data")]
    NoMember {
        /// The channel.
        channel: String,
    },
    /// A presence subscription without usable `channel_data`.
    #[error("{channel} is a presence channel and subscription must include channel_data: {reason}")]
    Member {
        /// The channel.
        channel: String,
        /// What is wrong.
        reason: InvalidMember,
    },
    /// `user_info` that is not an object.
    #[error("{0}")]
    MemberInfo(InvalidMember),
    /// `user_data` that names nobody.
    #[error("{0}")]
    User(#[from] InvalidUser),
    /// Signed in as somebody else before.
    #[error("The connection is already signed in as another user")]
    OtherUser,
    /// Nothing declares the channel, and so nobody, or no token, may use it.
    #[error("Nothing declares the channel {channel}, so it cannot be subscribed to")]
    Undeclared {
        /// The channel.
        channel: String,
    },
    /// The channel's declaration allows others only.
    #[error("{}", if *.is_known { format!("You may not subscribe to {channel}; allowed: {allowed}") } else { format!("Subscribing to {channel} needs a sign-in with a token; allowed: {allowed}") })]
    Denied {
        /// The channel.
        channel: String,
        /// Who may, for people.
        allowed: String,
        /// Whether somebody has proved who it is.
        is_known: bool,
    },
    /// The token that the subscription was granted on is over.
    #[error("The token has expired")]
    TokenExpired,
    /// A client event that the channel's declaration does not allow.
    #[error(transparent)]
    Breach(#[from] Box<Breach>),
    /// The app does not take client events.
    #[error("To send client events, you must enable this feature in the Settings page of your dashboard.")]
    ClientEventsOff,
    /// The channel's kind does not take client events.
    #[error("Client events are only supported on private and presence channels, not on {channel}")]
    ClientEventChannel {
        /// The channel.
        channel: String,
    },
    /// The sender is not a subscriber.
    #[error("Cannot broadcast client event (connection not subscribed to channel {channel})")]
    ClientEventOutside {
        /// The channel.
        channel: String,
    },
    /// The event's name or data is out of bounds.
    #[error(transparent)]
    Event(#[from] InvalidEvent),
    /// More client events than allowed.
    #[error("The rate limit for sending client events exceeded the quota: at most {allowed} per second")]
    ClientEventRate {
        /// Events allowed per second.
        allowed: u32,
    },
}
