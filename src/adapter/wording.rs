//! What requests are in Redis' words, and what its answers are in the hub's.

use std::collections::{HashMap, HashSet};

use redis::{Cmd, Value};

use crate::hub::far::{Failure, Origin, Place, Question, Report, Request, Stay, Whose};
use crate::hub::{ChannelKey, ChannelSummary};

use super::apps::Apps;
use super::envelope::{Heard, Unreadable};
use super::keys::{Address, BUCKETS, Keys};
use super::script::{self, Lease, NONE, Parts, Refused, Scripts, Sending};

/// Translates.
#[derive(Debug)]
pub(super) struct Wording {
    pub(super) keys: Keys,
    pub(super) apps: Apps,
    pub(super) scripts: Scripts,
    /// Whose this node's events are, over all of its lives.
    sender: Origin,
    /// Events that stay, sent so far in each bucket.
    sent: Vec<u64>,
    batch: Batch,
}

/// Events that stay in the batch that is being made. Redis may refuse some of a batch and carry out others: what goes
/// after one that stays says so, and is refused with it.
#[derive(Debug, Default)]
struct Batch {
    /// The last one's number in each bucket.
    last: HashMap<u16, u64>,
    channels: HashSet<ChannelKey>,
}

/// How an event is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Whether those find it who come back soon.
    pub(super) is_late: bool,
    /// Tells it when it is sent again, if it is one that stays.
    pub(super) number: Option<u64>,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To the server of one bucket.
    Bucket(u16),
    /// The server of what belongs to no bucket.
    Common,
    /// A command to each bucket.
    All,
    /// Nowhere: this node does not serve the app any more.
    Nowhere,
}

impl Wording {
    pub(super) fn new(keys: Keys, apps: Apps, is_sharded: bool) -> Self {
        let sender = Origin(rand::random());
        let sent = vec![0; usize::from(BUCKETS)];
        Self { keys, apps, scripts: Scripts::new(is_sharded), sender, sent, batch: Batch::default() }
    }

    /// Commands that are made from now on are sent together.
    pub(super) fn begin_batch(&mut self) {
        self.batch = Batch::default();
    }

    pub(super) fn target(&self, request: &Request) -> Target {
        let place = match request {
            Request::Listen(place, _)
            | Request::Unlisten(place)
            | Request::Sync(place, _)
            | Request::Look(place, ..) => return self.bucket(place),
            Request::Relay(channel, ..) | Request::Stay(channel, ..) => channel,
            Request::Ask(Question::Channels(..)) => return Target::All,
            Request::Ask(Question::Connections(..)) => return Target::Common,
            Request::Ask(
                Question::Channel(channel, _)
                | Question::Members(channel, _)
                | Question::Retained(channel, _)
                | Question::Past(channel, ..),
            ) => channel,
        };
        self.bucket(&Place::Channel(place.clone()))
    }

    fn bucket(&self, place: &Place) -> Target {
        self.keys.address(place, &self.apps).map_or(Target::Nowhere, |address| Target::Bucket(address.bucket))
    }

    /// The topic of a place.
    pub(super) fn topic(&self, place: &Place) -> Option<String> {
        self.keys.address(place, &self.apps).map(|address| address.topic())
    }

    /// The commands of a request, of which there is one unless it goes to all buckets; then in their order.
    ///
    /// An event that stays gets its number here unless it has one: it keeps that when it is sent again.
    pub(super) fn commands(&mut self, lease: Lease, request: &Request, sending: &mut Sent) -> Vec<Cmd> {
        if let Request::Ask(Question::Channels(app, ..)) = request {
            let all = self.apps.id(*app).map(|app| script::list_channels(&self.keys, app)).unwrap_or_default();
            return all.into_iter().map(|(_, command)| command).collect();
        }
        self.command(lease, request, sending).into_iter().collect()
    }

    fn command(&mut self, lease: Lease, request: &Request, sending: &mut Sent) -> Option<Cmd> {
        match request {
            Request::Listen(..) | Request::Unlisten(_) => None,
            Request::Sync(place, share) => {
                let address = self.keys.address(place, &self.apps)?;
                Some(self.scripts.sync(&self.keys, lease, &address, share))
            }
            Request::Look(place, _, after) => {
                let address = self.keys.address(place, &self.apps)?;
                Some(self.scripts.look(&address, Parts::All(*after)))
            }
            Request::Relay(channel, event, _) => {
                let address = self.channel(channel)?;
                let after = self.batch.last.get(&address.bucket).copied();
                if sending.is_late {
                    let sending = Sending { sender: self.sender, number: NONE, after };
                    return Some(self.scripts.stay(sending, &address, &Stay::late(event.clone())));
                }
                let after = after.filter(|_| self.batch.channels.contains(channel));
                Some(after.map_or_else(
                    || self.scripts.relay(self.sender, &address, event),
                    |number| self.scripts.relay_after(self.sender, &address, event, number),
                ))
            }
            Request::Stay(channel, stay, _) if sending.is_late => {
                let stay = Stay { is_late: true, ..Stay::clone(stay) };
                self.stay(channel, &stay, sending)
            }
            Request::Stay(channel, stay, _) => self.stay(channel, stay, sending),
            Request::Ask(question) => self.question(question, lease.origin),
        }
    }

