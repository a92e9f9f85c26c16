//! Puts given values into fields, and remembers what was given where and what was wrong.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::env::Environment;
use super::explain::suggest_key;
use super::given::Given;
use super::key::{Key, Section};
use super::lines::Lines;
use super::nearest::segment;
use super::problem::{Mistake, Place, Problem};

/// The state of one reading.
pub(super) struct Reader<'a> {
    lines: Lines<'a>,
    mistakes: Vec<Mistake>,
    /// The last place where each key was given, by its path.
    mentions: BTreeMap<String, Mention>,
    /// Whether something could not be read at all, so that nothing can be called missing.
    incomplete: bool,
}

/// More roles or channels than anybody declares, and few enough to compare each with each.
const MAX_ELEMENTS: usize = 1000;

/// A key's path, as `app[0].id`, and where it was given.
pub(super) struct Position {
    pub(super) path: String,
    pub(super) place: Place,
}

/// A value given to a key, or a part of one.
pub(super) struct Spot {
    /// Path of the key, as `app[0].revoke`.
    pub(super) path: String,
    /// From the key to the part, as `[1]`; empty for the value itself.
    pub(super) part: String,
    /// Byte offset of the part in the file.
    pub(super) offset: Option<usize>,
}

/// One of the tables of a list, as `[[app]]` begins it.
pub(super) struct Element<'t> {
    /// As `app[0]`.
    pub(super) path: String,
    pub(super) place: Place,
    pub(super) table: &'t DeTable<'t>,
}

