//! `twin`: the private names of a public channel.

use super::channels::PATTERN;
use super::pattern::Pattern;
use super::rule::Rule;
use super::rules::RULE;
use crate::config::given::Given;
use crate::config::grammar::{parse, placed, placed_list};
use crate::config::inline;
use crate::config::key::Key;
use crate::config::problem::Problem;
use crate::config::slot::{Fault, Field, Placed, Slot};

/// A twin while it is read.
#[derive(Clone)]
pub(super) struct TwinDraft {
    pub(super) name: Option<Placed<Pattern>>,
    pub(super) subscribe: Option<Vec<Placed<Rule>>>,
}

impl Default for TwinDraft {
    fn default() -> Self {
        Self { name: None, subscribe: Some(vec![Placed::default(Rule::app())]) }
    }
}

const KEYS: &[Key<TwinDraft>] = &[
    Key::new("name", "The other name, with the same parts.", |d| placed(&mut d.name, &PATTERN)),
    Key::new("subscribe", "Who may subscribe to the other name.", |d| placed_list(&mut d.subscribe, &RULE)),
];

/// A second name, alone or with its own rules.
pub(super) fn twin(target: &mut Option<TwinDraft>) -> Field<'_> {
    Box::new(Twin(target))
}

struct Twin<'a>(&'a mut Option<TwinDraft>);

impl Slot for Twin<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let mut draft = TwinDraft::default();
        if let Given::File(value, offset) = given
            && let Some(table) = value.as_table()
        {
            inline::read(KEYS, &mut draft, table)?;
            if draft.name.is_none() {
                let advice = "Add name = \"private-…\".".to_owned();
                let (part, offset) = (".name".to_owned(), Some(offset));
                return Fault { part, offset, problem: Problem::Missing, advice }.alone();
            }
        } else {
            let name = parse(given, &PATTERN).map_err(|fault| vec![fault.allow(self.allowed())])?;
            draft.name = Some(name);
        }
        *self.0 = Some(draft);
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        "a name such as \"private-rvm-status\", or { name = \"…\", subscribe = [\"…\"] }".to_owned()
    }
}
