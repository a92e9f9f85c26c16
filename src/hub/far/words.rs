//! The words that homes and the adapter exchange.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::hub::keep::{EventId, History, Kept, Page, Record, Retain};
use crate::hub::key::{AppIndex, ChannelKey, UserKey};
use crate::hub::query::{ChannelState, ChannelSummary};
use crate::protocol::{Frame, SocketId, UserId, UserInfo};

/// What several nodes have a share of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A channel: subscriptions, and members on presence channels.
    Channel(ChannelKey),
    /// A user: connections that are signed in.
    User(UserKey),
}

impl From<ChannelKey> for Place {
    fn from(channel: ChannelKey) -> Self {
        Self::Channel(channel)
    }
}

/// Where a place is in the order of what changed there; each change has a greater one, also after the shared
/// truth was emptied. 0 is before the first. Below 2^53.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

/// Tells an answer's question from others of the same home.
pub type Ticket = u64;

/// A home's place in the order of what it sent about one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Rises by one with each event, also over homes that were dropped and came again.
    pub value: u64,
    /// Events that this home had sent before.
    pub since: u32,
}

/// What a home asks of the adapter. Requests about one place are carried out in the order of their coming.
#[derive(Debug)]
pub enum Request {
    /// Report what is told about a place, from the moment that `Report::Listening` marks.
    Listen(Place, Ticket),
    /// Report no more of it.
    Unlisten(Place),
    /// Set this node's share of a place; answered by `Report::Synced`.
    Sync(Place, Share),
    /// Say how a place stands; answered by `Report::Looked`.
    Look(Place, Ticket, Option<Position>),
    /// An event for all subscribers: heard by every node that listens, this one among them.
    Relay(ChannelKey, Event, Option<Receipt>),
    /// The same of an event that is to stay; answered by `Report::Stayed`.
    Stay(ChannelKey, Box<Stay>, Option<Receipt>),
    /// A question of the HTTP API.
    Ask(Question),
}

/// Held by an event until the others have it, or it waits for them; a publisher learns of that when all its events have
/// given theirs up.
#[derive(Debug, Clone)]
pub struct Receipt {
    #[expect(dead_code, reason = "it is there to be dropped")]
    held: mpsc::Sender<Infallible>,
}

impl Receipt {
    /// A receipt to be cloned for each event, and what ends when all are given up.
    pub(in crate::hub) fn new() -> (Self, mpsc::Receiver<Infallible>) {
        let (receipt, all) = mpsc::channel(1);
        (Self { held: receipt }, all)
    }
}

/// What another node says that concerns connections here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Close all connections of a user that were signed in before, in Unix microseconds.
    Terminate(UserKey, u64),
    /// Close all connections that bear a token of a subject that was issued up to then, in Unix seconds.
    CutOff(UserKey, u64),
}

/// What one node has of a place.
#[derive(Debug, Clone)]
pub struct Share {
    /// For the answer.
    pub ticket: Ticket,
    /// Subscriptions, or connections that are signed in.
    pub subscriptions: usize,
    /// Who tells listeners of another total: nobody, or this rule.
    pub totals: Totals,
    /// Members of whom this node's share has changed; `None` where it has no connection any more.
    pub members: Vec<(UserId, Option<UserInfo>)>,
    /// Members that the channel may have in the cluster.
    pub member_limit: usize,
}

/// Which totals listeners hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Totals {
    /// None.
    Silent,
    /// The first above nothing, and nothing.
    Edges,
    /// Each.
    All,
}

/// An event on its way to other nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the order of its home.
    pub number: Number,
    /// The connection that caused it and does not get it back.
    pub except: Option<SocketId>,
    /// The event, encoded.
    pub frame: Frame,
}

/// An event that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The event.
    pub event: Event,
    /// What tells a retry.
    pub id: Option<EventId>,
    /// Stays for newcomers.
    pub retain: Option<Retain>,
    /// Can be read later.
    pub history: Option<History>,
    /// On cache channels, how long it greets newcomers.
    pub cache: Option<Duration>,
    /// Whether those find it who come back within a [`LATE`] time: it waited until the others could be reached, or some of
    /// them may not be reached yet.
    pub is_late: bool,
    /// The event for those who read it.
    pub record: Record,
}

impl Stay {
    /// An event that only those need who could not hear it when it was sent.
    #[must_use]
    pub fn late(event: Event) -> Self {
        Self { event, id: None, retain: None, history: None, cache: None, is_late: true, record: Record::default() }
    }

