//! The shape of the one table of keys: it drives the file, the environment and the documentation.

use super::slot::Field;

/// One key of a section: its name, what it is, and the field it fills.
pub(super) struct Key<S> {
    pub(super) name: &'static str,
    /// One sentence: what it is, in which unit, what special values mean.
    pub(super) doc: &'static str,
    pub(super) field: for<'a> fn(&'a mut S) -> Field<'a>,
}

impl<S> Key<S> {
    pub(super) const fn new(name: &'static str, doc: &'static str, field: for<'a> fn(&'a mut S) -> Field<'a>) -> Self {
        Self { name, doc, field }
    }
}

/// A table of the file.
pub(super) struct Section<S: 'static> {
    /// Path of the table, as `app.limits`.
    pub(super) path: &'static str,
    /// The line that begins it in the file, as `[app.limits]`.
    pub(super) heading: &'static str,
    /// Whether variables override its keys.
    pub(super) variables: Variables,
    pub(super) keys: &'static [Key<S>],
    /// Names of the tables within this one.
    pub(super) tables: &'static [&'static str],
}

/// Whether the keys of a table have variables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Variables {
    /// `SALURAN_<SECTION>_<KEY>`; for apps, in the first one.
    Each,
    /// The file alone has them.
    None,
}

impl<S> Section<S> {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key<S>> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Name of the table within the one around it.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }

    /// Name of the variable that overrides `key`.
    pub(super) fn variable(&self, key: &Key<S>) -> String {
        variable(self.path, key.name)
    }

    /// The reference of this section; `defaults` carries the values to show.
    pub(super) fn explain(&self, mut defaults: S) -> Vec<Entry> {
        self.keys
            .iter()
            .map(|key| {
                let field = (key.field)(&mut defaults);
                Entry {
                    section: self.path,
                    heading: self.heading,
                    key: key.name,
                    variable: (self.variables == Variables::Each).then(|| self.variable(key)),
                    default: Some(field.show()).filter(|shown| !shown.is_empty()),
                    allowed: field.allowed(),
                    doc: key.doc,
                }
            })
            .collect()
    }
}

/// Shape: `SALURAN_<SECTION>_<KEY>`, as `SALURAN_APP_LIMITS_EVENT_NAME`.
fn variable(section: &str, key: &str) -> String {
    format!("SALURAN_{section}_{key}").replace('.', "_").to_ascii_uppercase()
}

/// What there is to know about one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Table of the file, as `server` or `app.limits`.
    pub section: &'static str,
    /// The line that begins the table in the file, as `[server]` or `[[app]]`.
    pub heading: &'static str,
    /// Name within the table.
    pub key: &'static str,
    /// Variable that overrides it, for apps in the first one; `None` where there is none.
    pub variable: Option<String>,
    /// Value that holds when it is not given, as it would stand in the file; `None` when there is none.
    pub default: Option<String>,
    /// Values that would do, for people.
    pub allowed: String,
    /// What it is, in one sentence.
    pub doc: &'static str,
}
