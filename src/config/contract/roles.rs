//! `[[role]]`: the keys, and whether roles that include each other end somewhere.

use std::collections::{HashMap, HashSet, VecDeque};

use toml::de::DeTable;

use super::model::Role;
use crate::config::given::shorten;
use crate::config::grammar::{Grammar, placed, placed_list};
use crate::config::key::{Key, Section, Variables};
use crate::config::nearest::nearest;
use crate::config::problem::{Place, Problem};
use crate::config::reader::{Element, Reader, Spot};
use crate::config::slot::Placed;

pub(in crate::config) const ROLE: Section<RoleDraft> =
    Section { path: "role", heading: "[[role]]", variables: Variables::None, keys: KEYS, tables: &[] };

const KEYS: &[Key<RoleDraft>] = &[
    Key::new("name", "As tokens carry it; rules say role.<name>.", |d| placed(&mut d.name, &NAME)),
    Key::new("includes", "Roles whose rights this one has too, with all that those include.", |d| {
        placed_list(&mut d.includes, &NAME)
    }),
];

const NAME: Grammar<String> = Grammar {
    parse: |text| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let fits = !text.is_empty() && text.len() <= 64 && text.chars().all(is_plain);
        if fits { Ok(text.to_owned()) } else { Err(String::new()) }
    },
    show: String::clone,
    allowed: "1 to 64 letters, digits, - or _",
};

/// A role while it is read.
pub(in crate::config) struct RoleDraft {
    name: Option<Placed<String>>,
    includes: Option<Vec<Placed<String>>>,
    path: String,
    place: Place,
}

impl Default for RoleDraft {
    fn default() -> Self {
        Self { name: None, includes: Some(Vec::new()), path: String::new(), place: Place::Nowhere }
    }
}

/// The roles of the file, in its order.
pub(in crate::config) fn read_file(root: &DeTable<'_>, reader: &mut Reader<'_>) -> Vec<RoleDraft> {
    let elements = reader.few_elements(root, &ROLE, "What differs from one person to the next is a claim, not a role.");
    elements.into_iter().map(|element| read_role(element, reader)).collect()
}

fn read_role(element: Element<'_>, reader: &mut Reader<'_>) -> RoleDraft {
    let Element { path, place, table } = element;
    let mut draft = RoleDraft { path, place, ..RoleDraft::default() };
    let path = draft.path.clone();
    reader.table(&ROLE, &mut draft, &path, table);
    draft
}

/// The names of all roles, for whoever speaks of one.
#[derive(Debug, Default)]
pub(in crate::config) struct RoleNames {
    names: Vec<String>,
    /// Whether a name could not be read, so that none can be called unknown.
    incomplete: bool,
}

impl RoleNames {
    pub(in crate::config) fn has(&self, name: &str) -> bool {
        self.incomplete || self.names.iter().any(|known| known == name)
    }

    /// What is allowed in place of a role that is unknown, and what to do.
    pub(in crate::config) fn suggest(&self, name: &str) -> (String, String) {
        let names = || self.names.iter().map(String::as_str);
        if self.names.is_empty() {
            let advice = format!("Declare it: [[role]] with name = \"{}\".", shorten(name));
            return ("a declared role, and none is".to_owned(), advice);
        }
        let advice = match nearest(name, names()) {
            Some(near) => format!("Did you mean {near}?"),
            None => format!("Declare it: [[role]] with name = \"{}\".", shorten(name)),
        };
        let listed: Vec<_> = names().take(20).collect();
        let more = if self.names.len() > listed.len() { ", …" } else { "" };
        (format!("a declared role: {}{more}", listed.join(", ")), advice)
    }
}

/// The roles and their names; what is wrong with them has been reported.
pub(in crate::config) fn complete(drafts: Vec<RoleDraft>, reader: &mut Reader<'_>) -> (Vec<Role>, RoleNames) {
    let mut names = RoleNames::default();
    let mut first: HashMap<String, String> = HashMap::new();
    for draft in &drafts {
        let path = format!("{}.name", draft.path);
        let Some(name) = &draft.name else {
            names.incomplete = true;
            reader.require(&path, &draft.place);
            continue;
        };
        names.names.push(name.value.clone());
        let spot = Spot { path, part: String::new(), offset: name.offset };
        if let Some(first) = first.get(&name.value) {
            let advice = "Put all that it includes into one [[role]].".to_owned();
            reader.refuse(&spot, Problem::Twice { first: first.clone() }, advice);
        } else {
            first.insert(name.value.clone(), format!("{} at {}", spot.path, reader.place_of(&spot)));
        }
    }
    for draft in &drafts {
        check_includes(draft, &names, reader);
    }
    check_circles(&drafts, reader);
    let roles = drafts.into_iter().filter_map(|draft| {
        let includes = draft.includes.unwrap_or_default().into_iter().map(|held| held.value).collect();
        Some(Role { name: draft.name?.value, includes })
    });
    (roles.collect(), names)
}

fn check_includes(draft: &RoleDraft, names: &RoleNames, reader: &mut Reader<'_>) {
    for (number, included) in draft.includes.iter().flatten().enumerate() {
        if names.has(&included.value) {
            continue;
        }
        let (allowed, advice) = names.suggest(&included.value);
        let found = format!("\"{}\"", included.value);
        reader.refuse(&item(draft, number, included), Problem::Value { found, allowed }, advice);
    }
}

fn item(draft: &RoleDraft, number: usize, included: &Placed<String>) -> Spot {
    Spot { path: format!("{}.includes", draft.path), part: format!("[{number}]"), offset: included.offset }
}

/// Reports each circle once, where the role of it that comes first leads into it.
fn check_circles(drafts: &[RoleDraft], reader: &mut Reader<'_>) {
    let mut graph: HashMap<&str, Vec<&str>> = HashMap::new();
    for draft in drafts {
        let Some(name) = &draft.name else { continue };
        let included = draft.includes.iter().flatten().map(|held| held.value.as_str());
        graph.entry(&name.value).or_default().extend(included);
    }
    let mut reported = HashSet::new();
    for draft in drafts {
        let Some(name) = draft.name.as_ref().map(|held| held.value.as_str()) else { continue };
        for (number, included) in draft.includes.iter().flatten().enumerate() {
            let Some(way) = way(&graph, &included.value, name) else { continue };
            if way.iter().any(|role| reported.contains(role)) {
                continue;
            }
            reported.extend(way.iter().copied());
            let circle = std::iter::once(name).chain(way).collect::<Vec<_>>().join(" → ");
            let advice = "Leave out one of these inclusions.".to_owned();
            reader.refuse(&item(draft, number, included), Problem::Circle { circle }, advice);
        }
    }
}

/// The roles from `from` to `to`, both included, by the fewest steps.
fn way<'d>(graph: &HashMap<&'d str, Vec<&'d str>>, from: &'d str, to: &str) -> Option<Vec<&'d str>> {
    let mut before: HashMap<&str, Option<&str>> = HashMap::from([(from, None)]);
    let mut waiting = VecDeque::from([from]);
    while let Some(role) = waiting.pop_front() {
        if role == to {
            let mut way = vec![role];
            let mut at = role;
            while let Some(earlier) = before.get(at).copied().flatten() {
                way.push(earlier);
                at = earlier;
            }
            way.reverse();
            return Some(way);
        }
        for next in graph.get(role).into_iter().flatten() {
            if !before.contains_key(next) {
                before.insert(next, Some(role));
                waiting.push_back(next);
            }
        }
    }
    None
}
