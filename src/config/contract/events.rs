//! `[channel.events.<name>]`: the keys of one kind of event, and the short form, a list of names.

use std::collections::HashMap;

use toml::de::DeTable;

use super::channels::DESCRIPTION;
use super::model::Pace;
use super::rule::Rule;
use super::rules::RULE;
use super::schema::{SchemaDraft, schema};
use crate::config::given::Given;
use crate::config::grammar::{self, Grammar, placed_list};
use crate::config::key::{Key, Section, Variables};
use crate::config::nearest::segment;
use crate::config::pace::pace;
use crate::config::problem::Problem;
use crate::config::reader::{Reader, Spot};
use crate::config::slot::{Fault, Field, Placed, Slot};
use crate::config::text::text;
use crate::protocol::{EventName, InvalidEvent};

pub(in crate::config) const EVENT: Section<EventDraft> = Section {
    path: "channel.events",
    heading: "[channel.events.<name>]",
    variables: Variables::None,
    keys: KEYS,
    tables: &[],
};

const KEYS: &[Key<EventDraft>] = &[
    Key::new("description", "What it is, for documents made of this file.", |d| text(&mut d.description, &DESCRIPTION)),
    Key::new("publish", "Who may publish it, in place of whom the channel allows.", |d| {
        placed_list(&mut d.publish, &RULE)
    }),
    Key::new("rate", "As the channel's, for this event alone.", |d| pace(&mut d.rate)),
    Key::new("schema", "What its data looks like; anything when it is left out.", |d| schema(&mut d.schema)),
];

/// An event while it is read.
#[derive(Default)]
pub(in crate::config) struct EventDraft {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) publish: Option<Vec<Placed<Rule>>>,
    pub(super) rate: Option<Pace>,
    pub(super) schema: Option<Placed<SchemaDraft>>,
    /// As `channel[0].events.status-updated`.
    pub(super) path: String,
}

/// Longest name of an event; apps allow less.
const MAX_NAME: usize = 1024;

const NAME: Grammar<String> = Grammar {
    parse: |text| match EventName::from_publisher(text.into(), MAX_NAME) {
        Ok(_) => Ok(text.to_owned()),
        Err(InvalidEvent::Reserved) => Err("Names that begin with pusher are the broker's own.".to_owned()),
        Err(_) => Err("It needs a name.".to_owned()),
    },
    show: String::clone,
    allowed: "an event's name of 1 to 1024 characters that does not begin with pusher",
};

/// The short form: a list of names. Tables are left to [`read_events`].
pub(super) fn event_names(target: &mut Vec<EventDraft>) -> Field<'_> {
    Box::new(Names(target))
}

struct Names<'a>(&'a mut Vec<EventDraft>);

impl Slot for Names<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        if given.describe_type() == "a table" {
            return Ok(());
        }
        let mut names: Option<Vec<Placed<String>>> = None;
        placed_list(&mut names, &NAME)
            .read(given)
            .map_err(|faults| faults.into_iter().map(of_events).collect::<Vec<_>>())?;
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut faults = Vec::new();
        for (number, name) in names.iter().flatten().enumerate() {
            if let Some(first) = seen.get(name.value.as_str()) {
                let problem = Problem::Twice { first: format!("[{first}]") };
                let advice = "Leave it out.".to_owned();
                faults.push(Fault { part: format!("[{number}]"), offset: name.offset, problem, advice });
            } else {
                seen.insert(&name.value, number);
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let event = |name: Placed<String>| EventDraft { name: name.value, ..EventDraft::default() };
        *self.0 = names.into_iter().flatten().map(event).collect();
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        "a list of names, or a table [channel.events.<name>] for each".to_owned()
    }
}

/// A value that is no list could have been a table too.
fn of_events(fault: Fault) -> Fault {
    if fault.part.is_empty() { fault.allow(Names(&mut Vec::new()).allowed()) } else { fault }
}

/// The events of a channel that stand in tables of their own.
pub(super) fn read_events(channel: &str, events: &DeTable<'_>, reader: &mut Reader<'_>) -> Vec<EventDraft> {
    let mut drafts = Vec::with_capacity(events.len());
    for (name, value) in events {
        let path = format!("{channel}.events.{}", segment(name.get_ref()));
        let offset = Some(name.span().start);
        if let Err(fault) = grammar::parse(Given::Variable(name.get_ref()), &NAME) {
            let spot = Spot { path: path.clone(), part: String::new(), offset };
            reader.refuse(&spot, fault.problem, fault.advice);
        }
        let Some(table) = value.get_ref().as_table() else {
            let advice = format!("Write [channel.events.{}], and its keys below.", segment(name.get_ref()));
            reader.refuse_type(value, &path, "a table", &advice);
            continue;
        };
        let mut draft = EventDraft { name: name.get_ref().to_string(), path: path.clone(), ..EventDraft::default() };
        reader.table(&EVENT, &mut draft, &path, table);
        drafts.push(draft);
    }
    drafts
}