    fn stay(&mut self, channel: &ChannelKey, stay: &Stay, sending: &mut Sent) -> Option<Cmd> {
        let address = self.channel(channel)?;
        let sent = self.sent.get_mut(usize::from(address.bucket))?;
        let number = *sending.number.get_or_insert_with(|| {
            *sent += 1;
            *sent
        });
        let after = self.batch.last.insert(address.bucket, number);
        if !self.batch.channels.contains(channel) {
            self.batch.channels.insert(channel.clone());
        }
        let sending = Sending { sender: self.sender, number, after };
        Some(self.scripts.stay(sending, &address, stay))
    }

    fn question(&self, question: &Question, here: Origin) -> Option<Cmd> {
        let scripts = &self.scripts;
        match question {
            Question::Channels(..) => None,
            Question::Connections(app, _) => Some(scripts.connections(&self.keys, self.apps.id(*app)?, here)),
            Question::Channel(channel, _) => Some(scripts.look(&self.channel(channel)?, Parts::Cached)),
            Question::Members(channel, _) => Some(scripts.look(&self.channel(channel)?, Parts::Members)),
            Question::Retained(channel, _) => Some(scripts.look(&self.channel(channel)?, Parts::Retained)),
            Question::Past(channel, after, limit, _) => Some(scripts.past(&self.channel(channel)?, *after, *limit)),
        }
    }

    fn channel(&self, channel: &ChannelKey) -> Option<Address> {
        self.keys.address(&Place::Channel(channel.clone()), &self.apps)
    }

    /// What an answer means to who asked; a question is answered where it says.
    ///
    /// # Errors
    /// `Expired` when the node's lease is over: nothing was done.
    pub(super) fn finish(&self, request: Request, answer: Value) -> Result<Option<Report>, Refused> {
        match request {
            Request::Sync(place, share) => {
                script::synced(answer, share.ticket).map(|synced| Some(Report::Synced(place, synced)))
            }
            Request::Look(place, ticket, _) => {
                let (look, _) = script::looked(answer, |origin| self.whose(origin))?;
                Ok(Some(Report::Looked(place, ticket, look)))
            }
            Request::Ask(question) => answer_one(question, answer).map(|()| None).map_err(Refused::from),
            // What became of an event that stays is told whatever the answer is.
            Request::Stay(..) | Request::Relay(..) | Request::Listen(..) | Request::Unlisten(_) => Ok(None),
        }
    }

    /// What a message on a place's topic means to the place's home.
    pub(super) fn heard(&self, topic: &[u8], message: Vec<u8>) -> Result<Option<Report>, Unreadable> {
        let place = self.keys.place(topic, &self.apps).ok_or(Unreadable)?;
        Ok(Heard::read(message.into())?.report(place, |origin| self.whose(origin)))
    }

    fn whose(&self, origin: Origin) -> Whose {
        if origin == self.sender { Whose::Own } else { Whose::Other }
    }
}

/// Whoever asked may be gone.
fn answer_one(question: Question, answer: Value) -> Result<(), Unreadable> {
    match question {
        Question::Channels(..) => {}
        Question::Connections(_, to) => drop(to.send(Ok(script::connections(&answer)?))),
        Question::Channel(_, to) => drop(to.send(Ok(script::channel_state(answer)?))),
        Question::Members(_, to) => drop(to.send(Ok(script::member_ids(answer)?))),
        Question::Retained(_, to) => drop(to.send(Ok(script::retained(answer)?))),
        Question::Past(.., to) => drop(to.send(Ok(script::page(answer)?))),
    }
    Ok(())
}

/// Answers a question about all channels of an app from what all buckets said.
pub(super) fn answer_all(question: Question, answers: Vec<Value>) -> Result<(), Unreadable> {
    let Question::Channels(_, prefix, to) = question else { return Ok(()) };
    let mut all: Vec<ChannelSummary> = Vec::new();
    for answer in answers {
        all.extend(script::channels(answer, &prefix)?);
    }
    all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    drop(to.send(Ok(all)));
    Ok(())
}

/// The shared truth cannot be asked.
pub(super) fn fail(question: Question) {
    match question {
        Question::Channels(.., to) => drop(to.send(Err(Failure))),
        Question::Connections(_, to) => drop(to.send(Err(Failure))),
        Question::Channel(_, to) => drop(to.send(Err(Failure))),
        Question::Members(_, to) => drop(to.send(Err(Failure))),
        Question::Retained(_, to) => drop(to.send(Err(Failure))),
        Question::Past(.., to) => drop(to.send(Err(Failure))),
    }
}
