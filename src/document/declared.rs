//! The declared names of one app.

use crate::config::contract::model::{Channel, Event};
use crate::config::contract::pattern::Pattern;
use crate::config::contract::rule::Rule;
use crate::config::{App, Config};

/// A declared name, or family of names, with what holds on it; a twin is one of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared<'a> {
    /// The names.
    pub(super) name: &'a Pattern,
    /// The other names of the same channels, if any.
    pub(super) twin: Option<&'a Pattern>,
    /// Who may subscribe to these names.
    pub(super) subscribe: &'a [Rule],
    /// All else, which twins share.
    pub(super) channel: &'a Channel,
}

impl<'a> Declared<'a> {
    /// The events that there are, in the order of the declaration; empty for any.
    pub(super) fn events(&self) -> &'a [Event] {
        &self.channel.events
    }
}

/// What is declared for `app`, in the order of the file; a twin follows its channel.
pub(super) fn declared<'a>(config: &'a Config, app: &App) -> Vec<Declared<'a>> {
    let is_for_app = |channel: &&Channel| channel.app.as_ref().is_none_or(|id| *id == app.id);
    config.channels.iter().filter(is_for_app).flat_map(both).collect()
}

/// The names of a channel, then those of its twin.
fn both(channel: &Channel) -> impl Iterator<Item = Declared<'_>> {
    let twin = channel.twin.as_ref();
    let first =
        Declared { name: &channel.name, twin: twin.map(|twin| &twin.name), subscribe: &channel.subscribe, channel };
    let second =
        twin.map(|twin| Declared { name: &twin.name, twin: Some(&channel.name), subscribe: &twin.subscribe, channel });
    std::iter::once(first).chain(second)
}
