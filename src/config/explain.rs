//! Every key there is, and the one that was probably meant.

use super::adapter::{ADAPTER, AdapterDraft};
use super::apps::{APP, APP_LIMITS, AppDraft};
use super::contest::{CONTEST, GATEWAY, STORE};
use super::contract::roles::{ROLE, RoleDraft};
use super::contract::{CHANNEL, ChannelDraft, EVENT, EventDraft};
use super::key::{Entry, Section, Variables};
use super::limits::LIMITS;
use super::log::LOG;
use super::model::{AppLimits, Contest, Gateway, Limits, Log, Server, Store};
use super::nearest::{nearest, slip};
use super::server::SERVER;
use super::tokens::{APP_TOKENS, TokensDraft};

/// The file itself.
pub(super) const ROOT: Section<()> = Section {
    path: "",
    heading: "",
    variables: Variables::None,
    keys: &[],
    tables: &[
        SERVER.path,
        LIMITS.path,
        LOG.path,
        ADAPTER.path,
        CONTEST.path,
        STORE.path,
        GATEWAY.path,
        APP.path,
        ROLE.path,
        CHANNEL.path,
    ],
};

/// The reference of all keys, in the order of the shipped file.
#[must_use]
pub fn explain() -> Vec<Entry> {
    [
        SERVER.explain(Server::default()),
        LIMITS.explain(Limits::default()),
        LOG.explain(Log::default()),
        ADAPTER.explain(AdapterDraft::default()),
        CONTEST.explain(Contest::default()),
        STORE.explain(Store::default()),
        GATEWAY.explain(Gateway::default()),
        APP.explain(AppDraft::default()),
        APP_LIMITS.explain(AppLimits::default()),
        APP_TOKENS.explain(TokensDraft::default()),
        ROLE.explain(RoleDraft::default()),
        CHANNEL.explain(ChannelDraft::default()),
        EVENT.explain(EventDraft::default()),
    ]
    .concat()
}

/// What to do about the unknown key `name` in the table `section`, which is `""` at the top.
pub(super) fn suggest_key(section: &str, name: &str) -> String {
    let entries = explain();
    let here: Vec<_> = entries.iter().filter(|entry| entry.section == section).collect();
    let tables: &[&str] = match section {
        "" => ROOT.tables,
        _ if section == APP.path => APP.tables,
        _ => &[],
    };
    if let Some(entry) = entries.iter().find(|entry| entry.key == name) {
        return format!("Did you mean {name} in {}?", entry.heading);
    }
    if let Some(table) = ROOT.tables.iter().find(|table| **table == name) {
        return format!("Did you mean {}?", header(table));
    }
    if let Some(entry) = entries.iter().find(|entry| entry.section.ends_with(&format!(".{name}"))) {
        return format!("Did you mean {}?", entry.heading);
    }
    let names = here.iter().map(|entry| entry.key).chain(tables.iter().copied());
    if let Some(near) = nearest(name, names.clone()) {
        let near = if section.is_empty() { header(near) } else { near.to_owned() };
        return format!("Did you mean {near}?");
    }
    if let Some(near) = nearest(name, entries.iter().map(|entry| entry.key))
        && let Some(entry) = entries.iter().find(|entry| entry.key == near)
    {
        return format!("Did you mean {near} in {}?", entry.heading);
    }
    let names = names.map(|name| if section.is_empty() { header(name) } else { name.to_owned() });
    format!("Allowed here: {}.", names.collect::<Vec<_>>().join(", "))
}

/// A table at the top as its line in the file.
fn header(section: &str) -> String {
    let headings = [APP.heading, ROLE.heading, CHANNEL.heading];
    let list = headings.into_iter().find(|heading| heading.trim_matches(['[', ']']) == section);
    list.map_or_else(|| format!("[{section}]"), str::to_owned)
}

