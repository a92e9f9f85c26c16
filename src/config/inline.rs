//! Values that are small tables: `history = { events = 1000, age = "1h" }`.

use toml::de::DeTable;

use super::given::Given;
use super::key::Key;
use super::nearest::{nearest, segment};
use super::problem::Problem;
use super::slot::Fault;

/// Reads the keys of a small table; all that is wrong with them is said at once.
pub(super) fn read<S>(keys: &[Key<S>], target: &mut S, table: &DeTable<'_>) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    for (name, value) in table {
        let part = format!(".{}", segment(name.get_ref()));
        let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) else {
            let offset = Some(name.span().start);
            let advice = suggest(keys, name.get_ref());
            faults.push(Fault { part, offset, problem: Problem::UnknownKey, advice });
            continue;
        };
        let wrong = (key.field)(target).read(Given::file(value)).err().unwrap_or_default();
        faults.extend(wrong.into_iter().map(|fault| {
            let fault = if fault.advice.is_empty() { fault.advise(key.doc) } else { fault };
            fault.within(&part)
        }));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn suggest<S>(keys: &[Key<S>], name: &str) -> String {
    let names = || keys.iter().map(|key| key.name);
    match nearest(name, names()) {
        Some(near) => format!("Did you mean {near}?"),
        None => format!("Keys here: {}.", names().collect::<Vec<_>>().join(", ")),
    }
}

/// Such a table as it would stand in the file, with what its keys may be.
pub(super) fn allowed<S>(keys: &[Key<S>], mut defaults: S) -> String {
    describe(keys, |key| (key.field)(&mut defaults).allowed())
}

/// Such a table as it would stand in the file, with the values that `held` has.
pub(super) fn show<S>(keys: &[Key<S>], mut held: S) -> String {
    describe(keys, |key| (key.field)(&mut held).show())
}

fn describe<S>(keys: &[Key<S>], mut value: impl FnMut(&Key<S>) -> String) -> String {
    let items: Vec<_> = keys.iter().map(|key| format!("{} = {}", key.name, value(key))).collect();
    format!("{{ {} }}", items.join(", "))
}
