//! The frames that wait for one connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

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
#[derive(Debug, Default)]
pub(super) struct Outbox {
    frames: VecDeque<Frame>,
    /// Bytes of the first frame that are already on the wire.
    begun: usize,
    /// Bytes of all frames, including those begun.
    bytes: usize,
}

/// The outbox holds as much as it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// How a flush ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing waits.
    All,
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

    /// Drops all frames of which nothing is on the wire yet; a begun one must be finished.
    pub(super) fn abandon(&mut self) {
        let keep = usize::from(self.begun > 0);
        self.frames.truncate(keep);
        self.frames.shrink_to(KEPT_FRAMES);
        self.bytes = self.frames.iter().map(Frame::len).sum();
    }

    /// Writes until nothing waits or the wire takes no more.
    pub(super) fn flush(&mut self, wire: &dyn Wire) -> Flushed {
        while !self.frames.is_empty() {
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
        // Most flushes have one frame; a list of slices would cost more than the rest of this.
        if let (Some(only), 1) = (self.frames.front(), self.frames.len()) {
            return wire.write(&[IoSlice::new(only.as_bytes().get(self.begun..).unwrap_or_default())]);
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slot, frame) in slices.iter_mut().zip(&self.frames) {
            let skip = if count == 0 { self.begun } else { 0 };
            *slot = IoSlice::new(frame.as_bytes().get(skip..).unwrap_or_default());
            count += 1;
        }
        wire.write(slices.get(..count).unwrap_or_default())
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.frames.front() {
            let left = first.len() - self.begun;
            if written < left {
                self.begun += written;
                return;
            }
            written -= left;
            self.bytes -= first.len();
            self.begun = 0;
            self.frames.pop_front();
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
        Flush(Vec<usize>),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (any::<u8>(), 0..300_usize).prop_map(|(byte, length)| Step::Push(byte, length)),
            prop::collection::vec(0..500_usize, 0..4).prop_map(Step::Flush),
        ]
    }

    proptest! {
        /// What was accepted is written, in order, once; the bound holds at every step.
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
                    Step::Flush(rooms) => {
                        *wire.steps.borrow_mut() = rooms.into();
                        let flushed = outbox.flush(&wire);
                        prop_assert_eq!(flushed == Flushed::All, outbox.frames.is_empty());
                    }
                }
                prop_assert!(outbox.frames.len() <= 8);
                prop_assert_eq!(outbox.bytes, outbox.frames.iter().map(Frame::len).sum::<usize>());
            }
            *wire.steps.borrow_mut() = vec![usize::MAX; 100].into();
            prop_assert_eq!(outbox.flush(&wire), Flushed::All);
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
        assert_eq!(outbox.flush(&wire), Flushed::Blocked);
        outbox.abandon();
        assert_eq!((outbox.frames.len(), outbox.bytes), (1, 12));
        *wire.steps.borrow_mut() = vec![100].into();
        assert_eq!(outbox.flush(&wire), Flushed::All);
        assert_eq!(&*wire.written.borrow(), frame(1, 10).as_bytes());
    }

    #[test]
    fn an_empty_outbox_takes_a_frame_of_any_size() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(&frame(1, 5000), Bounds { bytes: 10, frames: 1 }), Ok(()));
        assert_eq!(outbox.push(&frame(1, 1), Bounds { bytes: 10, frames: 1 }), Err(Full));
    }
}
