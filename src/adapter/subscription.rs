//! What servers send unasked: messages, and which topics they send.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use redis::{PushInfo, PushKind, Value};
use tokio::sync::mpsc;

use crate::hub::far::{Place, Ticket};

use super::connect::Pushed;
use super::topology::ShardIndex;

/// Messages that may wait for the adapter's thread.
const MESSAGES: usize = 65_536;

/// Bytes of messages that may wait.
const BYTES: usize = 64 << 20;

/// What a server sent unasked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A message on a topic.
    Message(Vec<u8>, Vec<u8>),
    /// A topic is heard from now on.
    Subscribed(Vec<u8>),
    /// A topic is not heard any more.
    Unsubscribed(Vec<u8>),
    /// The connection is gone.
    Gone,
}

/// Takes news of all connections of a session; what finds no room is lost, and that is remembered.
#[derive(Debug)]
pub(super) struct Newsroom {
    sender: mpsc::Sender<(ShardIndex, News)>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    is_overrun: AtomicBool,
}

/// Where news comes out.
#[derive(Debug)]
pub(super) struct NewsReader {
    receiver: mpsc::Receiver<(ShardIndex, News)>,
    waiting: Arc<Waiting>,
}

impl Newsroom {
    pub(super) fn new() -> (Self, NewsReader) {
        let (sender, receiver) = mpsc::channel(MESSAGES);
        let waiting = Arc::new(Waiting::default());
        (Self { sender, waiting: Arc::clone(&waiting) }, NewsReader { receiver, waiting })
    }

    /// What a connection without topics calls: only its end is news.
    pub(super) fn bell(&self, shard: ShardIndex) -> Pushed {
        let desk = self.desk(shard);
        Arc::new(move |push| {
            if push.kind == PushKind::Disconnection {
                desk(push);
            }
        })
    }

    /// What a connection calls with each push.
    pub(super) fn desk(&self, shard: ShardIndex) -> Pushed {
        let (sender, waiting) = (self.sender.clone(), Arc::clone(&self.waiting));
        Arc::new(move |push| {
            let Some(news) = read(push) else { return };
            let bytes = news.bytes();
            let all = waiting.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
            if all > BYTES || sender.try_send((shard, news)).is_err() {
                waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
                waiting.is_overrun.store(true, Ordering::Relaxed);
            }
        })
    }
}

impl NewsReader {
    /// The next news, unless all connections are gone. May be cancelled.
    pub(super) async fn next(&mut self) -> Option<(ShardIndex, News)> {
        let next = self.receiver.recv().await;
        self.taken(next)
    }

    /// The next news, if it is there already.
    pub(super) fn try_next(&mut self) -> Option<(ShardIndex, News)> {
        let next = self.receiver.try_recv().ok();
        self.taken(next)
    }

    /// Whether news was lost.
    pub(super) fn is_overrun(&self) -> bool {
        self.waiting.is_overrun.load(Ordering::Relaxed)
    }

    fn taken(&self, next: Option<(ShardIndex, News)>) -> Option<(ShardIndex, News)> {
        if let Some((_, news)) = &next {
            self.waiting.bytes.fetch_sub(news.bytes(), Ordering::Relaxed);
        }
        next
    }
}

impl News {
    const fn bytes(&self) -> usize {
        match self {
            Self::Message(topic, message) => topic.len() + message.len(),
            Self::Subscribed(topic) | Self::Unsubscribed(topic) => topic.len(),
            Self::Gone => 0,
        }
    }
}

fn read(push: PushInfo) -> Option<News> {
    let mut parts = push.data.into_iter();
    let mut part = || match parts.next() {
        Some(Value::BulkString(bytes)) => Some(bytes),
        _ => None,
    };
    match push.kind {
        PushKind::Disconnection => Some(News::Gone),
        PushKind::Message | PushKind::SMessage => Some(News::Message(part()?, part()?)),
        PushKind::Subscribe | PushKind::SSubscribe => part().map(News::Subscribed),
        PushKind::Unsubscribe | PushKind::SUnsubscribe => part().map(News::Unsubscribed),
        _ => None,
    }
}

/// Which topics are heard, and which confirmations are to come.
#[derive(Debug, Default)]
pub(super) struct Topics(HashMap<Vec<u8>, Topic>);

