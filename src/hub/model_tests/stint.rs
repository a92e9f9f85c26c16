//! One subscription as the subscriber heard it, and what it must have heard.

use std::collections::BTreeMap;

use super::heard::Heard;

/// Events that publishers were told to be accepted, in that order.
#[derive(Debug, Default)]
pub(super) struct Log(pub(super) Vec<Accepted>);

#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
    pub(super) publisher: usize,
    pub(super) channel: usize,
    pub(super) number: usize,
    /// The connection that does not get it.
    pub(super) except: Option<usize>,
}

/// Something that happened on a channel, once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Event(usize),
    /// A member came or went; the info tells one coming from the next.
    Member {
        came: bool,
        id: String,
        info: String,
    },
}

/// A subscription from its greeting to its end.
#[derive(Debug)]
pub(super) struct Stint {
    pub(super) channel: usize,
    pub(super) connection: usize,
    pub(super) is_live: bool,
    /// Events accepted when nothing was on its way any more, before it was asked for.
    pub(super) asked: usize,
    /// Events accepted when the connection learned that it was a subscriber.
    pub(super) granted: Option<usize>,
    is_cache: bool,
    /// On cache channels, the event that greeted it, or that there was none.
    greeted: Option<Option<usize>>,
    items: Vec<Item>,
    pub(super) roster: BTreeMap<String, String>,
    pub(super) count: Option<usize>,
}

impl Log {
    fn of(&self, number: usize) -> (usize, &Accepted) {
        let found = self.0.iter().enumerate().find(|(_, accepted)| accepted.number == number);
        found.unwrap_or_else(|| panic!("event {number} was refused, and delivered"))
    }

    fn publishers(&self, channel: usize) -> Vec<usize> {
        let mut publishers: Vec<_> = self.on(channel).map(|(_, accepted)| accepted.publisher).collect();
        publishers.sort_unstable();
        publishers.dedup();
        publishers
    }

    fn on(&self, channel: usize) -> impl Iterator<Item = (usize, &Accepted)> {
        self.0.iter().enumerate().filter(move |(_, accepted)| accepted.channel == channel)
    }
}

impl Stint {
    pub(super) fn new(channel: (usize, bool), connection: usize, asked: usize, roster: Vec<(String, String)>) -> Self {
        Self {
            channel: channel.0,
            connection,
            is_live: true,
            asked,
            granted: None,
            is_cache: channel.1,
            greeted: None,
            items: Vec::new(),
            roster: roster.into_iter().collect(),
            count: None,
        }
    }

    /// Takes the next message; members come when they are away and go when they are there.
    pub(super) fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Joined(_) => panic!("greeted twice"),
            Heard::Miss => assert_eq!(self.greet(None), None, "a miss at another time"),
            Heard::Event(number) => {
                if self.greet(Some(number)).is_some() {
                    self.items.push(Item::Event(number));
                }
            }
            Heard::Added(id, info) => {
                assert_eq!(self.roster.insert(id.clone(), info.clone()), None, "{id} came twice");
                self.items.push(Item::Member { came: true, id, info });
            }
            Heard::Removed(id) => {
                let info = self.roster.remove(&id).unwrap_or_else(|| panic!("{id} went twice"));
                self.items.push(Item::Member { came: false, id, info });
            }
            Heard::Count(count) => {
                assert!(self.count.is_none_or(|last| last.abs_diff(count) == 1), "{:?}, {count}", self.count);
                self.count = Some(count);
            }
        }
    }

    /// The first message on a cache channel is the greeting; gives back one that was before.
    fn greet(&mut self, event: Option<usize>) -> Option<Option<usize>> {
        if self.is_cache { self.greeted.replace(self.greeted.unwrap_or(event)) } else { Some(None) }
    }

    /// Nothing is on its way any more: of each publisher it heard all, from some event on.
    pub(super) fn check(&self, log: &Log) {
        assert!(!self.is_cache || self.greeted.is_some(), "no greeting");
        if self.greeted == Some(None) {
            let mut before = log.on(self.channel).filter(|(at, _)| *at < self.asked);
            assert!(before.next().is_none(), "a miss, although there is an event");
        }
        for publisher in log.publishers(self.channel) {
            self.check_publisher(log, publisher);
        }
    }

    fn check_publisher(&self, log: &Log, publisher: usize) {
        let heard: Vec<usize> = self
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Event(number) if log.of(*number).1.publisher == publisher => Some(*number),
                _ => None,
            })
            .collect();
        let meant: Vec<(usize, usize)> = log
            .on(self.channel)
            .filter(|(_, one)| one.publisher == publisher && one.except != Some(self.connection))
            .map(|(at, one)| (at, one.number))
            .collect();
        let first = match heard.first() {
            Some(first) => meant.iter().position(|(_, number)| number == first).expect("meant for it"),
            None if self.is_live => meant.len(),
            None => return,
        };
        let due: Vec<usize> = meant[first..].iter().map(|(_, number)| *number).collect();
        assert!(due.starts_with(&heard), "heard {heard:?} of {due:?}");
        assert!(!self.is_live || due == heard, "heard {heard:?} of {due:?}");
        let is_before = |at: usize| meant.iter().take_while(|(index, _)| *index < at).count();
        assert!(first >= is_before(self.asked), "an event from before");
        assert!(self.granted.is_none_or(|granted| first <= is_before(granted)), "missed the beginning of {meant:?}");
        if let Some(Some(number)) = self.greeted
            && log.of(number).1.publisher == publisher
        {
            assert_eq!(first, is_before(log.of(number).0 + 1), "not the newest event greeted it");
        }
    }

    /// Two subscribers of one channel hear the same from where the later one begins.
    pub(super) fn check_beside(&self, other: &Self, log: &Log) {
        if self.channel != other.channel {
            return;
        }
        let (mine, theirs) = (self.heard_by_both(other, log), other.heard_by_both(self, log));
        let common =
            mine.iter().enumerate().find_map(|(at, item)| Some((at, theirs.iter().position(|one| one == item)?)));
        let Some((at, there)) = common else {
            let both_to_the_end = self.is_live && other.is_live;
            assert!(!both_to_the_end || mine.is_empty() || theirs.is_empty(), "{mine:?} {theirs:?}");
            return;
        };
        assert!(at == 0 || there == 0, "{mine:?} {theirs:?}");
        let (mine, theirs) = (&mine[at..], &theirs[there..]);
        let length = mine.len().min(theirs.len());
        assert_eq!(mine[..length], theirs[..length]);
    }

    fn heard_by_both(&self, other: &Self, log: &Log) -> Vec<Item> {
        let is_meant = |item: &&Item| match item {
            Item::Event(number) => log.of(*number).1.except != Some(other.connection),
            Item::Member { .. } => true,
        };
        self.items.iter().filter(is_meant).cloned().collect()
    }
}