struct Mention {
    place: Place,
    sound: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lines: Lines<'a>) -> Self {
        Self { lines, mistakes: Vec::new(), mentions: BTreeMap::new(), incomplete: false }
    }

    pub(super) fn lines(&self) -> &Lines<'a> {
        &self.lines
    }

    pub(super) fn report(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Notes that something could not be read, so that nothing can be called missing or too small.
    pub(super) fn give_up(&mut self) {
        self.incomplete = true;
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.incomplete
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes
    }

    /// Reports what is wrong with a value that could be read.
    pub(super) fn refuse(&mut self, spot: &Spot, problem: Problem, advice: String) {
        let place = self.place_of(spot);
        let key = format!("{}{}", spot.path, spot.part);
        self.report(Mistake { place, key, problem, advice });
    }

    /// Where a value stands: by its offset, or by the variable that gave it.
    pub(super) fn place_of(&self, spot: &Spot) -> Place {
        let offset = spot.offset.map(|offset| self.lines.place(offset));
        offset.or_else(|| self.place(&spot.path)).unwrap_or_else(|| self.lines.whole())
    }

    /// Reports the key at `path` as missing from the table at `place`, when nobody has given it.
    pub(super) fn require(&mut self, path: &str, place: &Place) {
        if self.place(path).is_none() {
            let name = path.rsplit_once('.').map_or(path, |(_, name)| name);
            let advice = format!("Add {name} = \"…\".");
            let (place, key) = (place.clone(), path.to_owned());
            self.report(Mistake { place, key, problem: Problem::Missing, advice });
        }
    }

    /// Where the key at `path` was given, if it was.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        self.mentions.get(path).map(|mention| mention.place.clone())
    }

    /// Whether nothing is wrong with the key at `path`; a default is always sound.
    pub(super) fn is_sound(&self, path: &str) -> bool {
        self.mentions.get(path).is_none_or(|mention| mention.sound)
    }

    /// Reads the keys of a table of the file; tables within it are left to the caller.
    pub(super) fn table<S>(&mut self, section: &Section<S>, target: &mut S, path: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = name.get_ref();
            if let Some(key) = section.key(key) {
                let place = self.lines.place(value.span().start);
                self.set(key, target, Position { path: join(path, key.name), place }, Given::file(value));
            } else if !section.tables.contains(&key.as_ref()) {
                self.report(Mistake {
                    place: self.lines.place(name.span().start),
                    key: join(path, &segment(key)),
                    problem: Problem::UnknownKey,
                    advice: suggest_key(section.path, key),
                });
            }
        }
    }

    /// The tables of the list that holds `section`; what is not a table is reported.
    pub(super) fn elements<'t, S>(&mut self, root: &'t DeTable<'t>, section: &Section<S>) -> Vec<Element<'t>> {
        let (name, heading) = (section.path, section.heading);
        let Some(value) = root.get(name) else { return Vec::new() };
        let mut values = Vec::new();
        if let Some(list) = value.get_ref().as_array() {
            values.extend(list.iter());
        } else {
            let advice = format!("Write {heading} with two brackets, once for each {name}.");
            self.refuse_type(value, name, &format!("one or more {heading} tables"), &advice);
            values.push(value);
        }
        let mut elements = Vec::with_capacity(values.len());
        for (number, value) in values.into_iter().enumerate() {
            let path = format!("{name}[{number}]");
            if let Some(table) = value.get_ref().as_table() {
                elements.push(Element { path, place: self.lines.place(value.span().start), table });
            } else {
                self.give_up();
                let advice = format!("Write {heading}, and its keys below.");
                self.refuse_type(value, &path, "a table", &advice);
            }
        }
        elements
    }

    /// The same of tables that are compared with each other; too many are reported, and none is given.
    pub(super) fn few_elements<'t, S>(
        &mut self,
        root: &'t DeTable<'t>,
        section: &Section<S>,
        advice: &str,
    ) -> Vec<Element<'t>> {
        let elements = self.elements(root, section);
        let Some(first) = elements.get(MAX_ELEMENTS) else { return elements };
        let (found, allowed) = (format!("{} of them", elements.len()), format!("at most {MAX_ELEMENTS}"));
        let (place, key) = (first.place.clone(), first.path.clone());
        self.report(Mistake { place, key, problem: Problem::Value { found, allowed }, advice: advice.to_owned() });
        self.give_up();
        Vec::new()
    }

    /// The table of the file that holds `section`, within `parent`; nothing when it is not there.
    pub(super) fn subtable<'t, S>(
        &mut self,
        parent: &'t DeTable<'t>,
        section: &Section<S>,
        path: &str,
    ) -> Option<&'t DeTable<'t>> {
        let value = parent.get(section.name())?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            let advice = format!("Write [{}] on a line of its own, and its keys below.", section.path);
            self.refuse_type(value, path, "a table", &advice);
        }
        table
    }

    /// Reports a value that is not even of the right type.
    pub(super) fn refuse_type(&mut self, value: &Spanned<DeValue<'_>>, path: &str, allowed: &str, advice: &str) {
        let found = Given::file(value).describe_type().to_owned();
        self.report(Mistake {
            place: self.lines.place(value.span().start),
            key: path.to_owned(),
            problem: Problem::Value { found, allowed: allowed.to_owned() },
            advice: advice.to_owned(),
        });
    }

    /// Reads the variables that override the keys of a section.
    pub(super) fn variables<S>(
        &mut self,
        section: &Section<S>,
        target: &mut S,
        path: &str,
        environment: &mut Environment,
    ) {
        for key in section.keys {
            let name = section.variable(key);
            if let Some(text) = environment.take(&name) {
                let position = Position { path: join(path, key.name), place: Place::Variable(name) };
                self.set(key, target, position, Given::Variable(&text));
            }
        }
    }

    fn set<S>(&mut self, key: &Key<S>, target: &mut S, position: Position, given: Given<'_>) {
        let Position { path, place } = position;
        let faults = (key.field)(target).read(given).err().unwrap_or_default();
        let mention = Mention { place: place.clone(), sound: faults.is_empty() };
        self.mentions.insert(path.clone(), mention);
        for fault in faults {
            let is_value = matches!(fault.problem, Problem::Value { .. });
            let doc = if is_value { key.doc } else { "" };
            let advice = if fault.advice.is_empty() { doc.to_owned() } else { fault.advice };
            let part = fault.offset.map(|offset| self.lines.place(offset));
            self.report(Mistake {
                place: part.unwrap_or_else(|| place.clone()),
                key: format!("{path}{}", fault.part),
                problem: fault.problem,
                advice,
            });
        }
    }
}

/// Shape: `path.name`, or `name` at the top.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
