//! Objects that are answered and that nobody else tells.

use serde::Serialize;

use crate::contest::{Lanes, RunTold, StateTold};
use crate::measurement::{Category, Frequency, Lane, RunId, State, Team};

#[derive(Serialize)]
pub(super) struct Everything {
    pub(super) state: StateTold,
    pub(super) teams: Vec<TeamTold>,
    pub(super) lanes: Lanes,
}

#[derive(Serialize)]
pub(super) struct TeamTold {
    laptop_id: Lane,
    category: Category,
    nama_tim: Box<str>,
    alias: String,
}

impl From<Team> for TeamTold {
    fn from(team: Team) -> Self {
        let alias = team.alias();
        Self { laptop_id: team.laptop_id, category: team.category, nama_tim: team.nama_tim, alias }
    }
}

#[derive(Serialize)]
pub(super) struct TeamList {
    revision: u64,
    teams: Vec<TeamTold>,
}

impl TeamList {
    pub(super) fn new(state: &State) -> Self {
        Self { revision: state.teams_revision, teams: told(state) }
    }
}

/// All sixteen teams.
pub(super) fn told(state: &State) -> Vec<TeamTold> {
    state.teams.list().into_iter().map(TeamTold::from).collect()
}

#[derive(Serialize)]
pub(super) struct RunList {
    pub(super) sessions: Vec<RunTold>,
}

#[derive(Serialize)]
pub(super) struct StatisticsList {
    pub(super) statistics: Vec<Statistics>,
}

/// Of |x|, in millimetres.
#[derive(Serialize)]
pub(super) struct Statistics {
    pub(super) session_id: Option<RunId>,
    pub(super) category: Category,
    pub(super) frequency: Option<Frequency>,
    pub(super) laptop_id: Lane,
    pub(super) count: u64,
    pub(super) max_dista: f64,
    pub(super) max_distb: f64,
    pub(super) avg_dista: f64,
    pub(super) avg_distb: f64,
}
