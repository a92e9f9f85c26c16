//! What a connection is: a pure state machine, messages in, effects out.
//!
//! Knows no socket and no hub, so it is tested and fuzzed as it is. Its owner performs the effects
//! in order, and after a [`Effect::Join`] gives it no further message before
//! [`joined`](Machine::joined) has told the outcome.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use crate::error::Refusal;
use crate::hub::{ChannelKey, JoinRefused, Joining, Publication, UserKey};
use crate::protocol::{
    ChannelName, ClientMessage, Frame, Malformed, Member, SignIn, SocketId, Subscribe, User, UserId, outbound,
};
use crate::rules::{self, App, ClientEvent, Draft, Known, Publisher, Rate, Standing, Who, may_listen};

/// What follows from a message.
#[derive(Debug)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// Send a frame to this connection.
    Reply(Frame),
    /// Ask the channel's home; the outcome goes to [`Machine::joined`].
    Join(Joining),
    /// The subscription has ended.
    Leave(Left),
    /// The connection is a user's.
    SignIn(SignedIn),
    /// Hand an event to the channel's other subscribers, on both names of one that has a twin.
    Publish(Vec<Publication>),
    /// Tell the peer no; of a failed subscription with its channel.
    Refuse(Refusal, Option<String>),
}

/// A subscription that has ended.
#[derive(Debug)]
pub struct Left {
    /// The channel.
    pub channel: ChannelKey,
    /// On presence channels, who it was.
    pub member: Option<UserId>,
    /// Whether subscribers are told their number.
    pub counts: bool,
}

/// A sign-in that took place.
#[derive(Debug)]
pub struct SignedIn {
    /// Who, unless the connection was signed in before.
    pub user: Option<UserKey>,
    /// To be sent first; nothing when the connection ends.
    pub reply: Option<Frame>,
    /// What of the request could not be granted, to be told next.
    pub refusal: Option<Refusal>,
    /// Whom the connection watched until now.
    pub unwatch: Vec<UserKey>,
    /// Whom it watches from now on.
    pub watch: Vec<UserKey>,
}

/// A subscription on its way.
#[derive(Debug)]
pub(super) struct Pending {
    channel: ChannelName,
    member: Option<UserId>,
    /// Whether it was allowed by rules that have been replaced meanwhile.
    pub(super) is_old: bool,
}

/// One connection's state.
#[derive(Debug)]
pub struct Machine {
    pub(super) app: Arc<App>,
    socket_id: SocketId,
    pub(super) channel_limit: usize,
    pub(super) subscriptions: HashMap<ChannelName, Option<UserId>, foldhash::fast::RandomState>,
    pub(super) pending: Option<Pending>,
    user: Option<Box<User>>,
    /// What bearers have been granted; nothing on most connections.
    pub(super) standing: Option<Box<Standing>>,
    rate: Rate,
    is_authorized: bool,
}

impl Machine {
    /// A connection of `app` that may have `channel_limit` subscriptions.
    #[must_use]
    pub fn new(app: Arc<App>, socket_id: SocketId, channel_limit: usize) -> Self {
        Self {
            app,
            socket_id,
            channel_limit,
            subscriptions: HashMap::default(),
            pending: None,
            user: None,
            standing: None,
            rate: Rate::default(),
            is_authorized: false,
        }
    }

    /// Whether it ever subscribed with a signature or signed in.
    #[must_use]
    pub const fn is_authorized(&self) -> bool {
        self.is_authorized
    }

    /// Whether it waits for a home's answer.
    #[must_use]
    pub const fn is_joining(&self) -> bool {
        self.pending.is_some()
    }

    /// The app that it belongs to.
    #[must_use]
    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Takes the text of one message.
    pub fn receive(&mut self, text: &str, now: Instant) -> Effect {
        match ClientMessage::parse(text) {
            Ok(ClientMessage::Ping) => Effect::Reply(outbound::pong()),
            Ok(ClientMessage::Pong) => Effect::Nothing,
            Ok(ClientMessage::Subscribe(request)) => self.subscribe(&request),
            Ok(ClientMessage::Unsubscribe(channel)) => self.unsubscribe(&channel),
            Ok(ClientMessage::SignIn(request)) => {
                self.sign_in(&request).map_or_else(|refusal| Effect::Refuse(refusal, None), Effect::SignIn)
            }
            Ok(ClientMessage::ClientEvent { name, channel, data }) => {
                ClientEvent::check(&self.app, name, &channel, data)
                    .map_err(Refusal::from)
                    .and_then(|event| self.client_event(event, &channel, now))
                    .map_or_else(|refusal| Effect::Refuse(refusal, None), Effect::Publish)
            }
            Err(malformed) => {
                let channel =
                    if let Malformed::ChannelData(channel) = &malformed { Some(channel.clone()) } else { None };
                Effect::Refuse(malformed.into(), channel)
            }
        }
    }

    /// Takes the home's answer to the last [`Effect::Join`]; what must be left again because the rules
    /// have changed meanwhile.
    ///
    /// # Errors
    /// What to tell the peer when the home took it not, with the channel's name.
    pub fn joined(&mut self, outcome: Result<(), JoinRefused>) -> Result<Option<(Left, Refusal)>, (Refusal, String)> {
        let Some(Pending { channel, member, is_old }) = self.pending.take() else {
            return Ok(None);
        };
        if let Err(reason) = outcome {
            let channel = channel.to_string();
            return Err((Refusal::Join { channel: channel.clone(), reason }, channel));
        }
        if is_old && let Err(denied) = may_listen(&self.app, self.standing.as_deref(), &channel) {
            return Ok(Some((self.left(channel, member), denied.into())));
        }
        self.is_authorized |= channel.kind().needs_signature();
        self.subscriptions.insert(channel, member);
        Ok(None)
    }

