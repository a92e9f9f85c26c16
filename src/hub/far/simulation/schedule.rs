//! What happens in one run, and when: all of it follows from the seed.

use super::dice::Dice;

pub(super) const MS: u64 = 1_000;
pub(super) const SECOND: u64 = 1_000 * MS;

/// A channel of the runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Whether subscribers are told their number.
    pub(super) counts: bool,
    pub(super) member_limit: usize,
}

pub(super) const CHANNELS: [Kind; 5] = [
    Kind { name: "plain", counts: true, member_limit: 0 },
    Kind { name: "quiet", counts: false, member_limit: 0 },
    Kind { name: "presence-small", counts: false, member_limit: 3 },
    Kind { name: "presence-cache-large", counts: false, member_limit: 100 },
    Kind { name: "cache-counting", counts: true, member_limit: 0 },
];

pub(super) const MEMBERS: usize = 5;
pub(super) const USERS: usize = 4;
/// Values of what tells retained events of a channel apart.
pub(super) const KEYS: usize = 4;

/// What a publisher wants of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// With one of these keys.
    pub(super) retain: Option<usize>,
    pub(super) history: bool,
    pub(super) cache: bool,
    pub(super) id: bool,
    /// Not for one of the connections of the node.
    pub(super) except: Option<usize>,
}

/// Which of a node's connections breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Both,
    Commands,
    News,
}

/// A step. Whose number is beyond what there is means one that there is.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Join {
        node: usize,
        channel: usize,
        member: usize,
    },
    Leave(usize),
    Publish {
        node: usize,
        channel: usize,
        wish: Wish,
    },
    /// One of the events that have an id once more.
    Retry {
        node: usize,
        event: usize,
    },
    SignIn {
        node: usize,
        user: usize,
    },
    SignOut(usize),
    Watch {
        node: usize,
    },
    Unwatch(usize),
    /// A node's way to Redis breaks and cannot be opened for a time.
    Break {
        node: usize,
        wire: Wire,
        ms: u64,
    },
    BreakAll {
        ms: u64,
    },
    /// Redis loses everything; with or without its connections.
    Empty {
        breaks: bool,
    },
    /// Another Redis goes on, which lacks the last of what the one before was told.
    FailOver {
        ms: u64,
    },
    /// A node is stopped; what is under way from it may take as long. It goes on after that, or dies.
    Pause {
        node: usize,
        ms: u64,
        stalls: bool,
        dies: bool,
    },
    /// Ends without a word; another one starts in its place.
    Kill {
        node: usize,
        ms: u64,
    },
    /// Lets its connections go elsewhere, then ends; another one starts in its place.
    Drain {
        node: usize,
    },
}

/// How slow things are, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// On each way.
    pub(super) delay: u64,
    /// Percent of ways that take a thousand times as long, at most two seconds.
    pub(super) slow: u64,
}

/// What may happen in a run besides what people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    /// Nothing.
    Calm,
    /// What members of a channel need not notice.
    Fair,
    /// Everything.
    Foul,
}

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    pub(super) nodes: usize,
    pub(super) pace: Pace,
    pub(super) weather: Weather,
    /// Each with its time.
    pub(super) steps: Vec<(u64, Action)>,
}

impl Schedule {
    /// When the last step is taken.
    pub(super) fn end(&self) -> u64 {
        self.steps.last().map_or(0, |(at, _)| *at)
    }

    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let nodes = 2 + dice.below(4);
        let step = [5 * MS, 50 * MS, 400 * MS][dice.below(3)];
        let delay = [MS, 5 * MS, 60 * MS][dice.below(3)];
        let pace = Pace { delay, slow: [0, 0, 2][dice.below(3)] };
        let weather = [Weather::Calm, Weather::Fair, Weather::Foul, Weather::Foul][dice.below(4)];
        let count = 20 + dice.below(60);
        let mut at = 2 * SECOND;
        let mut steps = Vec::with_capacity(count);
        for _ in 0..count {
            at += dice.within(0..2 * step);
            let is_fault = weather != Weather::Calm && dice.chance(12);
            let action = if is_fault { fault(&mut dice, nodes, weather) } else { step_of(&mut dice, nodes) };
            steps.push((at, action));
        }
        Self { seed, nodes, pace, weather, steps }
    }
}

fn step_of(dice: &mut Dice, nodes: usize) -> Action {
    let node = dice.below(nodes);
    let any = dice.below(1 << 16);
    match dice.below(100) {
        0..32 => Action::Join { node, channel: dice.below(CHANNELS.len()), member: dice.below(MEMBERS) },
        32..50 => Action::Leave(any),
        50..80 => Action::Publish { node, channel: dice.below(CHANNELS.len()), wish: wish(dice) },
        80..84 => Action::Retry { node, event: any },
        84..90 => Action::SignIn { node, user: dice.below(USERS) },
        90..95 => Action::SignOut(any),
        95..98 => Action::Watch { node },
        _ => Action::Unwatch(any),
    }
}

fn wish(dice: &mut Dice) -> Wish {
    let is_plain = dice.chance(50);
    let mut some = |percent| !is_plain && dice.chance(percent);
    let (retains, history, cache, id) = (some(40), some(60), some(50), some(30));
    Wish {
        retain: retains.then(|| dice.below(KEYS)),
        history,
        cache,
        id,
        except: dice.chance(15).then(|| dice.below(1 << 16)),
    }
}

fn fault(dice: &mut Dice, nodes: usize, weather: Weather) -> Action {
    let node = dice.below(nodes);
    if weather == Weather::Fair {
        let ms = [1, 300][dice.below(2)];
        return match dice.below(4) {
            0 => Action::Break { node, wire: Wire::Both, ms },
            1 => Action::BreakAll { ms },
            2 => Action::Empty { breaks: dice.chance(50) },
            _ => Action::Drain { node },
        };
    }
    let short = |dice: &mut Dice| [1, 300, 3_000, 20_000][dice.below(4)];
    match dice.below(100) {
        0..45 => {
            let wire = [Wire::Both, Wire::Both, Wire::Commands, Wire::News][dice.below(4)];
            Action::Break { node, wire, ms: short(dice) }
        }
        45..55 => Action::BreakAll { ms: short(dice) },
        55..61 => Action::Empty { breaks: dice.chance(50) },
        61..65 => Action::FailOver { ms: short(dice) },
        65..80 => Action::Pause {
            node,
            ms: [500, 5_000, 12_000, 30_000][dice.below(4)],
            stalls: dice.chance(50),
            dies: dice.chance(25),
        },
        80..92 => Action::Kill { node, ms: [200, 8_000, 20_000][dice.below(3)] },
        _ => Action::Drain { node },
    }
}
