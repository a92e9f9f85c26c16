//! What bearers have been granted on one connection.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::auth::Identity;
use crate::hub::ports::Letter;
use crate::protocol::ChannelName;

/// What the auth endpoint has signed for a connection, told to the connection before the answer goes
/// out: whoever comes back with the signature is known by then.
#[derive(Debug)]
pub struct Grant {
    /// What was signed.
    pub what: Granted,
    /// On whose token.
    pub bearer: Arc<Identity>,
}

/// What can be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// A subscription.
    Channel(ChannelName),
    /// A sign-in as the token's subject.
    SignIn,
}

impl Letter for Grant {
    fn encode(&self) -> Vec<u8> {
        let Identity { subject, name, roles, claims, issued_at, expires_at } = &*self.bearer;
        let channel = match &self.what {
            Granted::Channel(channel) => Some(channel.as_str()),
            Granted::SignIn => None,
        };
        let wire = Wire {
            channel: channel.map(Cow::Borrowed),
            subject: Cow::Borrowed(subject),
            name: name.as_deref().map(Cow::Borrowed),
            roles: roles.iter().map(|role| Cow::Borrowed(&**role)).collect(),
            claims: Cow::Borrowed(claims),
            issued_at: *issued_at,
            expires_at: *expires_at,
        };
        serde_json::to_vec(&wire).expect("a grant is JSON")
    }
}

impl Grant {
    /// Makes a grant of what [`encode`](Letter::encode) made of it at another node; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let Wire { channel, subject, name, roles, claims, issued_at, expires_at } =
            serde_json::from_slice(bytes).ok()?;
        let what = match channel {
            Some(channel) => Granted::Channel(ChannelName::parse(&channel, usize::MAX).ok()?),
            None => Granted::SignIn,
        };
        let identity = Identity {
            subject: subject.into(),
            name: name.map(Into::into),
            roles: roles.into_iter().map(Into::into).collect(),
            claims: claims.into_owned(),
            issued_at,
            expires_at,
        };
        Some(Self { what, bearer: Arc::new(identity) })
    }
}

/// A grant between nodes.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    /// `None` for a sign-in.
    channel: Option<Cow<'a, str>>,
    subject: Cow<'a, str>,
    name: Option<Cow<'a, str>>,
    roles: Vec<Cow<'a, str>>,
    claims: Cow<'a, Map<String, Value>>,
    issued_at: Option<u64>,
    expires_at: Option<u64>,
}

/// The bearers of one connection, by what they were granted.
///
/// A grant is never forgotten while the connection lives: the signature that came with it stays
/// valid as long, and without the grant it would look like one that a back end has made.
#[derive(Debug, Default)]
pub struct Standing {
    channels: HashMap<ChannelName, Arc<Identity>, foldhash::fast::RandomState>,
    /// Who may sign in.
    invited: Option<Arc<Identity>>,
    signed_in: Option<Arc<Identity>>,
}

impl Standing {
    /// Whose token a channel was granted on.
    #[must_use]
    pub fn channel(&self, name: &ChannelName) -> Option<&Arc<Identity>> {
        self.channels.get(name)
    }

    /// Who has signed in with a token.
    #[must_use]
    pub const fn signed_in(&self) -> Option<&Arc<Identity>> {
        self.signed_in.as_ref()
    }

    /// Grants kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channels.len()
    }

    /// Whether no bearer has been granted anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.invited.is_none() && self.signed_in.is_none()
    }

    /// Takes a grant; a later token of the same subject takes the place of earlier ones wherever
    /// `allows` says that it may do what they were granted.
    pub fn take(&mut self, grant: &Grant, allows: impl Fn(&Granted, &Identity) -> bool) {
        let bearer = &grant.bearer;
        for (channel, held) in &mut self.channels {
            if is_later(bearer, held) && allows(&Granted::Channel(channel.clone()), bearer) {
                *held = bearer.clone();
            }
        }
        if let Some(held) = &mut self.signed_in
            && is_later(bearer, held)
            && allows(&Granted::SignIn, bearer)
        {
            *held = bearer.clone();
        }
        match &grant.what {
            Granted::Channel(channel) => drop(self.channels.insert(channel.clone(), bearer.clone())),
            Granted::SignIn => self.invited = Some(bearer.clone()),
        }
    }

    /// A user has signed in: with a token, if the user is the one who was invited.
    pub fn sign_in(&mut self, id: &str) {
        if self.invited.as_ref().is_some_and(|bearer| *bearer.subject == *id) {
            self.signed_in = self.invited.take();
        }
    }

    /// When the first of the tokens expires, in unix seconds.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.bearers().filter_map(|bearer| bearer.expires_at).min()
    }

    /// The subjects, each once.
    #[must_use]
    pub fn subjects(&self) -> Vec<Arc<str>> {
        let mut subjects: Vec<_> = self.bearers().map(|bearer| bearer.subject.clone()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects
    }

    /// All tokens' identities.
    pub fn bearers(&self) -> impl Iterator<Item = &Arc<Identity>> {
        self.channels.values().chain(&self.invited).chain(&self.signed_in)
    }
}

/// Whether `new` is of the same subject as `held` and lives longer.
fn is_later(new: &Identity, held: &Identity) -> bool {
    let end = |bearer: &Identity| bearer.expires_at.unwrap_or(u64::MAX);
    new.subject == held.subject && end(new) > end(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(subject: &str, expires_at: u64) -> Arc<Identity> {
        Arc::new(Identity {
            subject: subject.into(),
            name: None,
            roles: Vec::new(),
            claims: Map::new(),
            issued_at: None,
            expires_at: Some(expires_at),
        })
    }

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name, 200).unwrap()
    }

    fn grant(name: &str, bearer: Arc<Identity>) -> Grant {
        Grant { what: Granted::Channel(channel(name)), bearer }
    }

    #[test]
    fn a_later_token_of_the_subject_renews_what_it_may_have() {
        let mut standing = Standing::default();
        standing.take(&grant("private-a", bearer("7", 100)), |_, _| true);
        standing.take(&grant("private-b", bearer("7", 100)), |_, _| true);
        standing.take(&grant("private-c", bearer("8", 100)), |_, _| true);
        let only_a = |what: &Granted, _: &Identity| *what == Granted::Channel(channel("private-a"));
        standing.take(&grant("private-d", bearer("7", 200)), only_a);
        let ends = |name: &str| standing.channel(&channel(name)).unwrap().expires_at.unwrap();
        assert_eq!(["private-a", "private-b", "private-c", "private-d"].map(ends), [200, 100, 100, 200]);
        assert_eq!(standing.expires_at(), Some(100));
        assert_eq!(standing.subjects().len(), 2);
    }

    #[test]
    fn an_invitation_is_for_one_user() {
        let mut standing = Standing::default();
        standing.take(&Grant { what: Granted::SignIn, bearer: bearer("7", 100) }, |_, _| true);
        standing.sign_in("8");
        assert!(standing.signed_in().is_none());
        standing.sign_in("7");
        assert_eq!(&*standing.signed_in().unwrap().subject, "7");
    }
}
