//! `[[channel]]`: the keys, and how channels are read from the file.

use toml::de::DeTable;

use super::events::{EventDraft, event_names, read_events};
use super::keep::{history, retain, timestamp};
use super::model::{History, Pace, Retain};
use super::pattern::{InvalidPattern, Pattern};
use super::rule::Rule;
use super::rules::RULE;
use super::twin::{TwinDraft, twin};
use crate::config::grammar::{Grammar, placed, placed_list};
use crate::config::key::{Key, Section, Variables};
use crate::config::measure::bytes_or;
use crate::config::pace::pace;
use crate::config::problem::Place;
use crate::config::reader::{Element, Reader};
use crate::config::shape::Shape;
use crate::config::slot::{Placed, count_or};
use crate::config::text::text;
use crate::protocol::AppId;

pub(in crate::config) const CHANNEL: Section<ChannelDraft> =
    Section { path: "channel", heading: "[[channel]]", variables: Variables::None, keys: KEYS, tables: &[] };

const MIB: u64 = 1 << 20;

const KEYS: &[Key<ChannelDraft>] = &[
    Key::new("name", "The channel's name, or a pattern whose {parts} stand for anything but a dot.", |d| {
        placed(&mut d.name, &PATTERN)
    }),
    Key::new("app", "Id of the app that it is declared for; all of them when it is left out.", |d| {
        placed(&mut d.app, &APP_ID)
    }),
    Key::new("description", "What it is, for documents made of this file.", |d| text(&mut d.description, &DESCRIPTION)),
    Key::new("twin", "A private name of the same channels; what is published on one is delivered on both.", |d| {
        twin(&mut d.twin)
    }),
    Key::new("publish", "Who may publish: whom any of these rules allows.", |d| placed_list(&mut d.publish, &RULE)),
    Key::new("subscribe", "Who may subscribe; if left out, anyone, or app where the kind needs a signature.", |d| {
        placed_list(&mut d.subscribe, &RULE)
    }),
    Key::new("events", "The events there are; any when it is left out.", |d| event_names(&mut d.events)),
    Key::new("rate", "Events of one publisher on one channel; the app's secret is not limited.", |d| pace(&mut d.rate)),
    Key::new("data_bytes", "Size of an event's data, where that is less than the app allows.", |d| {
        bytes_or("unlimited", &mut d.data_bytes, 1..=16 * MIB)
    }),
    Key::new("subscribers", "Connections that may be subscribed to one channel.", |d| {
        count_or("unlimited", &mut d.subscribers, 1..=10_000_000)
    }),
    Key::new("retain", "Keeps the newest event of each name and value of this field for newcomers.", |d| {
        retain(&mut d.retain)
    }),
    Key::new("history", "Keeps the last events of each channel, to be read later.", |d| history(&mut d.history)),
    Key::new("enrich", "Adds the time of arrival to data without `timestamp`.", |d| timestamp(&mut d.timestamp)),
];

/// A channel while it is read.
pub(in crate::config) struct ChannelDraft {
    pub(super) name: Option<Placed<Pattern>>,
    pub(super) app: Option<Placed<AppId>>,
    pub(super) description: String,
    pub(super) twin: Option<TwinDraft>,
    pub(super) publish: Option<Vec<Placed<Rule>>>,
    pub(super) subscribe: Option<Vec<Placed<Rule>>>,
    pub(super) events: Vec<EventDraft>,
    pub(super) rate: Option<Pace>,
    pub(super) data_bytes: Option<usize>,
    pub(super) subscribers: Option<usize>,
    pub(super) retain: Option<Retain>,
    pub(super) history: Option<History>,
    pub(super) timestamp: bool,
    /// As `channel[0]`, and where it begins.
    pub(super) path: String,
    pub(super) place: Place,
}

impl Default for ChannelDraft {
    fn default() -> Self {
        Self {
            name: None,
            app: None,
            description: String::new(),
            twin: None,
            publish: Some(vec![Placed::default(Rule::app())]),
            subscribe: None,
            events: Vec::new(),
            rate: None,
            data_bytes: None,
            subscribers: None,
            retain: None,
            history: None,
            timestamp: false,
            path: String::new(),
            place: Place::Nowhere,
        }
    }
}

pub(super) const PATTERN: Grammar<Pattern> = Grammar {
    parse: |text| {
        let advise = |reason: &InvalidPattern| {
            if *reason == InvalidPattern::Character('#') {
                "Channels of users (#server-to-user-…) are the broker's own and cannot be declared.".to_owned()
            } else if *reason == InvalidPattern::Character('*') {
                "For a family of channels write a part, as private-rvm.{rvm_id}.".to_owned()
            } else {
                format!("{}.", capital(&reason.to_string()))
            }
        };
        Pattern::parse(text).map_err(|reason| advise(&reason))
    },
    show: Pattern::to_string,
    allowed: "a channel's name such as \"rvm-status\", or a pattern such as \"private-rvm.{rvm_id}\"",
};

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

const APP_ID: Grammar<AppId> = Grammar {
    parse: |text| AppId::parse(text).map_err(|_| String::new()),
    show: AppId::to_string,
    allowed: "the id of an app in this file",
};

pub(super) const DESCRIPTION: Shape<String> = Shape {
    parse: |text| {
        let fits = text.len() <= 1000 && !text.chars().any(|c| c.is_control() && c != '\n');
        fits.then(|| text.to_owned())
    },
    show: String::clone,
    allowed: "a text of at most 1000 bytes, without control characters",
    advice: "",
    shown: true,
};

/// The channels of the file, in its order.
pub(in crate::config) fn read_file(root: &DeTable<'_>, reader: &mut Reader<'_>) -> Vec<ChannelDraft> {
    let elements = reader.few_elements(root, &CHANNEL, "Declare families of channels by a pattern with {parts}.");
    elements.into_iter().map(|element| read_channel(element, reader)).collect()
}

fn read_channel(element: Element<'_>, reader: &mut Reader<'_>) -> ChannelDraft {
    let Element { path, place, table } = element;
    let mut draft = ChannelDraft { path, place, ..ChannelDraft::default() };
    let path = draft.path.clone();
    reader.table(&CHANNEL, &mut draft, &path, table);
    if let Some(events) = table.get("events").and_then(|value| value.get_ref().as_table()) {
        draft.events = read_events(&path, events, reader);
    }
    draft
}
