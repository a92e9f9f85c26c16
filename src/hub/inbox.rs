//! The words that workers exchange: commands to homes, notices to shards.
//!
//! A notice never causes another notice and at most hands back commands that its connection owed
//! anyway, so notices can always be drained, and full queues cannot wait for each other in a ring.

use std::fmt;
use std::sync::Arc;

use crate::protocol::{Frame, Member, SocketId, UserId};

use super::far::Report;
use super::home::{JoinRefused, Publication};
use super::key::{ChannelKey, ConnectionKey, UserKey, WorkerId};
use super::ports::Letter;
use super::query::Query;
use super::slot::Farewell;

/// To the worker where a channel or a user has its home.
#[derive(Debug)]
pub(super) enum Command {
    Join(Join),
    Leave(Leave),
    Publish(Vec<Publication>),
    SignIn(UserKey),
    SignOut(UserKey),
    Watch(Watcher, Vec<UserKey>),
    Unwatch(Watcher, Vec<UserKey>),
    Query(Query),
    Hand(Hand),
    /// From the adapter.
    Report(Box<Report>),
}

/// A connection wants to be a subscriber.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) channel: ChannelKey,
    pub(super) from: Watcher,
    /// On presence channels, who it is.
    pub(super) member: Option<Member>,
    /// Members that a presence channel may have.
    pub(super) member_limit: usize,
    /// Subscriptions that the channel may have on this node.
    pub(super) subscriber_limit: Option<usize>,
    /// Whether subscribers are told their number.
    pub(super) counts: bool,
}

/// A connection is a subscriber no longer.
#[derive(Debug)]
pub(super) struct Leave {
    pub(super) channel: ChannelKey,
    pub(super) worker: WorkerId,
    pub(super) member: Option<UserId>,
    pub(super) counts: bool,
}

/// A letter to a connection that may be here.
pub(super) struct Hand {
    pub(super) to: SocketId,
    pub(super) letter: Arc<dyn Letter>,
    /// Called on the worker's thread; must not wait.
    pub(super) answer: Box<dyn FnOnce(Handed) + Send>,
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hand").field("to", &self.to).field("letter", &self.letter).finish_non_exhaustive()
    }
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// The connection has it.
    Taken,
    /// The connection has not taken those before it.
    Full,
    /// The connection is not here.
    Unknown,
}

/// A connection, seen from another worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Watcher {
    pub(super) worker: WorkerId,
    pub(super) connection: ConnectionKey,
}

/// To the worker that has the connections.
#[derive(Debug)]
pub(super) enum Notice {
    Deliver {
        channel: ChannelKey,
        frame: Frame,
        audience: Audience,
    },
    Joined(Box<Joined>),
    /// The state of users that a connection began to watch.
    Watched {
        connection: ConnectionKey,
        online: Vec<UserId>,
        offline: Vec<UserId>,
    },
    /// A watched user came or went.
    Status {
        connections: Vec<ConnectionKey>,
        user: UserId,
        online: bool,
        frame: Frame,
    },
    Terminate {
        user: UserKey,
        farewell: Farewell,
    },
    CutOff {
        bearer: UserKey,
        farewell: Farewell,
    },
}

/// The home's answer to a `Join`.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) connection: ConnectionKey,
    pub(super) channel: ChannelKey,
    pub(super) member: Option<UserId>,
    pub(super) counts: bool,
    pub(super) outcome: Result<Greeting, JoinRefused>,
}

/// The frames that greet a subscriber, in order.
#[derive(Debug, Clone)]
pub(super) struct Greeting {
    /// That it is one, and the cached event.
    pub(super) first: Vec<Frame>,
    /// The retained events, of which there may be thousands; newcomers share the list.
    pub(super) retained: Option<Arc<[Frame]>>,
}

/// Which subscribers of a channel get a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every one.
    All,
    /// Every one but this connection.
    Except(SocketId),
    /// Every one but the Java clients, which cannot digest it.
    NotJava,
}
