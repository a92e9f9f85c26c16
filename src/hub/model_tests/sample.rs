//! Wires, wakers, names and frames for tests.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use proptest::prelude::ProptestConfig;
use serde_json::value::RawValue;

use crate::hub::homes::HomeBounds;
use crate::hub::inbox::Notice;
use crate::hub::key::{AppIndex, ChannelKey, UserKey, WorkerId};
use crate::hub::links::Post;
use crate::hub::ports::Wire;
use crate::hub::slot::Farewell;
use crate::protocol::{ChannelName, EventData, EventName, Frame, UserId, outbound};

/// A few hundred cases, or more where `PROPTEST_CASES` says so.
pub(super) fn many() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.max(300))
}

/// Takes `room` bytes, then blocks; or is broken.
#[derive(Debug)]
pub(super) struct FakeWire {
    pub(super) room: Cell<usize>,
    pub(super) is_broken: Cell<bool>,
    pub(super) written: RefCell<Vec<u8>>,
    /// How often it was called.
    pub(super) calls: Cell<usize>,
}

impl FakeWire {
    pub(super) fn new(room: usize) -> Self {
        Self { room: Cell::new(room), is_broken: Cell::new(false), written: RefCell::default(), calls: Cell::new(0) }
    }
}

impl Wire for FakeWire {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.calls.set(self.calls.get() + 1);
        if self.is_broken.get() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let taken = all.len().min(self.room.get());
        if taken == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room.set(self.room.get() - taken);
        self.written.borrow_mut().extend_from_slice(&all[..taken]);
        Ok(taken)
    }
}

/// Whether somebody was woken.
#[derive(Debug, Default)]
pub(super) struct Flag(AtomicBool);

impl Flag {
    pub(super) fn raised() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    pub(super) fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Keeps what was posted, as text, in the order of each worker.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Posted(std::collections::BTreeMap<usize, Vec<String>>);

impl Post for Posted {
    fn post(&mut self, to: WorkerId, notice: Notice) {
        self.0.entry(to.0).or_default().push(format!("{notice:?}"));
    }
}

/// Homes that keep cached events only.
pub(super) const fn caching(cache_bytes: usize) -> HomeBounds {
    HomeBounds { cache_bytes, event_ids: 0, retained_bytes: 0, history_bytes: 0 }
}

pub(super) fn channel(name: &str) -> ChannelKey {
    ChannelKey { app: AppIndex(0), name: ChannelName::parse(name, 200).unwrap() }
}

pub(super) fn user_id(number: usize) -> UserId {
    UserId::parse(&number.to_string(), 20).unwrap()
}

pub(super) fn user(number: usize) -> UserKey {
    UserKey { app: AppIndex(0), id: user_id(number) }
}

/// The event number `number`.
pub(super) fn event(channel: &ChannelKey, number: usize) -> Frame {
    let data = RawValue::from_string(format!("\"{number}\"")).unwrap();
    let name = EventName::from_publisher("event".into(), 200).unwrap();
    outbound::event(&name, &channel.name, EventData::from_publisher(&data, 200).unwrap(), None)
}

pub(super) fn farewell(reason: &str) -> Farewell {
    Arc::new([outbound::error(None, reason), Frame::close(4100, reason)])
}
