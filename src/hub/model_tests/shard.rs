//! A shard against a set of pairs and a list of frames for each connection.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use proptest::prelude::*;

use crate::hub::inbox::{Audience, Greeting, Joined};
use crate::hub::key::{ChannelKey, ConnectionKey};
use crate::hub::outbox::{Bounds, Flushed};
use crate::hub::shard::Shard;
use crate::hub::slot::Signals;
use crate::protocol::{Frame, SocketId};

use super::sample::{FakeWire, Flag, channel, farewell};

const BOUNDS: Bounds = Bounds { bytes: 200, frames: 5 };

#[derive(Debug, Clone)]
enum Step {
    Connect {
        is_java: bool,
        room: usize,
    },
    Remove(usize),
    Join(usize, usize, u8),
    /// The answer comes when the connection has gone.
    JoinTooLate(usize),
    Leave(usize, usize),
    Deliver(usize, u8, To),
    Push(usize, u8),
    Close(usize),
    Flush(usize),
    FlushDirty(usize),
    Room(usize, usize),
    Break(usize),
}

#[derive(Debug, Clone, Copy)]
enum To {
    All,
    AllBut(usize),
    NotJava,
}

fn step() -> impl Strategy<Value = Step> {
    let to = prop_oneof![Just(To::All), (0..8_usize).prop_map(To::AllBut), Just(To::NotJava)];
    prop_oneof![
        2 => (any::<bool>(), 0..300_usize).prop_map(|(is_java, room)| Step::Connect { is_java, room }),
        1 => (0..8_usize).prop_map(Step::Remove),
        4 => (0..8_usize, 0..3_usize, any::<u8>()).prop_map(|(c, channel, size)| Step::Join(c, channel, size)),
        1 => (0..3_usize).prop_map(Step::JoinTooLate),
        2 => (0..8_usize, 0..3_usize).prop_map(|(c, channel)| Step::Leave(c, channel)),
        6 => (0..3_usize, any::<u8>(), to).prop_map(|(channel, size, to)| Step::Deliver(channel, size, to)),
        2 => (0..8_usize, any::<u8>()).prop_map(|(c, size)| Step::Push(c, size)),
        1 => (0..8_usize).prop_map(Step::Close),
        2 => (0..8_usize).prop_map(Step::Flush),
        2 => (1..4_usize).prop_map(Step::FlushDirty),
        2 => (0..8_usize, 0..300_usize).prop_map(|(c, room)| Step::Room(c, room)),
        1 => (0..8_usize).prop_map(Step::Break),
    ]
}

/// What a connection should be like.
#[derive(Debug)]
struct Peer {
    key: ConnectionKey,
    socket_id: SocketId,
    is_java: bool,
    is_closed: bool,
    is_gone: bool,
    is_dirty: bool,
    channels: BTreeSet<usize>,
    waiting: VecDeque<Frame>,
    /// Bytes of the first waiting frame that are written.
    begun: usize,
    written: Vec<u8>,
    signals: [bool; 4],
    /// Bytes that the wire takes.
    room: usize,
    wire: Rc<FakeWire>,
    flag: Arc<Flag>,
}

const RESUMED: usize = 0;
const BLOCKED: usize = 1;
const CLOSED: usize = 2;
const BROKEN: usize = 3;

fn flags(signals: Signals) -> [bool; 4] {
    [Signals::RESUMED, Signals::BLOCKED, Signals::CLOSED, Signals::BROKEN].map(|one| signals.has(one))
}

impl Peer {
    fn is_full_for(&self, frame: &Frame) -> bool {
        let bytes: usize = self.waiting.iter().map(Frame::len).sum();
        let is_above = bytes + frame.len() > BOUNDS.bytes || self.waiting.len() >= BOUNDS.frames;
        is_above && !self.waiting.is_empty()
    }

