//! May this connection subscribe, and as whom?

use crate::protocol::{ChannelName, InvalidMember, Member, MemberLimits, SocketId, Subscribe, User, channel_to_sign};

use super::app::{App, Purpose};
use super::error::Error;

/// A subscription that is allowed.
#[derive(Debug)]
pub struct Subscription {
    /// The channel.
    pub channel: ChannelName,
    /// On presence channels, who subscribes.
    pub member: Option<Member>,
}

/// Checks a subscription in the order of the protocol reference's section 2.5.
///
/// # Errors
/// The first rule that forbids it.
pub fn subscribe(
    app: &App,
    socket_id: SocketId,
    user: Option<&User>,
    request: &Subscribe<'_>,
) -> Result<Subscription, Error> {
    let channel = ChannelName::parse(&request.channel, app.config.limits.channel_name)?;
    if let Some(owner) = channel.user() {
        let is_owner = user.is_some_and(|user| user.id.as_str() == owner);
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
    let member = if kind.is_presence() { Some(member(app, &channel, user, request)?) } else { None };
    Ok(Subscription { channel, member })
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
