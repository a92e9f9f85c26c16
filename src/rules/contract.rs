//! What an app's channels are declared to be, compiled so that nothing is parsed or built per event.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::contract::model::{self, Pace, Undeclared};
use crate::config::contract::pattern::{Pattern, Relation};
use crate::protocol::{AppId, ChannelKind, ChannelName};

use super::access::{Access, Ranks};
use super::throttle::Throttle;

/// All declared channels of one app.
#[derive(Debug)]
pub struct Contract {
    /// Declarations of single names.
    names: HashMap<String, Side, foldhash::fast::RandomState>,
    /// Declarations of families, a narrower one before those that it lies in.
    families: Vec<Side>,
    undeclared: Undeclared,
}

/// A declaration, seen from one of its two names.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) declared: Arc<Declared>,
    is_twin: bool,
}

/// One `[[channel]]`.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) config: model::Channel,
    publish: Access,
    subscribe: Access,
    twin: Option<Access>,
    events: HashMap<String, Event, foldhash::fast::RandomState>,
    throttle: Option<Throttle>,
}

/// One declared event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) schema: Option<model::Schema>,
    publish: Option<Access>,
    throttle: Option<Throttle>,
}

impl Contract {
    /// Compiles what concerns the app `id`.
    pub(super) fn new(id: &AppId, undeclared: Undeclared, ranks: &Ranks, channels: &[model::Channel]) -> Self {
        let mut contract = Self { names: HashMap::default(), families: Vec::new(), undeclared };
        for channel in channels.iter().filter(|channel| channel.app.as_ref().is_none_or(|app| app == id)) {
            let has_twin = channel.twin.is_some();
            let declared = Arc::new(Declared::new(channel, ranks));
            contract.insert(Side { declared: declared.clone(), is_twin: false });
            if has_twin {
                contract.insert(Side { declared, is_twin: true });
            }
        }
        contract
    }

    fn insert(&mut self, side: Side) {
        let pattern = side.pattern();
        if pattern.is_name() {
            self.names.insert(pattern.as_str().to_owned(), side);
            return;
        }
        let is_wider = |other: &Side| pattern.compare(other.pattern()) == Relation::Narrower;
        let place = self.families.iter().position(is_wider).unwrap_or(self.families.len());
        self.families.insert(place, side);
    }

    /// The declaration that holds for a channel: the narrowest.
    pub(super) fn find(&self, channel: &ChannelName) -> Option<&Side> {
        if let Some(side) = self.names.get(channel.as_str()) {
            return Some(side);
        }
        self.families.iter().find(|side| side.pattern().matches(channel))
    }

    /// Whether nobody may use a channel because nothing declares it; users' own channels need no declaration.
    pub(super) fn refuses(&self, channel: &ChannelName) -> bool {
        self.undeclared == Undeclared::Refuse && channel.kind() != ChannelKind::User
    }
}

impl Side {
    /// The names that it stands for.
    pub(super) fn pattern(&self) -> &Pattern {
        match &self.declared.config.twin {
            Some(twin) if self.is_twin => &twin.name,
            _ => &self.declared.config.name,
        }
    }

    /// Who may subscribe.
    pub(super) fn subscribe(&self) -> &Access {
        match &self.declared.twin {
            Some(twin) if self.is_twin => twin,
            _ => &self.declared.subscribe,
        }
    }

    /// The name by which a channel with two names is counted.
    pub(super) fn first_name(&self, channel: &ChannelName) -> ChannelName {
        let other = if self.is_twin { self.other_name(channel) } else { None };
        other.unwrap_or_else(|| channel.clone())
    }

    /// The same channel by its other name, if it has one.
    pub(super) fn other_name(&self, channel: &ChannelName) -> Option<ChannelName> {
        let twin = &self.declared.config.twin.as_ref()?.name;
        let name = &self.declared.config.name;
        if self.is_twin { name.translate(twin, channel) } else { twin.translate(name, channel) }
    }
}

impl Declared {
    fn new(config: &model::Channel, ranks: &Ranks) -> Self {
        let event = |event: &model::Event| {
            let publish = event.publish.as_ref().map(|rules| Access::new(rules, ranks));
            let throttle = event.rate.map(Throttle::new);
            (event.name.clone(), Event { schema: event.schema.clone(), publish, throttle })
        };
        Self {
            publish: Access::new(&config.publish, ranks),
            subscribe: Access::new(&config.subscribe, ranks),
            twin: config.twin.as_ref().map(|twin| Access::new(&twin.subscribe, ranks)),
            events: config.events.iter().map(event).collect(),
            throttle: config.rate.map(Throttle::new),
            config: config.clone(),
        }
    }

    /// The declaration of an event; `Err` when there are declarations, and none of it.
    pub(super) fn event(&self, name: &str) -> Result<Option<&Event>, ()> {
        if self.events.is_empty() {
            return Ok(None);
        }
        self.events.get(name).map(Some).ok_or(())
    }

    /// Who may publish an event.
    pub(super) fn publish<'d>(&'d self, event: Option<&'d Event>) -> &'d Access {
        event.and_then(|event| event.publish.as_ref()).unwrap_or(&self.publish)
    }

    /// What bounds how often a publisher may publish an event: the channel's pace and the event's.
    pub(super) fn throttles<'d>(&'d self, event: Option<&'d Event>) -> impl Iterator<Item = &'d Throttle> {
        self.throttle.iter().chain(event.and_then(|event| event.throttle.as_ref()))
    }

    /// Names of the declared events, sorted.
    pub(super) fn event_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.events.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// How often, for people: `200 in 1m`.
pub fn show(pace: Pace) -> String {
    format!("{} in {}", pace.count, humantime::format_duration(pace.per))
}
