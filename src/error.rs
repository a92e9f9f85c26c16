//! Why a peer was turned away, and the one table from that to a close code or an HTTP status.

use std::time::Duration;

use crate::auth;
use crate::hub::{Busy, JoinRefused};
use crate::protocol::handshake::InvalidHandshake;
use crate::protocol::{InvalidChannel, InvalidEvent, Malformed, code};
use crate::rules::{self, Breach, Broken};

/// We said no; what the peer is told, and why.
///
/// The text is for the person who reads it at the other end; secrets, tokens and `data` never
/// appear in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text says what it means")]
pub enum Refusal {
    // A connection that is not accepted, in the order in which this is checked.
    #[error("Path not found")]
    PathNotFound,
    #[error(transparent)]
    Handshake(#[from] InvalidHandshake),
    #[error("Could not find app by key {key}")]
    UnknownApp { key: String },
    #[error("App disabled")]
    AppDisabled,
    #[error("Application only accepts SSL connections, reconnect using wss://")]
    TlsOnly,
    #[error("Origin not allowed")]
    Origin,
    #[error("Account over quota")]
    OverQuota,
    #[error("Over capacity")]
    OverCapacity,
    #[error("Server is shutting down")]
    Draining,

    // A connection that ends.
    #[error("Connection not authorized within timeout")]
    NotAuthorizedInTime,
    #[error("You got disconnected by the app.")]
    Terminated,
    #[error("Over capacity: the connection does not read what it is sent")]
    SlowSubscriber,
    #[error("The token has expired")]
    TokenExpired,
    #[error("The token has been revoked")]
    TokenRevoked,
    #[error("The connection has been granted {limit} channels, its limit")]
    TooManyGrants { limit: usize },
    #[error("Pong reply not received in time")]
    NoPong,
    #[error("Closed after inactivity")]
    Inactive,
    #[error("Binary frames are not supported")]
    Binary,
    #[error("The message exceeds {allowed} bytes")]
    MessageTooBig { allowed: usize },
    #[error("Text frames must be UTF-8")]
    NotText,
    #[error("The frame violates RFC 6455")]
    BadFrame,

    // A message without effect; the connection goes on.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Rule(#[from] rules::Error),
    #[error("Existing subscription to channel {channel}")]
    AlreadySubscribed { channel: String },
    #[error("No current subscription to channel {channel}, or subscription in progress")]
    NotSubscribed { channel: String },
    #[error("The connection has {limit} subscriptions, its limit")]
    TooManyChannels { limit: usize },
    #[error("Cannot subscribe to {channel}: {reason}")]
    Join { channel: String, reason: JoinRefused },
    #[error("Only the first {limit} users of the watchlist are watched")]
    WatchlistTooLong { limit: usize },
    #[error("The server is busy, try again")]
    Overloaded,

    // An HTTP request that is refused.
    #[error("{0}")]
    BadRequest(String),
    #[error(transparent)]
    BadChannel(InvalidChannel),
    #[error(transparent)]
    BadEvent(InvalidEvent),
    #[error("{0}")]
    Unauthenticated(String),
    #[error("{0}")]
    Forbidden(String),
    #[error("Not found: {0}")]
    NotFound(String),
    #[error("{breach}")]
    Breach {
        breach: Box<Breach>,
        /// Number of the event in its batch, from 0.
        index: Option<usize>,
    },
    #[error(transparent)]
    Token(#[from] auth::Error),
    #[error("{0}")]
    NotGranted(rules::Error),
    #[error("{0}")]
    Unprocessable(String),
    #[error("{text}")]
    NotTaken { text: String, reason: &'static str, may_retry: bool },
    #[error("Origin not allowed")]
    ForeignPage,
    #[error("Too many {what}: at most {allowed}")]
    TooMany { what: &'static str, allowed: String, retry_after: Duration },
    #[error("Method not allowed: use {0}")]
    Method(&'static str),
    #[error("The request body did not arrive in time")]
    SlowBody,
    #[error("The request body exceeds {allowed} bytes")]
    BodyTooBig { allowed: usize },
    #[error("The server is busy: nothing was done, try again")]
    Busy,
    #[error("{0}")]
    Conflict(String),
    #[error("{text}")]
    Unavailable { text: String, retry_after: Duration },
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// What happens to the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `pusher:error` and Close with this code.
    Close(u16),
    /// Close with this code; a peer that breaks the framing is not sent text.
    CloseSilently(u16),
    /// `pusher:error` with this code or null; the connection goes on.
    Error(Option<u16>),
    /// This HTTP status.
    Status(u16),
}

impl Refusal {
    /// What happens to the peer: the only place with numbers.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self {
            Self::PathNotFound => Answer::Close(code::PATH_NOT_FOUND),
            Self::Handshake(InvalidHandshake::NoProtocol) => Answer::Close(code::NO_PROTOCOL),
            Self::Handshake(InvalidHandshake::Format) => Answer::Close(code::INVALID_VERSION),
            Self::Handshake(InvalidHandshake::Unsupported) => Answer::Close(code::UNSUPPORTED_PROTOCOL),
            Self::UnknownApp { .. } => Answer::Close(code::UNKNOWN_APP),
            Self::AppDisabled => Answer::Close(code::APP_DISABLED),
            Self::TlsOnly => Answer::Close(code::TLS_ONLY),
            Self::Origin
            | Self::NotAuthorizedInTime
            | Self::Terminated
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::TooManyGrants { .. } => Answer::Close(code::UNAUTHORIZED),
            Self::OverQuota => Answer::Close(code::OVER_QUOTA),
            Self::OverCapacity | Self::SlowSubscriber => Answer::Close(code::OVER_CAPACITY),
            Self::Draining => Answer::Close(code::RECONNECT),
            Self::NoPong => Answer::Close(code::NO_PONG),
            Self::Inactive => Answer::Close(code::INACTIVE),

            Self::Binary => Answer::CloseSilently(code::UNSUPPORTED_DATA),
            Self::MessageTooBig { .. } => Answer::CloseSilently(code::TOO_BIG),
            Self::NotText => Answer::CloseSilently(code::INVALID_TEXT),
            Self::BadFrame => Answer::CloseSilently(code::PROTOCOL_ERROR),

            Self::Rule(rules::Error::ClientEventRate { .. }) => Answer::Error(Some(code::CLIENT_EVENT_RATE)),
            Self::Rule(rules::Error::Breach(breach)) if breach.retry_after().is_some() => {
                Answer::Error(Some(code::CLIENT_EVENT_RATE))
            }
            Self::WatchlistTooLong { .. } => Answer::Error(Some(code::WATCHLIST_TOO_LONG)),
            Self::Malformed(_)
            | Self::Rule(_)
            | Self::AlreadySubscribed { .. }
            | Self::NotSubscribed { .. }
            | Self::TooManyChannels { .. }
            | Self::Join { .. }
            | Self::Overloaded => Answer::Error(None),

            Self::BadEvent(InvalidEvent::DataTooLong { .. }) | Self::BodyTooBig { .. } => Answer::Status(413),
            Self::BadRequest(_) | Self::BadChannel(_) | Self::BadEvent(_) => Answer::Status(400),
            Self::Breach { breach, .. } => Answer::Status(breach_status(&breach.rule)),
            Self::Token(error) => Answer::Status(if error.is_unavailable() { 503 } else { 401 }),
            Self::NotGranted(error) => Answer::Status(grant_status(error)),
            Self::Unprocessable(_) => Answer::Status(422),
            Self::NotTaken { may_retry: true, .. } => Answer::Status(503),
            Self::NotTaken { .. } => Answer::Status(409),
            Self::TooMany { .. } => Answer::Status(429),
            Self::Unauthenticated(_) => Answer::Status(401),
            Self::Forbidden(_) | Self::ForeignPage => Answer::Status(403),
            Self::NotFound(_) => Answer::Status(404),
            Self::Method(_) => Answer::Status(405),
            Self::SlowBody => Answer::Status(408),
            Self::Conflict(_) => Answer::Status(409),
            Self::Busy | Self::Unavailable { .. } => Answer::Status(503),
        }
    }

    /// The same refusal of the event with this number in a batch.
    #[must_use]
    pub fn at(self, number: usize) -> Self {
        if let Self::Breach { breach, .. } = self { Self::Breach { breach, index: Some(number) } } else { self }
    }

    /// What `pusher:subscription_error` says of a refused subscription: its type and status.
    ///
    /// Source: protocol reference, section 2.8.
    #[must_use]
    pub fn subscription_failure(&self) -> (&'static str, u16) {
        if matches!(self, Self::Join { reason: JoinRefused::Full { .. } | JoinRefused::Crowded { .. }, .. }) {
            ("LimitReached", code::OVER_CAPACITY)
        } else if matches!(self, Self::TooManyChannels { .. } | Self::Rule(rules::Error::Channel(_))) {
            ("LimitReached", code::UNAUTHORIZED)
        } else if let Self::Rule(error @ (rules::Error::Undeclared { .. } | rules::Error::Denied { .. })) = self {
            ("AuthError", grant_status(error))
        } else {
            ("AuthError", 401)
        }
    }

    /// When the peer may try again, where that is worth telling.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::TooMany { retry_after, .. } | Self::Unavailable { retry_after, .. } = self {
            Some(*retry_after)
        } else if let Self::Breach { breach, .. } = self {
            breach.retry_after()
        } else {
            (self.answer() == Answer::Status(503)).then_some(SOON)
        }
    }
}

/// When to ask a busy server again.
const SOON: Duration = Duration::from_secs(1);

const fn breach_status(rule: &Broken) -> u16 {
    match rule {
        Broken::Unauthenticated { .. } => 401,
        Broken::Undeclared { .. } | Broken::Event { .. } | Broken::Publish { .. } => 403,
        Broken::Size { .. } => 413,
        Broken::Schema { .. } => 422,
        Broken::Rate { .. } => 429,
    }
}

/// What a refused subscription means to whoever asked: prove who you are, or do not ask again.
const fn grant_status(error: &rules::Error) -> u16 {
    if matches!(error, rules::Error::Undeclared { .. } | rules::Error::Denied { is_known: true, .. }) {
        403
    } else if matches!(error, rules::Error::Channel(_)) {
        422
    } else {
        401
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-048, C-058.
    #[test]
    fn no_close_is_in_the_4300_range_and_no_open_error_below() {
        let refusals = [
            Refusal::WatchlistTooLong { limit: 1 },
            Refusal::Rule(rules::Error::ClientEventRate { allowed: 1 }),
            Refusal::SlowSubscriber,
            Refusal::Overloaded,
            Refusal::Terminated,
        ];
        for refusal in refusals {
            match refusal.answer() {
                Answer::Close(code) | Answer::CloseSilently(code) => assert!(!(4300..4400).contains(&code)),
                Answer::Error(code) => assert!(code.is_none_or(|code| (4300..4400).contains(&code))),
                Answer::Status(_) => panic!("{refusal} is no HTTP answer"),
            }
        }
    }
}