    fn flush(&mut self) -> Flushed {
        self.is_dirty = false;
        if self.waiting.is_empty() {
            return Flushed::All;
        }
        if self.wire.is_broken.get() {
            self.is_closed = true;
            self.waiting.clear();
            self.begun = 0;
            return Flushed::Broken;
        }
        let all: Vec<u8> = self.waiting.iter().flat_map(|frame| frame.as_bytes()).copied().collect();
        let end = all.len().min(self.begun + self.room);
        self.room -= end - self.begun;
        self.written.extend_from_slice(&all[self.begun..end]);
        self.begun = end;
        while let Some(first) = self.waiting.front().filter(|first| first.len() <= self.begun) {
            self.begun -= first.len();
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() { Flushed::All } else { Flushed::Blocked }
    }
}

struct Bench {
    shard: Shard,
    channels: [ChannelKey; 3],
    peers: Vec<Peer>,
    /// Whom the next flush looks at, in no particular order.
    dirty: Vec<usize>,
    delivered: u64,
    slow: u64,
    frames: u8,
}

impl Bench {
    fn new() -> Self {
        Self {
            shard: Shard::new(BOUNDS, farewell("slow")),
            channels: ["a", "private-b", "presence-c"].map(channel),
            peers: Vec::new(),
            dirty: Vec::new(),
            delivered: 0,
            slow: 0,
            frames: 0,
        }
    }

    /// A frame unlike the ones before.
    fn frame(&mut self, size: u8) -> Frame {
        self.frames = self.frames.wrapping_add(1);
        Frame::text(0, |out| out.resize(out.len() + usize::from(size), self.frames))
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Connect { is_java, room } => self.connect(is_java, room),
            Step::JoinTooLate(channel) => self.join_too_late(channel),
            Step::Deliver(channel, size, to) => self.deliver(channel, size, to),
            Step::FlushDirty(limit) => {
                for index in std::mem::take(&mut self.dirty) {
                    self.flush_by_turn(index);
                }
                while self.shard.flush_dirty(limit) {}
            }
            Step::Remove(c)
            | Step::Join(c, ..)
            | Step::Leave(c, _)
            | Step::Push(c, _)
            | Step::Close(c)
            | Step::Flush(c)
            | Step::Room(c, _)
            | Step::Break(c) => {
                if !self.peers.is_empty() && !self.peers[c % self.peers.len()].is_gone {
                    self.step_of(c % self.peers.len(), step);
                }
            }
        }
    }

    fn step_of(&mut self, index: usize, step: &Step) {
        let key = self.peers[index].key;
        match *step {
            Step::Remove(_) => self.remove(index),
            Step::Join(_, channel, size) => self.join(index, channel, size),
            Step::Leave(_, channel) => {
                self.peers[index].channels.remove(&channel);
                self.shard.unsubscribe(&self.channels[channel], key);
            }
            Step::Push(_, size) => {
                let frame = self.frame(size);
                self.push_model(index, &frame);
                self.shard.push(key, &frame);
            }
            Step::Close(_) => {
                self.close_model(index, "over");
                self.shard.close(key, &farewell("over")[..]);
            }
            Step::Flush(_) => {
                let expected = self.peers[index].flush();
                assert_eq!(self.shard.flush(key), expected);
            }
            Step::Room(_, room) => {
                self.peers[index].room = room;
                self.peers[index].wire.room.set(room);
            }
            _ => self.peers[index].wire.is_broken.set(true),
        }
    }

    fn connect(&mut self, is_java: bool, room: usize) {
        let socket_id = SocketId::new(self.peers.len() as u64, 0, 0);
        let wire = Rc::new(FakeWire::new(room));
        let key = self.shard.insert(socket_id, is_java, wire.clone());
        let flag = Flag::raised();
        flag.take();
        let signals = self.shard.take_signals(key, &Waker::from(flag.clone()));
        assert!(signals.is_empty());
        self.peers.push(Peer {
            key,
            socket_id,
            is_java,
            is_closed: false,
            is_gone: false,
            is_dirty: false,
            channels: BTreeSet::new(),
            waiting: VecDeque::new(),
            begun: 0,
            written: Vec::new(),
            signals: [false; 4],
            room,
            wire,
            flag,
        });
    }

    fn remove(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        for channel in std::mem::take(&mut peer.channels) {
            self.shard.unsubscribe(&self.channels[channel], peer.key);
        }
        peer.is_gone = true;
        self.shard.remove(peer.key);
    }

