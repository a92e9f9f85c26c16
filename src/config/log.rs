//! `[log]`: the keys.

use super::key::{Key, Section, Variables};
use super::model::Log;
use super::shape::{FORMAT, LEVEL};
use super::text::text;

pub(super) const LOG: Section<Log> =
    Section { path: "log", heading: "[log]", variables: Variables::Each, keys: KEYS, tables: &[] };

const KEYS: &[Key<Log>] = &[
    Key::new("level", "What is logged, on stderr.", |l| text(&mut l.level, &LEVEL)),
    Key::new("format", "How a log line looks: text for people, JSON for machines.", |l| text(&mut l.format, &FORMAT)),
];