    /// The same event where what is to stay of it stays already.
    #[must_use]
    pub fn repeated(self) -> Self {
        Self { id: None, retain: None, history: None, cache: None, ..self }
    }
}

/// How long an event that is late can be found, and how many of one place.
pub const LATE: Late = Late { age: Duration::from_secs(60), events: 10_000 };

/// Bounds of what is late.
#[derive(Debug, Clone, Copy)]
pub struct Late {
    /// Time.
    pub age: Duration,
    /// Events of one place.
    pub events: usize,
}

/// What a home hears.
#[derive(Debug)]
pub enum Report {
    /// What is told of the place from now on is reported.
    Listening(Place, Ticket),
    /// A share is set; what that changed is told to all who listen.
    Synced(Place, Synced),
    /// How a place stands.
    Looked(Place, Ticket, Look),
    /// An event was sent; not for one that waits.
    Stayed(ChannelKey, Number, Outcome),
    /// An event, in the order of all of its channel.
    Relayed(ChannelKey, Source, Event),
    /// Something changed at a place.
    Changed(Place, Position, Position, Change),
    /// Another node says something of connections that may be here.
    Control(Control),
    /// The shared truth cannot be reached. Requests but `Stay` and `Relay` are forgotten; those wait.
    Away,
    /// It can be reached again, and may have forgotten what this node told it.
    Back,
}

/// Who shares or sends. A node that lost its lease has its shares under another one, and sends on under the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(pub u64);

/// Whose an event is.
pub type Source = (Origin, Whose);

/// Whether an event is this node's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// This node's.
    Own,
    /// Another node's.
    Other,
}

/// What setting a share has changed.
#[derive(Debug, Clone)]
pub struct Synced {
    /// Of the share.
    pub ticket: Ticket,
    /// Where the place is now: whoever listens has heard, or will hear, of all changes up to here.
    pub position: Position,
    /// What changed, each with the position before it and its own, as all who listen hear it.
    pub changes: Vec<(Position, Position, Change)>,
    /// Members that were one too many and are not in.
    pub refused: Vec<UserId>,
}

/// A change at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A member has its first connection.
    Added(UserId, UserInfo),
    /// A member has lost its last connection.
    Removed(UserId),
    /// The total of all shares.
    Total(usize),
    /// An event that stays; with whose it is.
    Stayed(Source, Box<Stay>),
}

/// How a place stands.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Where it is.
    pub position: Position,
    /// The total of all shares.
    pub total: usize,
    /// Members in the order of their coming.
    pub members: Vec<(UserId, UserInfo)>,
    /// Retained events, oldest first.
    pub retained: Vec<Past>,
    /// The cached event.
    pub cached: Option<Past>,
    /// Past and late events above the position asked about, oldest first; with no time left.
    pub missed: Vec<Past>,
}

/// An event that stayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Where it stands.
    pub position: Position,
    /// Whose it is.
    pub source: Source,
    /// The event.
    pub stay: Box<Stay>,
    /// How long it still stays.
    pub left: Duration,
}

/// What became of an event that is to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is at the second position, the next after the first.
    At(Position, Position),
    /// Its id was known; nobody hears of it.
    Known,
    /// It had been carried out before, and is not late; listeners have heard of it.
    Before,
    /// It could not be kept, and nobody else has it; counted and logged by the adapter.
    Lost,
}

/// A question of the HTTP API, and where its answer goes.
#[derive(Debug)]
pub enum Question {
    /// All occupied channels of an app whose name starts so.
    Channels(AppIndex, String, oneshot::Sender<Answer<Vec<ChannelSummary>>>),
    /// Connections of an app at the other nodes, as they last said.
    Connections(AppIndex, oneshot::Sender<Answer<usize>>),
    /// One channel.
    Channel(ChannelKey, oneshot::Sender<Answer<ChannelState>>),
    /// The members of a presence channel.
    Members(ChannelKey, oneshot::Sender<Answer<Vec<UserId>>>),
    /// Retained events, oldest first.
    Retained(ChannelKey, oneshot::Sender<Answer<Vec<Kept>>>),
    /// Past events above a serial, at most so many.
    Past(ChannelKey, Option<u64>, usize, oneshot::Sender<Answer<Page>>),
}

/// An answer, or why there is none.
pub type Answer<T> = Result<T, Failure>;

/// The shared truth could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other nodes cannot be asked now")]
pub struct Failure;
