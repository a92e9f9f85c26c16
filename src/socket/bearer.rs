//! What tokens mean to a connection: grants, their end, and what a reload takes away.

use std::sync::Arc;

use crate::auth::{Identity, unix_now};
use crate::error::Refusal;
use crate::protocol::ChannelName;
use crate::rules::{App, Grant, Granted, Who, may_listen, may_subscribe};

use super::machine::{Left, Machine};

impl Machine {
    /// Takes what the auth endpoint has signed for this connection.
    ///
    /// # Errors
    /// Why the connection must end: its token was revoked meanwhile, or it has all the grants that it
    /// may have, and a signature without its grant would be worth more than it should.
    pub fn grant(&mut self, grant: &Grant) -> Result<(), Refusal> {
        if self.is_revoked(&grant.bearer) {
            return Err(Refusal::TokenRevoked);
        }
        let limit = self.channel_limit;
        let app = self.app.clone();
        let listening: Vec<ChannelName> = self.public_channels().cloned().collect();
        let allows = |what: &Granted, bearer: &Identity| {
            let who = Who { is_app: false, bearer: Some(bearer) };
            match what {
                Granted::Channel(channel) => may_subscribe(&app, who, channel).is_ok(),
                Granted::SignIn => listening.iter().all(|channel| may_subscribe(&app, who, channel).is_ok()),
            }
        };
        let standing = self.standing.get_or_insert_default();
        standing.take(grant, allows);
        if standing.len() > limit { Err(Refusal::TooManyGrants { limit }) } else { Ok(()) }
    }

    /// When the first of its tokens expires, in unix seconds.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.standing.as_ref()?.expires_at()
    }

    /// Whether a token of it is over by now.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.expires_at().is_some_and(|at| at <= unix_now())
    }

    /// The subjects of its tokens.
    #[must_use]
    pub fn subjects(&self) -> Vec<Arc<str>> {
        self.standing.as_ref().map_or_else(Vec::new, |standing| standing.subjects())
    }

    /// Goes on with the app as it is configured now; gives the subscriptions that are allowed no longer.
    ///
    /// # Errors
    /// Why the connection must end: a token of it counts no longer.
    pub fn reload(&mut self, app: Arc<App>) -> Result<Vec<(Left, Refusal)>, Refusal> {
        self.app = app;
        if let Some(pending) = &mut self.pending {
            pending.is_old = true;
        }
        if self.app.tokens.is_none() && self.standing.as_ref().is_some_and(|standing| !standing.is_empty()) {
            return Err(Refusal::TokenRevoked);
        }
        let forbidden: Vec<(ChannelName, Refusal)> = self
            .subscriptions
            .keys()
            .filter_map(|channel| {
                let denied = may_listen(&self.app, self.standing.as_deref(), channel).err()?;
                Some((channel.clone(), denied.into()))
            })
            .collect();
        let mut ended = Vec::with_capacity(forbidden.len());
        for (channel, refusal) in forbidden {
            if let Some((channel, member)) = self.subscriptions.remove_entry(&channel) {
                ended.push((self.left(channel, member), refusal));
            }
        }
        Ok(ended)
    }

    fn is_revoked(&self, bearer: &Identity) -> bool {
        self.app.tokens.as_ref().is_none_or(|tokens| tokens.revocations().is_revoked(bearer))
    }

    /// Channels that it hears without a signature.
    fn public_channels(&self) -> impl Iterator<Item = &ChannelName> {
        self.subscriptions.keys().filter(|channel| !channel.kind().needs_signature())
    }
}
