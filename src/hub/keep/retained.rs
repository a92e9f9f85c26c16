//! A channel's retained events: the newest one of each key.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::protocol::Frame;

use super::event::Event;
use super::room::Share;
use super::value::Kept;

#[derive(Debug, Default)]
pub(super) struct Retained {
    serials: HashMap<Rc<str>, u64, foldhash::fast::RandomState>,
    /// By serial, so in the order of the last update.
    entries: BTreeMap<u64, Entry>,
    bytes: usize,
    /// The frames for newcomers, until something changes or the first of them is too old.
    greeting: Option<(Arc<[Frame]>, Instant)>,
}

#[derive(Debug)]
struct Entry {
    key: Rc<str>,
    event: Rc<Event>,
    until: Instant,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.event.bytes() + self.key.len()
    }
}

impl Retained {
    /// Keeps an event in place of the one with the same key, and at most `keys` in all.
    pub(super) fn insert(&mut self, key: Box<str>, event: Rc<Event>, until: Instant, keys: usize) {
        let old = self.serials.get(&*key).copied();
        let key = old.and_then(|serial| self.remove(serial)).map_or_else(|| key.into(), |old| old.key);
        let entry = Entry { key, event, until };
        self.greeting = None;
        self.bytes += entry.bytes();
        self.serials.insert(entry.key.clone(), entry.event.serial);
        self.entries.insert(entry.event.serial, entry);
        while self.entries.len() > keys {
            self.drop_oldest();
        }
    }

    pub(super) fn drop_oldest(&mut self) {
        if let Some((serial, _)) = self.entries.first_key_value() {
            let serial = *serial;
            drop(self.remove(serial));
        }
    }

    /// Drops what is too old, as far as nothing that lives longer stands before it.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.next_expiry().is_some_and(|until| until <= now) {
            self.drop_oldest();
        }
    }

    fn remove(&mut self, serial: u64) -> Option<Entry> {
        let entry = self.entries.remove(&serial)?;
        self.greeting = None;
        self.bytes -= entry.bytes();
        self.serials.remove(&entry.key);
        Some(entry)
    }

    /// The frames for a newcomer, oldest first; newcomers share them until something changes.
    pub(super) fn greeting(&mut self, now: Instant) -> Option<Arc<[Frame]>> {
        self.greeting = self.greeting.take().filter(|(_, until)| *until > now).or_else(|| {
            let until = self.living(now).map(|entry| entry.until).min()?;
            Some((self.living(now).map(|entry| entry.event.frame.clone()).collect(), until))
        });
        self.greeting.as_ref().map(|(frames, _)| frames.clone())
    }

    /// All that are not too old, oldest first.
    pub(super) fn kept(&self, now: Instant) -> Vec<Kept> {
        self.living(now).map(|entry| entry.event.kept()).collect()
    }

    fn living(&self, now: Instant) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(move |entry| entry.until > now)
    }

    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.entries.first_key_value().map(|(_, entry)| entry.until)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn share(&self) -> Share {
        let oldest = self.entries.first_key_value().map(|(_, entry)| entry.event.ticket);
        Share { oldest, bytes: self.bytes }
    }
}
