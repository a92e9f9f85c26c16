//! What a channel keeps and adds: `retain`, `history` and `enrich`.

use std::time::Duration;

use super::model::{History, Retain};
use crate::config::given::Given;
use crate::config::inline;
use crate::config::key::Key;
use crate::config::measure::time;
use crate::config::problem::Problem;
use crate::config::shape::Shape;
use crate::config::slot::{Fault, Field, Slot, count, flag};
use crate::config::text::{self, required};

/// The field whose value tells retained events apart, alone or with bounds.
pub(super) fn retain(target: &mut Option<Retain>) -> Field<'_> {
    Box::new(RetainSlot(target))
}

struct RetainSlot<'a>(&'a mut Option<Retain>);

/// `retain` while it is read.
#[derive(Clone)]
struct RetainDraft {
    by: Option<String>,
    age: Duration,
    keys: usize,
}

impl Default for RetainDraft {
    fn default() -> Self {
        Self { by: None, age: Duration::from_secs(24 * 3600), keys: 10_000 }
    }
}

const FIELD: Shape<String> = Shape {
    parse: |text| {
        let fits = !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    },
    show: String::clone,
    allowed: "a field's name",
    advice: "",
    shown: true,
};

const RETAIN: &[Key<RetainDraft>] = &[
    Key::new("by", "The field of `data` whose value is the key.", |d| required(&mut d.by, &FIELD)),
    Key::new("age", "How long an event stays.", |d| time(&mut d.age, 1000..=2_592_000_000)),
    Key::new("keys", "Events that one channel keeps; the oldest make room.", |d| count(&mut d.keys, 1..=100_000)),
];

impl Slot for RetainSlot<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let mut draft = RetainDraft::default();
        if let Given::File(value, offset) = given
            && let Some(table) = value.as_table()
        {
            inline::read(RETAIN, &mut draft, table)?;
            if draft.by.is_none() {
                let advice = "Add by = \"…\".".to_owned();
                let (part, offset) = (".by".to_owned(), Some(offset));
                return Fault { part, offset, problem: Problem::Missing, advice }.alone();
            }
        } else {
            let field = text::parse(given, &FIELD);
            draft.by = Some(field.map_err(|fault| vec![fault.allow(self.allowed())])?);
        }
        let RetainDraft { by, age, keys } = draft;
        *self.0 = by.map(|by| Retain { by, age, keys });
        Ok(())
    }

    fn show(&self) -> String {
        let draft = |held: &Retain| RetainDraft { by: Some(held.by.clone()), age: held.age, keys: held.keys };
        self.0.as_ref().map_or_else(String::new, |held| inline::show(RETAIN, draft(held)))
    }

    fn allowed(&self) -> String {
        let table = inline::allowed(RETAIN, RetainDraft::default());
        format!("a field's name, or {table}; age is \"24h\" and keys 10000 when left out")
    }
}

/// How many events can be read later, and how long.
pub(super) fn history(target: &mut Option<History>) -> Field<'_> {
    Box::new(HistorySlot(target))
}

struct HistorySlot<'a>(&'a mut Option<History>);

const HISTORY_DEFAULT: History = History { events: 1000, age: Duration::from_secs(3600) };

const HISTORY: &[Key<History>] = &[
    Key::new("events", "Events that one channel keeps.", |h| count(&mut h.events, 1..=100_000)),
    Key::new("age", "How long an event is kept.", |h| time(&mut h.age, 1000..=2_592_000_000)),
];

impl Slot for HistorySlot<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let mut history = HISTORY_DEFAULT;
        match given {
            Given::File(value, _) if value.is_table() => {
                let Some(table) = value.as_table() else { return Ok(()) };
                inline::read(HISTORY, &mut history, table)?;
            }
            Given::File(..) | Given::Variable(_) => {
                let advice = "Write history = {} for 1000 events of the last hour.";
                return Fault::value(given, given.describe(), self.allowed()).advise(advice).alone();
            }
        }
        *self.0 = Some(history);
        Ok(())
    }

    fn show(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |held| inline::show(HISTORY, held.clone()))
    }

    fn allowed(&self) -> String {
        let table = inline::allowed(HISTORY, HISTORY_DEFAULT);
        format!("{table}; events is 1000 and age \"1h\" when left out")
    }
}

/// What the broker adds to data.
pub(super) fn timestamp(target: &mut bool) -> Field<'_> {
    Box::new(Enrich(target))
}

struct Enrich<'a>(&'a mut bool);

const ENRICH: &[Key<bool>] =
    &[Key::new("timestamp", "Whether data without `timestamp` gets the time of its arrival.", |on| flag(on))];

impl Slot for Enrich<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let Given::File(value, _) = given else { return wrong(given, self.allowed()) };
        let Some(table) = value.as_table() else { return wrong(given, self.allowed()) };
        inline::read(ENRICH, self.0, table)
    }

    fn show(&self) -> String {
        inline::show(ENRICH, *self.0)
    }

    fn allowed(&self) -> String {
        inline::allowed(ENRICH, *self.0)
    }
}

fn wrong(given: Given<'_>, allowed: String) -> Result<(), Vec<Fault>> {
    Fault::value(given, given.describe(), allowed).advise("Write enrich = { timestamp = true }.").alone()
}
