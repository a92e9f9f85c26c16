//! The frames that wait for one connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;

use crate::protocol::Frame;

use super::ports::Wire;

/// How much may wait for one connection.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of all waiting frames.
    pub bytes: usize,
    /// Waiting frames.
    pub frames: usize,
}

/// Frames out to one connection, first in, first out.
///
/// Bounded in bytes and frames; when full, [`push`](Self::push) refuses and the shard closes the
/// connection. An empty outbox takes a frame of any size, so that none is undeliverable.
///
/// One greeting at a time is outside of these bounds: a list of frames that is shared, so that only
/// its handle is held here. Its place among the others is kept.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    frames: VecDeque<Frame>,
    /// Bytes of the first frame that are already on the wire.
    begun: usize,
    /// Bytes of `frames`, including those begun.
    bytes: usize,
    greeting: Option<Box<Greeting>>,
}

/// Retained events on their way to a newcomer.
#[derive(Debug)]
struct Greeting {
    /// How many of the outbox's own frames go first.
    ahead: usize,
    frames: Arc<[Frame]>,
    /// How many of them are out.
    sent: usize,
}

/// The outbox holds as much as it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// How a flush ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing waits.
    All,
    /// As much is out as may go at once; the rest is to be flushed as soon as others had their turn.
    Partly,
    /// The wire takes no more for now.
    Blocked,
    /// The wire is gone.
    Broken,
}

/// Frames handed to the system in one call.
const SLICES: usize = 64;

/// Queue capacity that an idle connection may keep.
const KEPT_FRAMES: usize = 8;

impl Outbox {
    pub(super) fn push(&mut self, frame: &Frame, bounds: Bounds) -> Result<(), Full> {
        let is_full = self.bytes + frame.len() > bounds.bytes || self.frames.len() >= bounds.frames;
        if is_full && !self.frames.is_empty() {
            return Err(Full);
        }
        self.bytes += frame.len();
        self.frames.push_back(frame.clone());
        Ok(())
    }

    /// Takes a greeting; whether it did: there is room for one, whatever its size.
    pub(super) fn greet(&mut self, frames: &Arc<[Frame]>) -> bool {
        if self.greeting.is_some() {
            return false;
        }
        if !frames.is_empty() {
            self.greeting = Some(Box::new(Greeting { ahead: self.frames.len(), frames: frames.clone(), sent: 0 }));
        }
        true
    }

    /// Whether a greeting is not out yet.
    pub(super) const fn is_greeting(&self) -> bool {
        self.greeting.is_some()
    }

    /// Frames of a greeting that are not out yet.
    pub(super) fn greeting_left(&self) -> Option<usize> {
        self.greeting.as_ref().map(|greeting| greeting.frames.len() - greeting.sent)
    }

    /// Drops all frames of which nothing is on the wire yet; a begun one must be finished.
    pub(super) fn abandon(&mut self) {
        let begun = self.first().filter(|_| self.begun > 0).cloned();
        self.greeting = None;
        self.frames.clear();
        self.frames.extend(begun);
        self.frames.shrink_to(KEPT_FRAMES);
        self.bytes = self.frames.iter().map(Frame::len).sum();
    }

    /// Writes until nothing waits, the wire takes no more, or it was called as often as `writes`
    /// says, which counts down.
    pub(super) fn flush(&mut self, wire: &dyn Wire, writes: &mut usize) -> Flushed {
        while self.first().is_some() {
            if *writes == 0 {
                return Flushed::Partly;
            }
            *writes -= 1;
            match self.write(wire) {
                Ok(0) => return Flushed::Broken,
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Flushed::Blocked,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Flushed::Broken,
            }
        }
        self.frames.shrink_to(KEPT_FRAMES);
        Flushed::All
    }

    fn write(&self, wire: &dyn Wire) -> io::Result<usize> {
        if let Some(greeting) = &self.greeting {
            let (before, after) = (self.frames.iter().take(greeting.ahead), self.frames.iter().skip(greeting.ahead));
            let greeting = greeting.frames.iter().skip(greeting.sent);
            return self.write_all(wire, before.chain(greeting).chain(after));
        }
        // Most flushes have one frame; a list of slices would cost more than the rest of this.
        if let (Some(only), 1) = (self.frames.front(), self.frames.len()) {
            return wire.write(&[IoSlice::new(only.as_bytes().get(self.begun..).unwrap_or_default())]);
        }
        self.write_all(wire, self.frames.iter())
    }

