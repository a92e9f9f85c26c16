//! Why the other nodes cannot be reached.

use std::time::Duration;

use redis::{RedisError, ServerError, ServerErrorKind};

use super::fit::Unfit;

/// Why the other nodes cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection could be opened.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// Where it should be.
        server: String,
        /// What this machine says of it.
        why: String,
    },
    /// Something took too long.
    #[error("{server} did not answer within {limit:?}")]
    Slow {
        /// What was asked.
        server: String,
        /// How long was waited.
        limit: Duration,
    },
    /// A connection ended.
    #[error("the connection to {server} broke")]
    Broken {
        /// Whose it was.
        server: String,
    },
    /// A command was refused.
    #[error("{server} refused a command: {code}")]
    Refused {
        /// Who refused.
        server: String,
        /// Redis' word for why.
        code: String,
    },
    /// A server does not have what it had, or not yet.
    #[error("{server} does not serve its part now: {code}")]
    Moved {
        /// Who said so.
        server: String,
        /// Redis' word for why.
        code: String,
    },
    /// A part of a cluster has no server.
    #[error("the cluster has no server for slot {slot}")]
    Uncovered {
        /// A slot that is needed.
        slot: u16,
    },
    /// Nobody could say where Redis is.
    #[error("no sentinel names a master that says it is one")]
    NoMaster,
    /// An answer had another shape than it should.
    #[error("{server} gave an answer to {to} that cannot be read")]
    Unreadable {
        /// Who answered.
        server: String,
        /// What was asked.
        to: &'static str,
    },
    /// Messages came faster than they were taken, and some are lost.
    #[error("messages came faster than they were taken")]
    Overrun,
    /// This node was away for longer than its lease.
    #[error("this node's lease had ended")]
    Expired,
    /// It can be reached, and cannot be used.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The broker has only just started.
    #[error("it was not tried yet")]
    Untried,
}

/// What a refused command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Load the scripts, and send it again.
    Load,
    /// Send it again in a moment.
    Wait,
    /// Look again which server has what.
    Search,
    /// This one will never be carried out.
    GiveUp,
    /// Nothing can be done now.
    Stop,
}

impl Fault {
    /// A word for metrics.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Slow { .. } => "slow",
            Self::Broken { .. } => "broken",
            Self::Refused { .. } => "refused",
            Self::Moved { .. } | Self::Uncovered { .. } | Self::NoMaster => "moved",
            Self::Unreadable { .. } => "unreadable",
            Self::Overrun => "overrun",
            Self::Expired => "expired",
            Self::Unfit(_) => "unfit",
            Self::Untried => "untried",
        }
    }

    /// Whether trying again at once is likely to help, and does not load Redis.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(self, Self::Expired | Self::Overrun | Self::Broken { .. })
    }

    pub(super) fn of(server: &str, error: &RedisError, limit: Duration) -> Self {
        let server = server.to_owned();
        if error.is_timeout() {
            return Self::Slow { server, limit };
        }
        if error.is_connection_dropped() || error.is_io_error() {
            return Self::Broken { server };
        }
        match error.code() {
            Some(code) => Self::Refused { server, code: code.to_owned() },
            None => Self::Unreadable { server, to: "a command" },
        }
    }

    pub(super) fn refused(server: &str, error: &ServerError) -> Self {
        let (server, code) = (server.to_owned(), error.code().to_owned());
        match remedy(error) {
            Remedy::Search | Remedy::Wait => Self::Moved { server, code },
            Remedy::Load | Remedy::GiveUp | Remedy::Stop => Self::Refused { server, code },
        }
    }
}

/// What to do about an error that Redis answered.
pub(super) fn remedy(error: &ServerError) -> Remedy {
    match error.kind() {
        Some(ServerErrorKind::NoScript) => Remedy::Load,
        // A slot is on its way to another server: its keys are there when it has arrived.
        Some(ServerErrorKind::Ask | ServerErrorKind::TryAgain) => Remedy::Wait,
        Some(
            ServerErrorKind::Moved
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ReadOnly
            | ServerErrorKind::BusyLoading,
        ) => Remedy::Search,
        Some(ServerErrorKind::ResponseError) => Remedy::GiveUp,
        None if error.code() == "WRONGTYPE" => Remedy::GiveUp,
        None if error.code() == "BUSY" => Remedy::Wait,
        None | Some(_) => Remedy::Stop,
    }
}