    /// All that the connection held, for its end.
    pub fn take_all(&mut self) -> (Vec<Left>, Option<SignedIn>) {
        let left = std::mem::take(&mut self.subscriptions);
        let left = left.into_iter().map(|(channel, member)| self.left(channel, member)).collect();
        let signed_in = self.user.take().map(|user| SignedIn {
            user: Some(self.app.user(user.id.clone())),
            reply: None,
            refusal: None,
            unwatch: self.watched(&user),
            watch: Vec::new(),
        });
        (left, signed_in)
    }

    fn subscribe(&mut self, request: &Subscribe<'_>) -> Effect {
        let name = &*request.channel;
        if self.subscriptions.contains_key(name) {
            return Effect::Refuse(Refusal::AlreadySubscribed { channel: name.to_owned() }, None);
        }
        let known = Known { user: self.user.as_deref(), standing: self.standing.as_deref() };
        let subscription = match rules::subscribe(&self.app, self.socket_id, known, request) {
            Ok(subscription) => subscription,
            Err(error) => return Effect::Refuse(error.into(), Some(name.to_owned())),
        };
        if self.subscriptions.len() >= self.channel_limit {
            let refusal = Refusal::TooManyChannels { limit: self.channel_limit };
            return Effect::Refuse(refusal, Some(name.to_owned()));
        }
        let rules::Subscription { channel, member, subscriber_limit } = subscription;
        self.pending = Some(Pending { channel: channel.clone(), member: member.as_ref().map(id_of), is_old: false });
        Effect::Join(Joining {
            counts: self.counts(&channel),
            channel: self.app.channel(channel),
            member,
            member_limit: self.app.config.limits.presence_members,
            subscriber_limit,
        })
    }

    fn unsubscribe(&mut self, name: &str) -> Effect {
        match self.subscriptions.remove_entry(name) {
            Some((channel, member)) => Effect::Leave(self.left(channel, member)),
            None => Effect::Refuse(Refusal::NotSubscribed { channel: name.to_owned() }, None),
        }
    }

    fn sign_in(&mut self, request: &SignIn<'_>) -> Result<SignedIn, Refusal> {
        let mut user = rules::sign_in(&self.app, self.socket_id, self.user.as_deref(), request)?;
        let limit = self.app.config.limits.watchlist_ids;
        if !self.app.config.watchlist {
            user.watchlist.clear();
        }
        let refusal = (user.watchlist.len() > limit).then_some(Refusal::WatchlistTooLong { limit });
        user.watchlist.truncate(limit);
        user.watchlist.sort();
        user.watchlist.dedup();
        let unwatch = self.user.as_deref().map_or_else(Vec::new, |known| self.watched(known));
        let signed_in = SignedIn {
            user: self.user.is_none().then(|| self.app.user(user.id.clone())),
            reply: Some(outbound::signin_success(&request.user_data)),
            refusal,
            unwatch,
            watch: self.watched(&user),
        };
        self.is_authorized = true;
        if let Some(standing) = &mut self.standing {
            standing.sign_in(user.id.as_str());
        }
        self.user = Some(Box::new(user));
        Ok(signed_in)
    }

    /// Rules 5 to 7 of the protocol reference's section 2.13, after those that need no state, then
    /// what declares the channel.
    fn client_event(
        &mut self,
        event: ClientEvent<'_>,
        channel: &str,
        now: Instant,
    ) -> Result<Vec<Publication>, Refusal> {
        let Some((channel, sender)) = self.subscriptions.get_key_value(channel) else {
            return Err(rules::Error::ClientEventOutside { channel: channel.to_owned() }.into());
        };
        let data = event.data(&self.app).map_err(rules::Error::from)?;
        let allowed = self.app.config.client_event_rate;
        if !self.rate.take(allowed, now) {
            return Err(rules::Error::ClientEventRate { allowed }.into());
        }
        let bearer = self.standing.as_ref().and_then(|standing| standing.channel(channel)).map(|bearer| &**bearer);
        let who = Who { is_app: false, bearer };
        let publisher = Publisher { who, connection: Some(self.socket_id) };
        let draft = Draft { name: event.name, data, except: Some(self.socket_id), sender: sender.as_ref(), id: None };
        Ok(rules::publish(&self.app, publisher, &draft, vec![channel.clone()]).map_err(rules::Error::from)?)
    }

    /// Presence channels tell members, not numbers; a user's own channel tells neither.
    fn counts(&self, channel: &ChannelName) -> bool {
        self.app.config.subscription_count && !channel.kind().is_presence() && channel.user().is_none()
    }

    pub(super) fn left(&self, channel: ChannelName, member: Option<UserId>) -> Left {
        Left { counts: self.counts(&channel), channel: self.app.channel(channel), member }
    }

    fn watched(&self, user: &User) -> Vec<UserKey> {
        user.watchlist.iter().cloned().map(|id| self.app.user(id)).collect()
    }
}

fn id_of(member: &Member) -> UserId {
    member.id.clone()
}
