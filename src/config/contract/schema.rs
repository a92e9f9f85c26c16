//! `schema`: a JSON Schema, written in the file itself or kept in one of its own.

use std::borrow::Cow;
use std::sync::Arc;

use jsonschema::{PatternOptions, ValidationError};
use serde_json::{Number, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::model::Schema;
use crate::config::given::Given;
use crate::config::nearest::segment;
use crate::config::problem::Problem;
use crate::config::slot::{Fault, Field, Placed, Slot};

/// A schema while it is read.
pub(super) enum SchemaDraft {
    /// It stood in the file.
    Ready(Schema),
    /// It stands in this one.
    File(String),
}

/// A table that is a JSON Schema, or the path of a file with one.
pub(super) fn schema(target: &mut Option<Placed<SchemaDraft>>) -> Field<'_> {
    Box::new(SchemaSlot(target))
}

struct SchemaSlot<'a>(&'a mut Option<Placed<SchemaDraft>>);

impl Slot for SchemaSlot<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let draft = match given {
            Given::File(value, _) if value.is_table() => {
                let mut faults = Vec::new();
                let document = convert(given, 0, &mut faults);
                if !faults.is_empty() {
                    return Err(faults);
                }
                let compiled = compile(document);
                let compiled = compiled.map_err(|wrong| wrong.iter().map(|one| locate(given, one)).collect::<Vec<_>>());
                SchemaDraft::Ready(compiled?)
            }
            Given::File(..) | Given::Variable(_) => match given.text().filter(|path| !path.is_empty()) {
                Some(path) => SchemaDraft::File(path.to_owned()),
                None => return Fault::value(given, given.describe(), self.allowed()).alone(),
            },
        };
        *self.0 = Some(Placed { value: draft, offset: given.offset() });
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        "a JSON Schema as a table, or the path of a .json file with one".to_owned()
    }
}

/// Deeper schemas are not compiled: how deep one is decides how much stack a check takes.
const MAX_DEPTH: usize = 64;

/// A value of the file as JSON; what JSON does not have is added to `faults`.
fn convert(given: Given<'_>, depth: usize, faults: &mut Vec<Fault>) -> Value {
    let mut wrong = |allowed: &str, advice: &str| {
        faults.push(Fault::value(given, given.describe(), allowed.to_owned()).advise(advice));
        Value::Null
    };
    if depth > MAX_DEPTH {
        return wrong("64 levels of tables and lists", "Take parts of it out into $defs.");
    }
    let Given::File(value, _) = given else { return Value::Null };
    let number = "a number that JSON has, whole ones of 64 bits";
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(integer) => {
            let whole = i64::from_str_radix(integer.as_str(), integer.radix());
            whole.map_or_else(|_| wrong(number, "Leave it out."), |whole| Value::Number(whole.into()))
        }
        DeValue::Float(float) => {
            let float = float.as_str().parse().ok().and_then(Number::from_f64);
            float.map_or_else(|| wrong(number, "Leave it out."), Value::Number)
        }
        DeValue::Datetime(_) => wrong("a value that JSON has", "Put it in quotes: JSON has no dates."),
        DeValue::Array(items) => {
            let items = items.iter().enumerate();
            let item = |(number, item)| within(&format!("[{number}]"), item, depth, faults);
            Value::Array(items.map(item).collect())
        }
        DeValue::Table(table) => {
            let entry = |(name, value): (&Spanned<Cow<'_, str>>, _)| {
                let name = name.get_ref();
                (name.to_string(), within(&format!(".{}", segment(name)), value, depth, faults))
            };
            Value::Object(table.iter().map(entry).collect())
        }
    }
}

/// A part of a value as JSON, with its faults in their place.
fn within(part: &str, value: &Spanned<DeValue<'_>>, depth: usize, faults: &mut Vec<Fault>) -> Value {
    let mut inner = Vec::new();
    let converted = convert(Given::file(value), depth + 1, &mut inner);
    faults.extend(inner.into_iter().map(|fault| fault.within(part)));
    converted
}

/// Why a document is no schema.
pub(super) struct NoSchema {
    /// JSON pointer into the document; empty for the whole.
    pub(super) pointer: String,
    pub(super) reason: String,
    /// What to do; may be empty.
    pub(super) advice: &'static str,
}

