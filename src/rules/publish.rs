//! May this event be published? Declared channels decide who, which, what shape and how often.

use std::cell::OnceCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::hub::{Cacheable, EventId, History, Keep, Publication, Record, Retain};
use crate::protocol::outbound::{self, Encoded};
use crate::protocol::{ChannelName, EventData, EventName, SocketId, UserId};

use super::access::{Verdict, Who};
use super::app::App;
use super::breach::{Breach, Broken};
use super::content::Content;
use super::contract::{self, Event, Side};
use super::throttle::Key;

/// An event whose names and data are in the bounds of its app.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Its name.
    pub name: EventName<'a>,
    /// Its data.
    pub data: EventData<'a>,
    /// The connection that caused it and does not get it back.
    pub except: Option<SocketId>,
    /// On presence channels, which member sent it.
    pub sender: Option<&'a UserId>,
    /// What a retry has the same of.
    pub id: Option<&'a str>,
}

/// Who publishes.
#[derive(Debug, Clone, Copy)]
pub struct Publisher<'a> {
    /// As far as it is proved.
    pub who: Who<'a>,
    /// The connection that it is, if it is one: on undeclared channels it may do what Pusher lets it.
    pub connection: Option<SocketId>,
}

impl Publisher<'_> {
    /// What tells it from others: a token's subject, or a connection; the app is nobody else.
    fn key(&self, what: &str) -> Key {
        match (self.who.bearer, self.connection) {
            (Some(bearer), _) => Key::of(&["subject", &bearer.subject, what]),
            (None, Some(connection)) => Key::of(&["connection", &connection.to_string(), what]),
            (None, None) => Key::of(&["app", what]),
        }
    }
}

/// Checks an event on all of its channels and makes what the hub is told: all or nothing.
///
/// On a channel with a twin the event goes to both names, once each however they are listed.
///
/// # Errors
/// The first declaration that forbids it.
pub fn publish(
    app: &App,
    publisher: Publisher<'_>,
    draft: &Draft<'_>,
    channels: Vec<ChannelName>,
) -> Result<Vec<Publication>, Box<Breach>> {
    let work = Work { app, publisher, draft, content: OnceCell::new(), stamped: OnceCell::new() };
    let mut publications: Vec<Publication> = Vec::with_capacity(channels.len());
    for channel in channels {
        if publications.iter().any(|other| other.channel.name == channel) {
            continue;
        }
        let breach =
            |rule| Box::new(Breach { channel: channel.to_string(), event: draft.name.as_str().to_owned(), rule });
        match app.contract.find(&channel) {
            Some(side) => {
                work.check(side, &channel).map_err(breach)?;
                publications.extend(side.other_name(&channel).map(|twin| work.declared(side, twin)));
                publications.push(work.declared(side, channel));
            }
            None => {
                work.check_undeclared(&channel).map_err(breach)?;
                publications.push(work.plain(channel));
            }
        }
    }
    Ok(publications)
}

/// One event while it is looked at, with what is made of it at most once.
struct Work<'a> {
    app: &'a App,
    publisher: Publisher<'a>,
    draft: &'a Draft<'a>,
    content: OnceCell<Content>,
    stamped: OnceCell<Box<serde_json::value::RawValue>>,
}

impl Work<'_> {
    /// Tokens are for declared channels.
    fn check_undeclared(&self, channel: &ChannelName) -> Result<(), Broken> {
        let for_all = self.app.contract.refuses(channel);
        let is_token_only = self.publisher.who.bearer.is_some() && self.publisher.connection.is_none();
        if for_all || is_token_only { Err(Broken::Undeclared { for_all }) } else { Ok(()) }
    }

    fn check(&self, side: &Side, channel: &ChannelName) -> Result<(), Broken> {
        let declared = &side.declared;
        let event = declared.event(self.draft.name.as_str()).map_err(|()| Broken::Event {
            declared: declared.event_names().into_iter().map(ToOwned::to_owned).collect(),
        })?;
        let access = declared.publish(event);
        match access.decide(self.publisher.who, Some((side.pattern(), channel))) {
            Verdict::Allowed => {}
            Verdict::Unknown => return Err(Broken::Unauthenticated { allowed: access.text().to_owned() }),
            Verdict::Forbidden => return Err(Broken::Publish { allowed: access.text().to_owned() }),
        }
        if let Some(allowed) = declared.config.data_bytes.filter(|allowed| self.draft.data.size() > *allowed) {
            return Err(Broken::Size { allowed });
        }
        if let Some(schema) = event.and_then(|event| event.schema.as_ref()) {
            self.content().check(schema)?;
        }
        self.check_pace(side, event, channel)
    }

    /// The app's secret stands for all publishers at once, so no publisher's pace is its.
    fn check_pace(&self, side: &Side, event: Option<&Event>, channel: &ChannelName) -> Result<(), Broken> {
        if self.publisher.who.is_app {
            return Ok(());
        }
        let mut key = None;
        for throttle in side.declared.throttles(event) {
            let key = *key.get_or_insert_with(|| self.publisher.key(side.first_name(channel).as_str()));
            throttle
                .take(key)
                .map_err(|retry_after| Broken::Rate { allowed: contract::show(throttle.pace()), retry_after })?;
        }
        Ok(())
    }

    fn content(&self) -> &Content {
        self.content.get_or_init(|| Content::of(self.draft.data))
    }

    /// The event as it is delivered on a channel that nothing declares.
    fn plain(&self, channel: ChannelName) -> Publication {
        self.publication(channel, self.draft.data, (None, None))
    }

    /// The event as it is delivered on a declared channel.
    fn declared(&self, side: &Side, channel: ChannelName) -> Publication {
        let config = &side.declared.config;
        let data = if config.timestamp {
            let stamped = self.stamped.get_or_init(|| self.content().stamped(self.draft.data, SystemTime::now()));
            EventData::checked(stamped)
        } else {
            self.draft.data
        };
        let retain = config.retain.as_ref().map(|retain| Retain {
            key: self.content().key(self.draft.name.as_str(), &retain.by),
            age: retain.age,
            keys: retain.keys,
        });
        let history = config.history.as_ref().map(|history| History { events: history.events, age: history.age });
        self.publication(channel, data, (retain, history))
    }

    fn publication(
        &self,
        channel: ChannelName,
        data: EventData<'_>,
        keep: (Option<Retain>, Option<History>),
    ) -> Publication {
        let Draft { name, except, sender, id, .. } = self.draft;
        let is_cache = channel.kind().is_cache() && self.publisher.connection.is_none();
        let (retain, history) = keep;
        if !is_cache && id.is_none() && retain.is_none() && history.is_none() {
            let frame = outbound::event(name, &channel, data, *sender);
            return Publication {
                frame,
                except: *except,
                cache: None,
                keep: None,
                receipt: None,
                channel: self.app.channel(channel),
            };
        }
        let Encoded { frame, data } = outbound::encoded(name, &channel, data, *sender);
        let cache = is_cache.then(|| Cacheable { ttl: self.app.config.cache_ttl, data: data.clone() });
        // On a channel without a declaration an id makes a retry safe all the same.
        let window = self.app.config.event_id_window;
        let id = id.map(|id| EventId { key: self.publisher.key(id).number(), window });
        let record = Record { name: name.as_str().into(), data, at_ms: unix_ms() };
        let is_kept = id.is_some() || retain.is_some() || history.is_some();
        let keep = is_kept.then(|| Box::new(Keep { id, retain, history, record }));
        Publication { frame, except: *except, cache, keep, receipt: None, channel: self.app.channel(channel) }
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
