//! Whether what was found can be used, and what to do if not.
//!
//! Leases count by Redis' clock alone, so that of this machine could be wrong without harm to them. It is refused all
//! the same: events tell when they happened by the clock of the node that took them, and keep their age by Redis'.

mod check;
mod rights;
mod sharing;

use std::time::Duration;

use redis::{ErrorKind, RedisError};

pub use check::APART;
pub(super) use check::{apart, check};
pub(super) use rights::missing;
pub use sharing::Digest;
pub(super) use sharing::{settle, shared};

/// Redis can be reached and cannot be used; says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// None is configured.
    #[error("no server is given: set url under [adapter]")]
    NoServer,
    /// The password or the user is wrong.
    #[error(
        "{server} does not take this user and password: compare url under [adapter] with `ACL LIST` or `requirepass` \
         there (for a sentinel: sentinel_username and sentinel_password)"
    )]
    WrongPassword {
        /// Who refused.
        server: String,
    },
    /// It wants a password.
    #[error(
        "{server} wants a password: write it into url under [adapter], as redis://:password@host or \
         redis://user:password@host (for a sentinel: set sentinel_password)"
    )]
    NoPassword {
        /// Who refused.
        server: String,
    },
    /// The user may not do what this needs.
    #[error(
        "the user may not run {} on {server}: allow it with `ACL SETUSER <user> +{}`", .commands.join(", "),
        .commands.join(" +")
    )]
    NoRight {
        /// Who refused.
        server: String,
        /// Commands, in small letters.
        commands: Box<[String]>,
    },
    /// What is there in place of Redis does not do all that Redis does.
    #[error(
        "{server} has no command {}: undo `rename-command` there, and use Redis 7.0 or newer itself, not something \
         before it that knows a part of it", .commands.join(", ")
    )]
    NoCommand {
        /// Which.
        server: String,
        /// Commands, in small letters.
        commands: Box<[String]>,
    },
    /// It is asked for what sentinels know.
    #[error("{server} is no sentinel: give the sentinels' addresses (usually port 26379), or set another mode")]
    NoSentinel {
        /// Which.
        server: String,
    },
    /// The user may not touch keys or topics of the prefix.
    #[error(
        "the user may not use {what} of prefix {prefix} on {server}: allow them with \
         `ACL SETUSER <user> ~{{{prefix}* &{{{prefix}*`"
    )]
    NoReach {
        /// Who refused.
        server: String,
        /// Keys or topics.
        what: &'static str,
        /// The prefix.
        prefix: String,
    },
    /// It has not got what this needs.
    #[error("{server} is Redis {version}: use 7.0 or newer")]
    TooOld {
        /// Which.
        server: String,
        /// What it says it is.
        version: String,
    },
    /// It forgets keys when it has no room.
    #[error(
        "{server} forgets keys when its memory is full (maxmemory-policy {policy}), and members with them: set \
         `maxmemory-policy noeviction`"
    )]
    Evicts {
        /// Which.
        server: String,
        /// Its policy.
        policy: String,
    },
    /// Clocks differ.
    #[error("the clocks of {server} and {other} are {apart:?} apart: let both follow the same time server")]
    ClocksApart {
        /// One.
        server: String,
        /// The other: a server, or this machine.
        other: String,
        /// By how much.
        apart: Duration,
    },
    /// Other nodes have this app with other secrets.
    #[error(
        "nodes that run under prefix {prefix} have app {app} with none of the secrets it has here: if they belong to \
         another cluster, give this one another prefix; if not, let both secrets stand until all nodes have the new one"
    )]
    PrefixTaken {
        /// The prefix.
        prefix: String,
        /// An app's id.
        app: String,
    },
    /// It follows another server.
    #[error("{server} is a replica: give the master's address, or the sentinels' with mode \"sentinel\"")]
    Replica {
        /// Which.
        server: String,
    },
    /// It is one of a cluster.
    #[error("{server} is part of a Redis Cluster: set mode \"cluster\"")]
    IsCluster {
        /// Which.
        server: String,
    },
    /// It is not one of a cluster.
    #[error("{server} is not part of a Redis Cluster: set mode \"standalone\" or \"sentinel\"")]
    NoCluster {
        /// Which.
        server: String,
    },
    /// It has not got the database.
    #[error("{server} has no database of this number: 0 is always there, `databases` in its configuration says more")]
    NoDatabase {
        /// Which.
        server: String,
    },
    /// Sentinels know it by another name.
    #[error("the sentinel {server} knows no master \"{name}\": `SENTINEL MASTERS` there lists what it knows")]
    UnknownMaster {
        /// Which.
        server: String,
        /// The configured name.
        name: String,
    },
    /// Its certificate is not one that is trusted for this name.
    #[error(
        "the certificate of {server} is not trusted: name its authority in tls_ca, and the host as it stands there"
    )]
    Certificate {
        /// Whose.
        server: String,
    },
}

impl Unfit {
    /// What a failed connection says about the set-up.
    pub(super) fn at_connect(server: &str, error: &RedisError) -> Option<Self> {
        let server = server.to_owned();
        if error.kind() == ErrorKind::RESP3NotSupported {
            return Some(Self::TooOld { server, version: "5 or older".to_owned() });
        }
        if error.is_io_error() && error.to_string().contains("certificate") {
            return Some(Self::Certificate { server });
        }
        match error.code() {
            Some("WRONGPASS") => Some(Self::WrongPassword { server }),
            Some("NOAUTH") => Some(Self::NoPassword { server }),
            Some("ERR") => {
                let detail = error.detail().unwrap_or_default();
                let is_forbidden = detail.contains("no permissions");
                let select = || Self::NoRight { server: server.clone(), commands: vec!["select".to_owned()].into() };
                is_forbidden.then(select).or_else(|| detail.contains("DB index").then_some(Self::NoDatabase { server }))
            }
            _ => None,
        }
    }
}