impl NoSchema {
    fn whole(reason: impl Into<String>) -> Vec<Self> {
        vec![Self { pointer: String::new(), reason: reason.into(), advice: "" }]
    }

    /// An error of the library in our words, where its own are none for people.
    fn explain(error: &ValidationError<'_>) -> Self {
        let pointer = error.instance_path().to_string();
        let said = error.to_string();
        let instance = || one_line(&error.instance().to_string());
        let (reason, advice) = match pointer.rsplit('/').next() {
            Some("type") => (
                format!("{} is no type", instance()),
                "Types are array, boolean, integer, null, number, object and string, or a list of these.",
            ),
            Some("pattern") => (
                format!("{} is no pattern", instance()),
                "Patterns are checked in linear time: no look-around, no back-references.",
            ),
            Some("required") => (one_line(&said), "It is a list of names."),
            _ => match said.split_once(" and retrieving it failed") {
                Some((missing, _)) => (missing.to_owned(), "Nothing is fetched: put it into $defs."),
                None => (one_line(&said), ""),
            },
        };
        Self { pointer, reason, advice }
    }
}

/// The end of what the library says, for it may begin with the whole schema.
fn one_line(said: &str) -> String {
    const SHOWN: usize = 160;
    let skipped = said.chars().count().saturating_sub(SHOWN);
    let start = if skipped > 0 { "…" } else { "" };
    let plain = said.chars().skip(skipped).map(|c| if c.is_control() { ' ' } else { c });
    start.chars().chain(plain).collect()
}

/// Makes a schema of a document.
///
/// Patterns are of the kind that is checked in linear time, so no data can make a check take long;
/// what stands elsewhere is not fetched.
///
/// # Errors
/// All that its own schema forbids; else the first thing that cannot be compiled.
pub(super) fn compile(document: Value) -> Result<Schema, Vec<NoSchema>> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex()).offline();
    match options.build(&document) {
        Ok(validator) => Ok(Schema { document: Arc::new(document), validator: Arc::new(validator) }),
        Err(first) => Err(all_wrong(&document, &first)),
    }
}

/// All that the schema of schemas forbids in a document; `first` when that is not the trouble.
fn all_wrong(document: &Value, first: &ValidationError<'_>) -> Vec<NoSchema> {
    let meta = jsonschema::meta::validator_for(document);
    let errors = meta.iter().flat_map(|meta| meta.iter_errors(document));
    let wrong: Vec<_> = errors.map(|error| NoSchema::explain(&error)).collect();
    if wrong.is_empty() { vec![NoSchema::explain(first)] } else { wrong }
}

/// A document in JSON text.
///
/// # Errors
/// When it is not JSON, no object, or too deep.
pub(super) fn parse(text: &str) -> Result<Value, Vec<NoSchema>> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| NoSchema::whole(format!("it is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(NoSchema::whole("it is not an object"));
    }
    if depth(&value) > MAX_DEPTH {
        return Err(NoSchema::whole("it is deeper than 64 levels"));
    }
    Ok(value)
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(object) => object.values().map(depth).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return 0,
    };
    inner.unwrap_or(0) + 1
}

/// What is wrong with a schema in the file, at the place that its pointer leads to.
fn locate(given: Given<'_>, wrong: &NoSchema) -> Fault {
    let (mut part, mut at) = (String::new(), given);
    for step in wrong.pointer.split('/').skip(1) {
        let Given::File(value, _) = at else { break };
        let step = step.replace("~1", "/").replace("~0", "~");
        let inner = if let Some(table) = value.as_table() {
            table.get(step.as_str()).map(|inner| (format!(".{}", segment(&step)), inner))
        } else {
            let item = step.parse().ok().and_then(|number: usize| value.as_array()?.get(number));
            item.map(|inner| (format!("[{step}]"), inner))
        };
        let Some((name, inner)) = inner else { break };
        part.push_str(&name);
        at = Given::file(inner);
    }
    let advice = wrong.advice.to_owned();
    let problem = Problem::Unusable { reason: format!("no JSON Schema: {}", wrong.reason) };
    Fault { part, offset: at.offset(), problem, advice }
}
