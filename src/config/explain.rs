//! Every key there is, and the one that was probably meant.

use super::apps::{APP, APP_LIMITS, AppDraft};
use super::key::{Entry, Section};
use super::limits::LIMITS;
use super::log::LOG;
use super::model::{AppLimits, Limits, Log, Server};
use super::nearest::{nearest, slip};
use super::server::SERVER;

/// The file itself.
pub(super) const ROOT: Section<()> =
    Section { path: "", keys: &[], tables: &[SERVER.path, LIMITS.path, LOG.path, APP.path] };

/// The reference of all keys, in the order of the shipped file.
#[must_use]
pub fn explain() -> Vec<Entry> {
    [
        SERVER.explain(Server::default()),
        LIMITS.explain(Limits::default()),
        LOG.explain(Log::default()),
        APP.explain(AppDraft::default()),
        APP_LIMITS.explain(AppLimits::default()),
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
        return format!("Did you mean {name} in {}?", header(entry.section));
    }
    if let Some(table) = ROOT.tables.iter().find(|table| **table == name) {
        return format!("Did you mean {}?", header(table));
    }
    let names = here.iter().map(|entry| entry.key).chain(tables.iter().copied());
    if let Some(near) = nearest(name, names.clone()) {
        let near = if section.is_empty() { header(near) } else { near.to_owned() };
        return format!("Did you mean {near}?");
    }
    if let Some(near) = nearest(name, entries.iter().map(|entry| entry.key))
        && let Some(entry) = entries.iter().find(|entry| entry.key == near)
    {
        return format!("Did you mean {near} in {}?", header(entry.section));
    }
    let names = names.map(|name| if section.is_empty() { header(name) } else { name.to_owned() });
    format!("Allowed here: {}.", names.collect::<Vec<_>>().join(", "))
}

/// A table as its line in the file.
fn header(section: &str) -> String {
    if section == APP.path { "[[app]]".to_owned() } else { format!("[{section}]") }
}

/// What to do about the unknown variable `name`.
pub(super) fn suggest_variable(name: &str) -> String {
    let entries = explain();
    let rest = name.strip_prefix("SALURAN_").unwrap_or(name);
    // From the longest prefix, for SALURAN_APP_ begins SALURAN_APP_LIMITS_ too.
    let in_section = entries.iter().rev().find_map(|entry| {
        let prefix = entry.variable.strip_suffix(&entry.key.to_ascii_uppercase())?;
        let key = name.strip_prefix(prefix)?;
        let section = entries.iter().filter(|other| other.section == entry.section);
        let near = nearest(key, section.clone().map(|other| other.key))?;
        section.into_iter().find(|other| other.key == near)
    });
    let elsewhere = || {
        let last = |entry: &&Entry| rest.to_ascii_lowercase().ends_with(entry.key);
        entries.iter().filter(last).max_by_key(|entry| entry.key.len())
    };
    let misspelt = || {
        let near = slip(name, entries.iter().map(|entry| entry.variable.as_str()))?;
        entries.iter().find(|entry| entry.variable == near)
    };
    match in_section.or_else(misspelt).or_else(elsewhere) {
        Some(entry) => format!("Did you mean {}?", entry.variable),
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
        let variables: BTreeSet<_> = entries.iter().map(|entry| &entry.variable).collect();
        assert_eq!(variables.len(), entries.len());
        assert!(variables.contains(&"SALURAN_APP_LIMITS_EVENT_NAME".to_owned()));
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
