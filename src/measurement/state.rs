//! What holds now: all entries so far, folded.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::clear::Clear;
use super::entry::Entry;
use super::frequency::Frequency;
use super::lane::Lane;
use super::mark::{Mark, Order, Seen};
use super::pairs;
use super::point::{Point, Serial};
use super::run::{Run, RunId};
use super::tally::{Tally, TallyKey};
use super::team::Teams;

/// Senders whose numbers are remembered; the one that was silent longest makes room.
const SENDERS: usize = 256;

/// Whether points are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Realtime {
    /// Whether they are.
    pub enabled: bool,
    /// The run that it was said for.
    pub session_id: Option<RunId>,
    /// When it was said, unix milliseconds.
    pub since_ms: Option<i64>,
}

/// What holds now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    /// Entries applied so far.
    pub applied: u64,
    /// Entries but points applied so far: what pages call the revision.
    pub revision: u64,
    /// Changes of the teams so far.
    pub teams_revision: u64,
    /// The last point's number.
    pub last_serial: Serial,
    /// The selected category; a run's while there is one.
    pub category: Category,
    /// The selected frequency.
    pub frequency: Frequency,
    /// Whether points are taken.
    pub realtime: Realtime,
    /// Whether pages stand still.
    pub frozen: bool,
    /// Who stands where.
    pub teams: Teams,
    /// All runs, by number.
    pub runs: BTreeMap<RunId, Run>,
    /// The run that goes on.
    pub current: Option<RunId>,
    /// The run that ended last.
    pub last: Option<RunId>,
    /// Clears that can still be undone.
    pub clears: Vec<Clear>,
    /// The last clear's number.
    pub last_clear: i64,
    /// Statistics of what is in sight.
    #[serde(with = "pairs")]
    pub tallies: BTreeMap<TallyKey, Tally>,
    #[serde(with = "pairs")]
    seen: HashMap<(Lane, Box<str>), Seen>,
}

impl State {
    /// The run that goes on.
    #[must_use]
    pub fn running(&self) -> Option<&Run> {
        self.runs.get(&self.current?)
    }

    /// The run that ended last.
    #[must_use]
    pub fn ended(&self) -> Option<&Run> {
        self.runs.get(&self.last?)
    }

    /// The number of the next run.
    #[must_use]
    pub fn next_run(&self) -> RunId {
        RunId(self.runs.last_key_value().map_or(1, |(id, _)| id.0 + 1))
    }

    /// Whether no clear hides this point.
    #[must_use]
    pub fn shows(&self, point: &Point) -> bool {
        self.hider(point).is_none()
    }

    /// The first clear that hides this point: when that one is purged, the point is gone.
    #[must_use]
    pub fn hider(&self, point: &Point) -> Option<i64> {
        self.clears.iter().find(|clear| clear.hides(point)).map(|clear| clear.id)
    }

    /// The clear of this number, while it can be undone.
    #[must_use]
    pub fn clear(&self, id: i64) -> Option<&Clear> {
        self.clears.iter().find(|clear| clear.id == id)
    }

    /// How a sender's number stands to those before it on this lane.
    #[must_use]
    pub fn order(&self, lane: Lane, mark: &Mark) -> Order {
        self.seen.get(&(lane, mark.sender.clone())).map_or(Order::Next, |seen| seen.order(mark.seq))
    }

    /// Numbers that known senders skipped on this lane.
    #[must_use]
    pub fn missing(&self, lane: Lane) -> u64 {
        self.seen.iter().filter(|((at, _), _)| *at == lane).map(|(_, seen)| seen.missing()).sum()
    }

    /// Lets an entry happen. The same entries in the same order always make the same state.
    pub fn apply(&mut self, entry: &Entry) {
        self.applied += 1;
        if !matches!(entry, Entry::Point { .. }) {
            self.revision += 1;
        }
        match entry {
            Entry::Point { point, mark } => self.take(point, mark.as_ref()),
            Entry::RunStarted { run } => {
                self.category = run.category;
                self.frequency = run.frequency;
                self.current = Some(run.id);
                self.runs.insert(run.id, run.clone());
            }
            Entry::RunStopped { run, stop } => {
                if let Some(run) = self.runs.get_mut(run) {
                    run.stop = Some(*stop);
                }
                self.current = self.current.filter(|current| current != run);
                self.last = Some(*run);
            }
            Entry::Realtime { enabled, session_id, at_ms } => {
                self.realtime = Realtime { enabled: *enabled, session_id: *session_id, since_ms: Some(*at_ms) };
            }
            Entry::Frozen { frozen } => self.frozen = *frozen,
            Entry::Selected { category, frequency } => {
                self.category = *category;
                self.frequency = *frequency;
            }
            Entry::Teams { teams } => {
                self.teams.rename(teams);
                self.teams_revision += 1;
            }
            Entry::Cleared { clear } => self.hide(clear),
            Entry::Undone { clear } => self.show_again(*clear),
            Entry::Purged { clear } => self.clears.retain(|kept| kept.id != *clear),
        }
    }

    fn take(&mut self, point: &Point, mark: Option<&Mark>) {
        self.last_serial = self.last_serial.max(point.serial);
        self.tallies.entry(TallyKey::of(point)).or_default().add(point);
        let Some(mark) = mark else { return };
        let key = (point.lane, mark.sender.clone());
        let applied = self.applied;
        match self.seen.get_mut(&key) {
            Some(seen) => seen.note(mark.seq),
            None => {
                if self.seen.len() >= SENDERS {
                    self.forget_a_sender();
                }
                self.seen.insert(key.clone(), Seen::new(mark.seq));
            }
        }
        if let Some(seen) = self.seen.get_mut(&key) {
            seen.used = applied;
        }
    }

    fn forget_a_sender(&mut self) {
        let oldest = self.seen.iter().min_by_key(|(_, seen)| seen.used).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.seen.remove(&oldest);
        }
    }

    fn hide(&mut self, clear: &Clear) {
        let mut clear = clear.clone();
        let covered: Vec<TallyKey> = self.tallies.keys().filter(|key| clear.scope.covers(key)).copied().collect();
        for key in covered {
            let Some(tally) = self.tallies.remove(&key) else { continue };
            clear.taken.insert(key, tally);
            clear.points += tally.count;
        }
        self.last_clear = self.last_clear.max(clear.id);
        self.clears.push(clear);
    }

    fn show_again(&mut self, id: i64) {
        let Some(at) = self.clears.iter().position(|clear| clear.id == id) else { return };
        for (key, tally) in self.clears.remove(at).taken {
            // What a later clear covers too stays out of sight with that one.
            let later = self.clears.iter_mut().skip(at).find(|later| later.scope.covers(&key));
            let Some(later) = later else {
                self.tallies.entry(key).or_default().merge(&tally);
                continue;
            };
            later.points += tally.count;
            later.taken.entry(key).or_default().merge(&tally);
        }
    }
}
