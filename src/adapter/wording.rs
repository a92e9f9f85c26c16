//! What requests are in Redis' words, and what its answers are in the hub's.

use redis::{Cmd, Value};

use crate::hub::far::{Failure, Origin, Place, Question, Report, Request, Stay, Whose};
use crate::hub::{ChannelKey, ChannelSummary};

use super::apps::Apps;
use super::envelope::{Heard, Unreadable};
use super::keys::{Address, BUCKETS, Keys};
use super::script::{self, Lease, Parts, Refused, Scripts, Sending};

/// Translates. Remembers what tells this node's own words, over all of its lives.
#[derive(Debug)]
pub(super) struct Wording {
    pub(super) keys: Keys,
    pub(super) apps: Apps,
    pub(super) scripts: Scripts,
    sender: Origin,
    /// Events that stay, sent so far in each bucket.
    sent: Vec<u64>,
    lives: Vec<Origin>,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To the server of one bucket.
    Bucket(u16),
    /// A command to each bucket.
    All,
    /// Nowhere: this node does not serve the app any more.
    Nowhere,
}

impl Wording {
    pub(super) fn new(keys: Keys, apps: Apps, is_sharded: bool) -> Self {
        let sender = Origin(rand::random());
        let sent = vec![0; usize::from(BUCKETS)];
        Self { keys, apps, scripts: Scripts::new(is_sharded), sender, sent, lives: Vec::new() }
    }

    /// From now on words of this life are known as this node's own.
    pub(super) fn live(&mut self, origin: Origin) {
        if !self.lives.contains(&origin) {
            self.lives.push(origin);
        }
    }

    pub(super) fn target(&self, request: &Request) -> Target {
        let place = match request {
            Request::Listen(place, _)
            | Request::Unlisten(place)
            | Request::Sync(place, _)
            | Request::Look(place, ..) => return self.bucket(place),
            Request::Relay(channel, ..) | Request::Stay(channel, ..) => channel,
            Request::Ask(Question::Channels(..)) => return Target::All,
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
    /// An event that stays gets its number here: make its command once, and send that again.
    pub(super) fn commands(&mut self, lease: Lease, request: &Request) -> Vec<Cmd> {
        if let Request::Ask(Question::Channels(app, ..)) = request {
            let all = self.apps.id(*app).map(|app| script::list_channels(&self.keys, app)).unwrap_or_default();
            return all.into_iter().map(|(_, command)| command).collect();
        }
        self.command(lease, request).into_iter().collect()
    }

    fn command(&mut self, lease: Lease, request: &Request) -> Option<Cmd> {
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
            Request::Relay(channel, event, _) => Some(self.scripts.relay(lease.origin, &self.channel(channel)?, event)),
            Request::Stay(channel, stay, _) => self.stay(lease.origin, channel, stay),
            Request::Ask(question) => self.question(question),
        }
    }

    fn stay(&mut self, origin: Origin, channel: &ChannelKey, stay: &Stay) -> Option<Cmd> {
        let address = self.channel(channel)?;
        let sent = self.sent.get_mut(usize::from(address.bucket))?;
        *sent += 1;
        let sending = Sending { sender: self.sender, number: *sent };
        Some(self.scripts.stay(origin, sending, &address, stay))
    }

    fn question(&self, question: &Question) -> Option<Cmd> {
        let scripts = &self.scripts;
        match question {
            Question::Channels(..) => None,
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
            Request::Stay(channel, stay, _) => {
                let outcome = script::stayed(answer)?;
                Ok(Some(Report::Stayed(channel, stay.event.number, outcome)))
            }
            Request::Ask(question) => answer_one(question, answer).map(|()| None).map_err(Refused::from),
            Request::Relay(..) | Request::Listen(..) | Request::Unlisten(_) => Ok(None),
        }
    }

    /// What a message on a place's topic means to the place's home.
    pub(super) fn heard(&self, topic: &[u8], message: Vec<u8>) -> Result<Option<Report>, Unreadable> {
        let place = self.keys.place(topic, &self.apps).ok_or(Unreadable)?;
        Ok(Heard::read(message.into())?.report(place, |origin| self.lives.contains(&origin)))
    }

    fn whose(&self, origin: Origin) -> Whose {
        if self.lives.contains(&origin) { Whose::Own } else { Whose::Other }
    }
}

/// Whoever asked may be gone.
fn answer_one(question: Question, answer: Value) -> Result<(), Unreadable> {
    match question {
        Question::Channels(..) => {}
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
        Question::Channel(_, to) => drop(to.send(Err(Failure))),
        Question::Members(_, to) => drop(to.send(Err(Failure))),
        Question::Retained(_, to) => drop(to.send(Err(Failure))),
        Question::Past(.., to) => drop(to.send(Err(Failure))),
    }
}
