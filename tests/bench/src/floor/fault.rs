//! Deliberate faults, to prove that the generator counts what goes wrong.

use super::peer::Peers;

/// One delivery in so many is spoiled.
pub(crate) const EVERY: u64 = 1000;

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fault {
    /// It is not made.
    Drop,
    /// It is made twice.
    Repeat,
    /// It is made after the next one to the same subscriber.
    Delay,
}

/// Makes deliveries, faithfully but for a given fault.
#[derive(Debug)]
pub(super) struct Courier {
    fault: Option<Fault>,
    count: u64,
    held: Option<(usize, Vec<u8>)>,
}

impl Courier {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Self { fault, count: 0, held: None }
    }

    /// Delivers `frame` to the subscriber at `index`.
    pub(super) fn deliver(&mut self, peers: &mut Peers, index: usize, frame: &[u8]) {
        match self.fault {
            None => peers.send(index, frame),
            Some(fault) => self.spoil(fault, peers, index, frame),
        }
    }

    fn spoil(&mut self, fault: Fault, peers: &mut Peers, index: usize, frame: &[u8]) {
        self.count += 1;
        match fault {
            _ if !self.count.is_multiple_of(EVERY) => peers.send(index, frame),
            Fault::Drop => {}
            Fault::Repeat => {
                peers.send(index, frame);
                peers.send(index, frame);
            }
            Fault::Delay if self.held.is_none() => {
                self.held = Some((index, frame.to_vec()));
                return;
            }
            Fault::Delay => peers.send(index, frame),
        }
        if let Some((index, late)) = self.held.take_if(|(held, _)| *held == index) {
            peers.send(index, &late);
        }
    }
}
