//! Who shook least.

use crate::measurement::{Category, Frequency, Lane, Run, RunId, State, Tally, TallyKey, Team};

/// How far a team came at a frequency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The run came to its end, or the judge ended it.
    Done,
    /// The run was ended because a model collapsed.
    Collapsed,
    /// There was a run, and the lane's camera saw nothing move in it.
    NoData,
    /// There was no run.
    NotDone,
}

impl Status {
    /// Of a run that is over.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        if run.collapsed() { Self::Collapsed } else { Self::Done }
    }

    /// As it stands in files.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Done => "Selesai",
            Self::Collapsed => "Roboh",
            Self::NoData => "Tanpa data",
            Self::NotDone => "Tidak dilakukan",
        }
    }
}

/// A team's result at a frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The frequency.
    pub frequency: Frequency,
    /// How far it came.
    pub status: Status,
    /// The run that counts.
    pub run: Option<RunId>,
    /// Its statistics on this lane.
    pub tally: Tally,
    /// Its place among the category's teams; equal ones share it.
    pub place: Option<usize>,
}

/// A team's results.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The team.
    pub team: Team,
    /// At each frequency, rising.
    pub scores: Vec<Score>,
    /// Frequencies at which it has a place.
    pub placed: usize,
    /// The sum of its greatest displacements there, in millimetres.
    pub total: f64,
    /// Its place in the category; `None` without any result.
    pub place: Option<usize>,
}

/// A category's teams, the best first.
///
/// At each frequency the last run that has points counts, for all teams. The team with the smallest
/// greatest |distb| is first. A greatest of 0 is a camera that never saw its marker and has no place.
/// What is compared has four decimals, as the files show it: equal numbers are equal places. Over all frequencies, more places come first, then the smaller total.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The category.
    pub category: Category,
    /// Its teams.
    pub standings: Vec<Standing>,
}

impl Ranking {
    /// As things stand.
    #[must_use]
    pub fn new(state: &State, category: Category) -> Self {
        let columns: Vec<Vec<Score>> =
            Frequency::ALL.into_iter().map(|frequency| column(state, category, frequency)).collect();
        let teams = state.teams.list().into_iter().filter(|team| team.category == category);
        let mut standings: Vec<Standing> = teams
            .map(|team| {
                let at = team.laptop_id.index();
                standing(team, columns.iter().filter_map(|column| column.get(at).copied()).collect())
            })
            .collect();
        standings.sort_by(|a, b| b.placed.cmp(&a.placed).then(a.total.total_cmp(&b.total)));
        let keys: Vec<_> = standings.iter().map(|standing| (standing.placed, standing.total)).collect();
        for standing in standings.iter_mut().filter(|standing| standing.placed > 0) {
            let better =
                |key: &&(usize, f64)| key.0 > standing.placed || key.0 == standing.placed && key.1 < standing.total;
            standing.place = Some(1 + keys.iter().filter(better).count());
        }
        Self { category, standings }
    }

    /// The teams at one frequency, the best first, those without a place last.
    #[must_use]
    pub fn at(&self, frequency: Frequency) -> Vec<(&Team, &Score)> {
        let score = |standing: &'_ Standing| standing.scores.iter().position(|score| score.frequency == frequency);
        let mut found: Vec<_> = self
            .standings
            .iter()
            .filter_map(|standing| Some((&standing.team, standing.scores.get(score(standing)?)?)))
            .collect();
        found.sort_by_key(|(team, score)| (score.place.unwrap_or(usize::MAX), team.laptop_id));
        found
    }
}

fn standing(team: Team, scores: Vec<Score>) -> Standing {
    let placed = scores.iter().filter(|score| score.place.is_some());
    let total = compared(placed.clone().map(|score| score.tally.max_distb).sum());
    Standing { team, placed: placed.count(), scores, total, place: None }
}

/// All lanes' results at a frequency, lanes rising.
fn column(state: &State, category: Category, frequency: Frequency) -> Vec<Score> {
    let tally = |run: &Run, lane| state.tallies.get(&TallyKey { run: Some(run.id), category, lane }).copied();
    let is_meant = |run: &&Run| run.category == category && run.frequency == frequency && !run.is_running();
    let has_points = |run: &&Run| Lane::all().any(|lane| tally(run, lane).is_some());
    let run = state.runs.values().rev().filter(is_meant).find(has_points);
    let was_run = state.runs.values().any(|run| is_meant(&run));
    let greatest: Vec<f64> =
        Lane::all().map(|lane| compared(run.and_then(|run| tally(run, lane)).unwrap_or_default().max_distb)).collect();
    let place = |of: f64| 1 + greatest.iter().filter(|&&other| other > 0.0 && other < of).count();
    let score = |lane| {
        let tally = run.and_then(|run| tally(run, lane)).unwrap_or_default();
        let max = compared(tally.max_distb);
        let is_placed = max > 0.0;
        let status = match run {
            Some(run) if is_placed => Status::of(run),
            None if !was_run => Status::NotDone,
            Some(_) | None => Status::NoData,
        };
        let place = is_placed.then(|| place(max));
        Score { frequency, status, run: run.map(|run| run.id), tally, place }
    };
    Lane::all().map(score).collect()
}

/// Millimetres with four decimals.
fn compared(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
