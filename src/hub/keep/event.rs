//! One kept event, shared by all that keep it on its worker.

use bytes::Bytes;

use crate::protocol::Frame;

use super::value::{Kept, Record};

/// Bytes that keeping an event takes besides its frame and its texts, roughly.
pub(in crate::hub) const AROUND: usize = 256;

#[derive(Debug)]
pub(super) struct Event {
    pub(super) frame: Frame,
    /// Its place in the order of all kept events of the worker.
    pub(super) ticket: u64,
    pub(super) serial: u64,
    name: Box<str>,
    data: Bytes,
    at_ms: u64,
}

impl Event {
    pub(super) fn new(frame: Frame, ticket: u64, serial: u64, record: Record) -> Self {
        let Record { name, data, at_ms } = record;
        Self { frame, ticket, serial, name, data, at_ms }
    }

    /// What it counts for in a store. Retained events and history count it once each, though they
    /// share it: the sum of both is an upper bound.
    pub(super) fn bytes(&self) -> usize {
        self.frame.len() + self.name.len() + AROUND
    }

    pub(super) fn kept(&self) -> Kept {
        Kept { serial: self.serial, name: self.name.clone(), data: self.data.clone(), at_ms: self.at_ms }
    }
}
