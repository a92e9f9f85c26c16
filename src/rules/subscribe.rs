//! May this connection subscribe, and as whom?

use std::sync::Arc;

use crate::auth::{Identity, unix_now};
use crate::protocol::{ChannelName, InvalidMember, Member, MemberLimits, SocketId, Subscribe, User, channel_to_sign};

use super::access::{Verdict, Who};
use super::app::{App, Purpose};
use super::error::Error;
use super::standing::Standing;

/// A subscription that is allowed.
#[derive(Debug)]
pub struct Subscription {
    /// The channel.
    pub channel: ChannelName,
    /// On presence channels, who subscribes.
    pub member: Option<Member>,
    /// Connections that may be subscribed to the channel.
    pub subscriber_limit: Option<usize>,
}

/// Who a connection is known to be.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Signed in, by whatever means.
    pub user: Option<&'a User>,
    /// What bearers have been granted, if any.
    pub standing: Option<&'a Standing>,
}

/// Checks a subscription in the order of the protocol reference's section 2.5, then what declares
/// the channel.
///
/// # Errors
/// The first rule that forbids it.
pub fn subscribe(
    app: &App,
    socket_id: SocketId,
    known: Known<'_>,
    request: &Subscribe<'_>,
) -> Result<Subscription, Error> {
    let channel = ChannelName::parse(&request.channel, app.config.limits.channel_name)?;
    if let Some(owner) = channel.user() {
        let is_owner = known.user.is_some_and(|user| user.id.as_str() == owner);
        if !is_owner {
            return Err(Error::NotTheUser { channel: channel.to_string() });
        }
    }
    let kind = channel.kind();
    if kind.needs_signature() {
        let Some(auth) = request.auth.as_deref().filter(|auth| !auth.is_empty()) else {
            return Err(Error::AuthMissing { channel: channel.to_string() });
        };
        let to_sign = channel_to_sign(socket_id, channel.as_str(), request.channel_data.as_deref());
        app.verify(auth, to_sign, Purpose::Subscription(channel.as_str()))?;
    }
    may_listen(app, known.standing, &channel)?;
    let member = if kind.is_presence() { Some(member(app, &channel, known.user, request)?) } else { None };
    let declared = app.contract.find(&channel);
    let subscriber_limit = declared.and_then(|side| side.declared.config.subscribers);
    Ok(Subscription { channel, member, subscriber_limit })
}

/// Whether a connection may hear a channel by the rules of this moment; its signature, where one is
/// needed, has been verified.
///
/// # Errors
/// What declares the channel, or that nothing does; a token that has expired.
pub fn may_listen(app: &App, standing: Option<&Standing>, channel: &ChannelName) -> Result<(), Error> {
    let needs_signature = channel.kind().needs_signature();
    let bearer: Option<&Arc<Identity>> =
        standing.and_then(|standing| if needs_signature { standing.channel(channel) } else { standing.signed_in() });
    if bearer.is_some_and(|bearer| bearer.is_expired(unix_now())) {
        return Err(Error::TokenExpired);
    }
    // A signature without a grant was made by a back end that has the app's secret.
    let who = Who { is_app: needs_signature && bearer.is_none(), bearer: bearer.map(|bearer| &**bearer) };
    may_subscribe(app, who, channel)
}

/// Whether somebody may hear a channel.
///
/// # Errors
/// `Undeclared` where nothing declares the channel and it is for the app only, or for nobody;
/// `Denied` when its rules forbid it.
pub fn may_subscribe(app: &App, who: Who<'_>, channel: &ChannelName) -> Result<(), Error> {
    let Some(side) = app.contract.find(channel) else {
        let is_token_only = channel.kind().needs_signature() && !who.is_app;
        if app.contract.refuses(channel) || is_token_only {
            return Err(Error::Undeclared { channel: channel.to_string() });
        }
        return Ok(());
    };
    let access = side.subscribe();
    let is_known = match access.decide(who, Some((side.pattern(), channel))) {
        Verdict::Allowed => return Ok(()),
        Verdict::Unknown => false,
        Verdict::Forbidden => true,
    };
    Err(Error::Denied { channel: channel.to_string(), allowed: access.text().to_owned(), is_known })
}

/// Whether somebody may publish on a channel, whatever the event: where its rules name other people for
/// single events, those do not count here.
///
/// # Errors
/// As [`may_subscribe`].
pub fn may_publish(app: &App, who: Who<'_>, channel: &ChannelName) -> Result<(), Error> {
    let Some(side) = app.contract.find(channel) else {
        return Err(Error::Undeclared { channel: channel.to_string() });
    };
    let access = side.declared.publish(None);
    let is_known = match access.decide(who, Some((side.pattern(), channel))) {
        Verdict::Allowed => return Ok(()),
        Verdict::Unknown => false,
        Verdict::Forbidden => true,
    };
    Err(Error::Denied { channel: channel.to_string(), allowed: access.text().to_owned(), is_known })
}

/// `channel_data` says who it is, else the sign-in does.
fn member(app: &App, channel: &ChannelName, user: Option<&User>, request: &Subscribe<'_>) -> Result<Member, Error> {
    let limits = MemberLimits {
        id_characters: app.config.limits.presence_user_id,
        info_bytes: app.config.limits.presence_user_info_bytes,
    };
    let member = match (request.channel_data.as_deref(), user) {
        (Some(data), _) => Member::parse(data, limits),
        (None, Some(user)) => Member::of(user, limits),
        (None, None) => return Err(Error::NoMember { channel: channel.to_string() }),
    };
    member.map_err(|reason| match reason {
        InvalidMember::InfoType | InvalidMember::InfoNotUnicode => Error::MemberInfo(reason),
        InvalidMember::Unusable | InvalidMember::IdTooLong { .. } | InvalidMember::InfoTooLong { .. } => {
            Error::Member { channel: channel.to_string(), reason }
        }
    })
}