    fn join(&mut self, index: usize, channel: usize, size: u8) {
        let greeting = vec![self.frame(size), self.frame(2)];
        self.peers[index].channels.insert(channel);
        self.peers[index].signals[RESUMED] = true;
        for frame in &greeting {
            self.push_model(index, frame);
        }
        assert!(self.joined(self.peers[index].key, channel, greeting).is_none());
        assert_eq!(self.shard.take_outcome(self.peers[index].key), Some(Ok(())));
        assert_eq!(self.shard.take_outcome(self.peers[index].key), None);
    }

    fn join_too_late(&mut self, channel: usize) {
        let Some(key) = self.peers.iter().find(|peer| peer.is_gone).map(|peer| peer.key) else {
            return;
        };
        let returned = self.joined(key, channel, Vec::new()).expect("the caller leaves in its stead");
        assert_eq!((returned.connection, returned.channel), (key, self.channels[channel].clone()));
    }

    fn joined(&mut self, connection: ConnectionKey, channel: usize, greeting: Vec<Frame>) -> Option<Joined> {
        let channel = self.channels[channel].clone();
        let outcome = Ok(Greeting { first: greeting, retained: None });
        self.shard.joined(Joined { connection, channel, member: None, counts: false, outcome })
    }

    fn deliver(&mut self, channel: usize, size: u8, to: To) {
        let but = |c: usize| self.peers.get(c).map_or(SocketId::new(99, 0, 0), |peer| peer.socket_id);
        let audience = match to {
            To::All => Audience::All,
            To::AllBut(c) => Audience::Except(but(c)),
            To::NotJava => Audience::NotJava,
        };
        let frame = self.frame(size);
        for index in 0..self.peers.len() {
            let peer = &self.peers[index];
            let is_meant = match to {
                To::All => true,
                To::AllBut(c) => c != index,
                To::NotJava => !peer.is_java,
            };
            if is_meant && !peer.is_closed && peer.channels.contains(&channel) {
                self.delivered += u64::from(!peer.is_full_for(&frame));
                self.push_model(index, &frame);
            }
        }
        self.shard.deliver(&self.channels[channel], &frame, audience);
    }

    fn push_model(&mut self, index: usize, frame: &Frame) {
        let peer = &mut self.peers[index];
        if peer.is_closed {
            return;
        }
        if peer.is_full_for(frame) {
            peer.waiting.truncate(usize::from(peer.begun > 0));
            self.slow += 1;
            self.close_model(index, "slow");
            return;
        }
        peer.waiting.push_back(frame.clone());
        self.soil(index);
    }

    fn close_model(&mut self, index: usize, reason: &str) {
        let peer = &mut self.peers[index];
        if peer.is_closed {
            return;
        }
        peer.is_closed = true;
        peer.signals[CLOSED] = true;
        peer.waiting.extend(farewell(reason).iter().cloned());
        self.soil(index);
    }

    fn soil(&mut self, index: usize) {
        if !std::mem::replace(&mut self.peers[index].is_dirty, true) {
            self.dirty.push(index);
        }
    }

    fn flush_by_turn(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        if !peer.is_gone {
            let flushed = peer.flush();
            peer.signals[BLOCKED] |= flushed == Flushed::Blocked;
            peer.signals[BROKEN] |= flushed == Flushed::Broken;
        }
    }

    fn check(&mut self) {
        for peer in self.peers.iter_mut() {
            assert_eq!(*peer.wire.written.borrow(), peer.written);
            if peer.is_gone {
                continue;
            }
            let woken = peer.flag.take();
            let signals = self.shard.take_signals(peer.key, &Waker::from(peer.flag.clone()));
            assert_eq!(flags(signals), std::mem::take(&mut peer.signals));
            assert_eq!(woken, !signals.is_empty());
        }
        assert_eq!(self.shard.len(), self.peers.iter().filter(|peer| !peer.is_gone).count());
    }
}

proptest! {
    /// Who gets which frame, in which order, and what becomes of those who do not read.
    #[test]
    fn a_shard_is_a_set_of_pairs(steps in prop::collection::vec(step(), 1..80)) {
        let mut bench = Bench::new();
        for step in &steps {
            bench.step(step);
            bench.check();
        }
        let counts = bench.shard.take_counts();
        prop_assert_eq!((counts.delivered, counts.slow), (bench.delivered, bench.slow));
    }
}
