//! A subscriber's place: which channel, and as whom.

use crate::wire::account::{Account, KEY};

/// The kinds of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Public,
    Private,
    /// With the number that is the member's user id.
    Presence(u32),
}

/// Where one connection subscribes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    pub(crate) kind: Kind,
    /// Number of the channel.
    pub(crate) channel: u32,
}

impl Seat {
    /// On a public channel.
    pub(crate) fn public(channel: u32) -> Self {
        Self { kind: Kind::Public, channel }
    }

    /// The channel's name.
    pub(crate) fn name(&self) -> String {
        let prefix = match self.kind {
            Kind::Public => "",
            Kind::Private => "private-",
            Kind::Presence(_) => "presence-",
        };
        format!("{prefix}bench-{}", self.channel)
    }

    /// The message that subscribes the connection with `socket_id`.
    ///
    /// Source: Pusher docs, "Channels protocol" and "Authorization signatures".
    pub(crate) fn subscribe(&self, socket_id: &[u8], account: &Account) -> String {
        let name = self.name();
        let private = [socket_id, b":", name.as_bytes()];
        let owed = match self.kind {
            Kind::Public => String::new(),
            Kind::Private => format!(r#","auth":"{KEY}:{}""#, account.sign(&private)),
            Kind::Presence(user) => {
                let member = format!(r#"{{"user_id":"{user}","user_info":{{"name":"Member {user}"}}}}"#);
                let [id, colon, channel] = private;
                let signature = account.sign(&[id, colon, channel, b":", member.as_bytes()]);
                let member = member.replace('"', "\\\"");
                format!(r#","auth":"{KEY}:{signature}","channel_data":"{member}""#)
            }
        };
        format!(r#"{{"event":"pusher:subscribe","data":{{"channel":"{name}"{owed}}}}}"#)
    }

    /// The message that leaves the channel.
    pub(crate) fn unsubscribe(&self) -> String {
        format!(r#"{{"event":"pusher:unsubscribe","data":{{"channel":"{}"}}}}"#, self.name())
    }
}