#[derive(Debug)]
struct Topic {
    place: Place,
    expected: VecDeque<Expected>,
    is_wanted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Listening(Ticket),
    Silence,
}

/// A server says other things of a topic than it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Astray;

impl Topics {
    /// A topic is about to be subscribed to.
    pub(super) fn listen(&mut self, topic: &str, place: Place, ticket: Ticket) {
        let new = Topic { place, expected: VecDeque::new(), is_wanted: true };
        let known = self.0.entry(topic.as_bytes().to_owned()).or_insert(new);
        known.is_wanted = true;
        known.expected.push_back(Expected::Listening(ticket));
    }

    /// A topic is about to be unsubscribed from; says whether it was known.
    pub(super) fn unlisten(&mut self, topic: &str) -> bool {
        let Some(known) = self.0.get_mut(topic.as_bytes()).filter(|known| known.is_wanted) else { return false };
        known.is_wanted = false;
        known.expected.push_back(Expected::Silence);
        true
    }

    /// Whether somebody wants to hear what comes on a topic.
    pub(super) fn is_wanted(&self, topic: &[u8]) -> bool {
        self.0.get(topic).is_some_and(|known| known.is_wanted)
    }

    /// A topic is heard from now on: whom to tell.
    pub(super) fn subscribed(&mut self, topic: &[u8]) -> Result<(Place, Ticket), Astray> {
        let known = self.0.get_mut(topic).ok_or(Astray)?;
        match known.expected.pop_front() {
            Some(Expected::Listening(ticket)) => Ok((known.place.clone(), ticket)),
            Some(Expected::Silence) | None => Err(Astray),
        }
    }

    /// A topic is not heard any more. A server that gives a slot away says so unasked.
    pub(super) fn unsubscribed(&mut self, topic: &[u8]) -> Result<(), Astray> {
        let known = self.0.get_mut(topic).ok_or(Astray)?;
        if known.expected.pop_front() != Some(Expected::Silence) {
            return Err(Astray);
        }
        if known.expected.is_empty() && !known.is_wanted {
            self.0.remove(topic);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{AppIndex, UserKey};
    use crate::protocol::UserId;

    fn place() -> Place {
        Place::User(UserKey { app: AppIndex(0), id: UserId::parse("a", 9).unwrap() })
    }

    #[test]
    fn confirmations_go_to_those_who_asked_in_their_order() {
        let mut topics = Topics::default();
        topics.listen("t", place(), 1);
        assert!(topics.unlisten("t"));
        topics.listen("t", place(), 2);
        assert_eq!(topics.subscribed(b"t"), Ok((place(), 1)));
        assert_eq!(topics.unsubscribed(b"t"), Ok(()));
        assert_eq!(topics.subscribed(b"t"), Ok((place(), 2)));
        assert!(topics.is_wanted(b"t"));
        assert!(topics.unlisten("t"));
        assert!(!topics.unlisten("t"));
        assert_eq!(topics.unsubscribed(b"t"), Ok(()));
        assert!(!topics.is_wanted(b"t"));
    }

    #[test]
    fn what_a_server_says_unasked_is_noticed() {
        let mut topics = Topics::default();
        assert_eq!(topics.unsubscribed(b"t"), Err(Astray));
        topics.listen("t", place(), 1);
        assert_eq!(topics.subscribed(b"t"), Ok((place(), 1)));
        assert_eq!(topics.unsubscribed(b"t"), Err(Astray));
    }

    #[test]
    fn news_without_room_is_lost_and_remembered() {
        let (room, mut reader) = Newsroom::new();
        let desk = room.desk(3);
        let message = || vec![Value::BulkString(b"t".to_vec()), Value::BulkString(b"m".to_vec())];
        for _ in 0..MESSAGES {
            desk(PushInfo { kind: PushKind::Message, data: message() });
        }
        assert!(!reader.is_overrun());
        desk(PushInfo { kind: PushKind::Message, data: message() });
        assert!(reader.is_overrun());
        assert_eq!(reader.try_next(), Some((3, News::Message(b"t".to_vec(), b"m".to_vec()))));
        assert_eq!(reader.waiting.bytes.load(Ordering::Relaxed), 2 * (MESSAGES - 1));
    }
}
