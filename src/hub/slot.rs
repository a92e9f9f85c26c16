//! One connection's place on its worker.

use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use crate::protocol::{Frame, SocketId, UserId};

use super::home::JoinRefused;
use super::inbox::{Audience, Handed};
use super::outbox::{Flushed, Outbox};
use super::ports::{Letter, Wire};

/// The last frames of a connection: why, and Close.
pub type Farewell = Arc<[Frame; 2]>;

/// What happened to a connection that its task must know; taken by the task.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Signals(u8);

impl Signals {
    /// A subscription or sign-in that it waited for has its answer.
    pub const RESUMED: Self = Self(1);
    /// Frames wait that the wire does not take now.
    pub const BLOCKED: Self = Self(2);
    /// A farewell is in the outbox; nothing follows it.
    pub const CLOSED: Self = Self(4);
    /// The wire is gone.
    pub const BROKEN: Self = Self(8);
    /// Its time to look at the clock has come.
    pub const TIMER: Self = Self(16);
    /// Somebody handed it a letter.
    pub const LETTER: Self = Self(32);
    /// What is allowed has changed.
    pub const RELOADED: Self = Self(64);

    /// Whether `other` happened.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing happened.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A connection's place on its worker.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) socket_id: SocketId,
    pub(super) wire: Rc<dyn Wire>,
    pub(super) outbox: Outbox,
    pub(super) waker: Option<Waker>,
    pub(super) signals: Signals,
    pub(super) is_java: bool,
    pub(super) is_closed: bool,
    pub(super) is_dirty: bool,
    /// The answer to the subscription that it waits for.
    pub(super) outcome: Option<Result<(), JoinRefused>>,
    pub(super) watching: Option<Box<Watching>>,
    /// What it was handed and has not taken; at most [`LETTERS`].
    letters: Vec<Arc<dyn Letter>>,
}

/// Letters that may wait for one connection.
pub(super) const LETTERS: usize = 64;

/// Answers that a sign-in with a watchlist still waits for, and what is known so far.
#[derive(Debug)]
pub(super) struct Watching {
    pub(super) waiting: usize,
    pub(super) states: Vec<(UserId, bool)>,
}

impl Slot {
    pub(super) fn new(socket_id: SocketId, is_java: bool, wire: Rc<dyn Wire>) -> Self {
        Self {
            socket_id,
            wire,
            outbox: Outbox::default(),
            waker: None,
            signals: Signals::default(),
            is_java,
            is_closed: false,
            is_dirty: false,
            outcome: None,
            watching: None,
            letters: Vec::new(),
        }
    }

    /// Takes a letter, unless as many wait as may.
    pub(super) fn hand(&mut self, letter: Arc<dyn Letter>) -> Handed {
        if self.letters.len() >= LETTERS {
            return Handed::Full;
        }
        self.letters.push(letter);
        self.signal(Signals::LETTER);
        Handed::Taken
    }

    pub(super) fn take_letters(&mut self) -> Vec<Arc<dyn Letter>> {
        mem::take(&mut self.letters)
    }

    pub(super) fn take_signals(&mut self, waker: &Waker) -> Signals {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
        mem::take(&mut self.signals)
    }

    /// Writes what waits, in as many calls as `writes` has left; a greeting that is out lets the
    /// connection go on.
    pub(super) fn flush(&mut self, writes: &mut usize) -> Flushed {
        self.is_dirty = false;
        let was_greeting = self.outbox.is_greeting();
        let flushed = self.outbox.flush(&*self.wire, writes);
        if flushed == Flushed::Broken {
            self.is_closed = true;
            self.outbox = Outbox::default();
        }
        if was_greeting && !self.outbox.is_greeting() {
            self.signal(Signals::RESUMED);
        }
        flushed
    }

    pub(super) fn signal(&mut self, signal: Signals) {
        self.signals.0 |= signal.0;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub(super) fn is_in(&self, audience: Audience) -> bool {
        match audience {
            Audience::All => true,
            Audience::Except(socket_id) => self.socket_id != socket_id,
            Audience::NotJava => !self.is_java,
        }
    }
}