    fn write_all<'a>(&self, wire: &dyn Wire, frames: impl Iterator<Item = &'a Frame>) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slot, frame) in slices.iter_mut().zip(frames) {
            let skip = if count == 0 { self.begun } else { 0 };
            *slot = IoSlice::new(frame.as_bytes().get(skip..).unwrap_or_default());
            count += 1;
        }
        wire.write(slices.get(..count).unwrap_or_default())
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.first() {
            let left = first.len() - self.begun;
            if written < left {
                self.begun += written;
                return;
            }
            written -= left;
            self.begun = 0;
            self.drop_first();
        }
    }

    /// The frame that goes next.
    fn first(&self) -> Option<&Frame> {
        match &self.greeting {
            Some(greeting) if greeting.ahead == 0 => greeting.frames.get(greeting.sent),
            _ => self.frames.front(),
        }
    }

    fn drop_first(&mut self) {
        match &mut self.greeting {
            Some(greeting) if greeting.ahead == 0 => {
                greeting.sent += 1;
                if greeting.sent == greeting.frames.len() {
                    self.greeting = None;
                }
                return;
            }
            Some(greeting) => greeting.ahead -= 1,
            None => {}
        }
        if let Some(first) = self.frames.pop_front() {
            self.bytes -= first.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;

    /// Takes as many bytes as the script says, then blocks.
    #[derive(Debug, Default)]
    struct Script {
        steps: RefCell<VecDeque<usize>>,
        written: RefCell<Vec<u8>>,
    }

    impl Wire for Script {
        fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            let Some(room) = self.steps.borrow_mut().pop_front().filter(|room| *room > 0) else {
                return Err(ErrorKind::WouldBlock.into());
            };
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let taken = room.min(all.len());
            self.written.borrow_mut().extend_from_slice(&all[..taken]);
            Ok(taken)
        }
    }

    fn frame(byte: u8, length: usize) -> Frame {
        Frame::text(length, |out| out.resize(out.len() + length, byte))
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push(u8, usize),
        /// So many frames of this byte.
        Greet(u8, usize),
        /// What the wire takes, and calls to it.
        Flush(Vec<usize>, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (any::<u8>(), 0..300_usize).prop_map(|(byte, length)| Step::Push(byte, length)),
            (any::<u8>(), 0..200_usize).prop_map(|(byte, count)| Step::Greet(byte, count)),
            (prop::collection::vec(0..2000_usize, 0..4), 0..5_usize)
                .prop_map(|(rooms, calls)| Step::Flush(rooms, calls)),
        ]
    }

    proptest! {
        /// What was accepted is written, in order, once; the bound holds at every step, but for one
        /// greeting.
        #[test]
        fn accepted_bytes_come_out_once_and_in_order(steps in prop::collection::vec(step(), 1..60)) {
            let bounds = Bounds { bytes: 1000, frames: 8 };
            let mut outbox = Outbox::default();
            let wire = Script::default();
            let mut accepted = Vec::new();
            for step in steps {
                match step {
                    Step::Push(byte, length) => {
                        let frame = frame(byte, length);
                        let fits = outbox.bytes + frame.len() <= 1000 && outbox.frames.len() < 8;
                        let expected = fits || outbox.frames.is_empty();
                        prop_assert_eq!(outbox.push(&frame, bounds).is_ok(), expected);
                        if expected {
                            accepted.extend_from_slice(frame.as_bytes());
                        }
                    }
                    Step::Greet(byte, count) => {
                        let frames: Arc<[Frame]> = (0..count).map(|length| frame(byte, length)).collect();
                        let was_greeting = outbox.is_greeting();
                        prop_assert_eq!(outbox.greet(&frames), !was_greeting);
                        prop_assert_eq!(outbox.is_greeting(), was_greeting || count > 0);
                        if !was_greeting {
                            frames.iter().for_each(|frame| accepted.extend_from_slice(frame.as_bytes()));
                        }
                    }
                    Step::Flush(rooms, calls) => {
                        *wire.steps.borrow_mut() = rooms.into();
                        let mut left = calls;
                        let flushed = outbox.flush(&wire, &mut left);
                        prop_assert_eq!(flushed == Flushed::All, outbox.first().is_none());
                        prop_assert!(flushed != Flushed::Partly || left == 0);
                        prop_assert_ne!(flushed, Flushed::Broken);
                    }
                }
                prop_assert!(outbox.frames.len() <= 8);
                prop_assert_eq!(outbox.bytes, outbox.frames.iter().map(Frame::len).sum::<usize>());
            }
            *wire.steps.borrow_mut() = vec![usize::MAX; 100].into();
            let mut calls = 100;
            prop_assert_eq!(outbox.flush(&wire, &mut calls), Flushed::All);
            prop_assert_eq!(&*wire.written.borrow(), &accepted);
        }
    }

    #[test]
    fn abandoning_keeps_the_frame_that_is_half_out() {
        let wire = Script::default();
        let mut outbox = Outbox::default();
        let bounds = Bounds { bytes: 1000, frames: 8 };
        outbox.push(&frame(1, 10), bounds).unwrap();
        outbox.push(&frame(2, 10), bounds).unwrap();
        *wire.steps.borrow_mut() = vec![5].into();
        assert_eq!(outbox.flush(&wire, &mut 9), Flushed::Blocked);
        outbox.abandon();
        assert_eq!((outbox.frames.len(), outbox.bytes), (1, 12));
        *wire.steps.borrow_mut() = vec![100].into();
        assert_eq!(outbox.flush(&wire, &mut 9), Flushed::All);
        assert_eq!(&*wire.written.borrow(), frame(1, 10).as_bytes());
    }

    #[test]
    fn abandoning_a_greeting_keeps_its_frame_that_is_half_out() {
        let wire = Script::default();
        let mut outbox = Outbox::default();
        outbox.push(&frame(0, 10), Bounds { bytes: 1000, frames: 8 }).unwrap();
        outbox.greet(&(1..100).map(|byte| frame(byte, 10)).collect());
        *wire.steps.borrow_mut() = vec![29].into();
        assert_eq!(outbox.flush(&wire, &mut 9), Flushed::Blocked);
        outbox.abandon();
        assert_eq!((outbox.frames.len(), outbox.bytes, outbox.is_greeting()), (1, 12, false));
        *wire.steps.borrow_mut() = vec![100].into();
        assert_eq!(outbox.flush(&wire, &mut 9), Flushed::All);
        assert_eq!(wire.written.borrow()[24..], *frame(2, 10).as_bytes());
    }

    #[test]
    fn an_empty_outbox_takes_a_frame_of_any_size() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(&frame(1, 5000), Bounds { bytes: 10, frames: 1 }), Ok(()));
        assert_eq!(outbox.push(&frame(1, 1), Bounds { bytes: 10, frames: 1 }), Err(Full));
    }
}