/// What to do about the unknown variable `name`.
pub(super) fn suggest_variable(name: &str) -> String {
    let entries = explain();
    let entries: Vec<_> = entries.iter().filter_map(|entry| Some((entry.variable.as_deref()?, entry))).collect();
    let rest = name.strip_prefix("SALURAN_").unwrap_or(name);
    // From the longest prefix, for SALURAN_APP_ begins SALURAN_APP_LIMITS_ too.
    let in_section = entries.iter().rev().find_map(|(variable, entry)| {
        let prefix = variable.strip_suffix(&entry.key.to_ascii_uppercase())?;
        let key = name.strip_prefix(prefix)?;
        let section = entries.iter().filter(|(_, other)| other.section == entry.section);
        let near = nearest(key, section.clone().map(|(_, other)| other.key))?;
        section.into_iter().find(|(_, other)| other.key == near)
    });
    let elsewhere = || {
        let last = |(_, entry): &&(&str, &Entry)| rest.to_ascii_lowercase().ends_with(entry.key);
        entries.iter().filter(last).max_by_key(|(_, entry)| entry.key.len())
    };
    let misspelt = || {
        let near = slip(name, entries.iter().map(|(variable, _)| *variable))?;
        entries.iter().find(|(variable, _)| *variable == near)
    };
    match in_section.or_else(misspelt).or_else(elsewhere) {
        Some((variable, _)) => format!("Did you mean {variable}?"),
        None => "`saluran check --keys` lists them all.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_variable_stands_for_two_keys() {
        let entries = explain();
        let all: Vec<_> = entries.iter().filter_map(|entry| entry.variable.as_deref()).collect();
        let variables: BTreeSet<_> = all.iter().collect();
        assert_eq!(variables.len(), all.len());
        assert!(variables.contains(&"SALURAN_APP_LIMITS_EVENT_NAME"));
        assert!(variables.contains(&"SALURAN_APP_TOKENS_SECRET"));
    }

    #[test]
    fn a_doc_is_one_sentence_that_fits_a_line() {
        for entry in explain() {
            assert!(entry.doc.ends_with('.') && entry.doc.len() <= 96, "{entry:?}");
        }
    }

    #[test]
    fn a_key_is_found_in_its_own_table_before_others() {
        let says = |section, name| suggest_key(section, name);
        assert_eq!(says("server", "prot"), "Did you mean port?");
        assert_eq!(says("server", "message_bytes"), "Did you mean message_bytes in [limits]?");
        assert_eq!(says("", "servers"), "Did you mean [server]?");
        assert_eq!(says("", "apps"), "Did you mean [[app]]?");
        assert_eq!(says("", "port"), "Did you mean port in [server]?");
        assert_eq!(says("app", "limit"), "Did you mean limits?");
        assert_eq!(says("", "chanel"), "Did you mean [[channel]]?");
        assert_eq!(says("channel", "subscribes"), "Did you mean subscribe?");
        assert_eq!(says("channel.events", "shema"), "Did you mean schema?");
        assert_eq!(says("", "tokens"), "Did you mean [app.tokens]?");
        assert_eq!(says("app", "jwks"), "Did you mean jwks in [app.tokens]?");
        assert_eq!(says("log", "colour"), "Allowed here: level, format.");
    }

    #[test]
    fn a_variable_is_found_by_section_by_key_and_by_slip() {
        let says = suggest_variable;
        assert_eq!(says("SALURAN_SERVER_PROT"), "Did you mean SALURAN_SERVER_PORT?");
        assert_eq!(says("SALURAN_PORT"), "Did you mean SALURAN_SERVER_PORT?");
        assert_eq!(says("SALURAN_SERVR_PORT"), "Did you mean SALURAN_SERVER_PORT?");
        assert_eq!(says("SALURAN_LIMITS_EVENT_NAME"), "Did you mean SALURAN_APP_LIMITS_EVENT_NAME?");
        assert_eq!(says("SALURAN_APP_LIMITS_EVENT_NAM"), "Did you mean SALURAN_APP_LIMITS_EVENT_NAME?");
        assert_eq!(says("SALURAN_TLS"), "`saluran check --keys` lists them all.");
    }
}
