//! What holds: for whoever may watch.

use crate::contest::{NotDone, RunTold, StateTold};
use crate::measurement::{State, Tally, TallyKey};

use super::answer::{Everything, RunList, Statistics, StatisticsList, told};
use super::asked::Asked;
use super::call::{Told, ok};
use super::fault::Fault;

impl Asked {
    /// What holds now.
    ///
    /// # Errors
    /// 503 when the contest does not answer.
    pub(super) async fn state(&self) -> Result<std::sync::Arc<State>, Fault> {
        self.contest.state().await.map_err(self.not_done())
    }

    /// What holds now, as pages are told.
    ///
    /// # Errors
    /// As `state`.
    pub(super) async fn state_told(&self) -> Result<StateTold, Fault> {
        let state = self.state().await?;
        Ok(StateTold::new(&state, &self.contest.now(), self.contest.run_length()))
    }

    /// Why the contest would not.
    pub(super) fn not_done(&self) -> impl FnOnce(NotDone) -> Fault {
        |not_done| Fault::not_done(&self.contest, &not_done)
    }
}

pub(super) async fn everything(asked: &Asked) -> Told {
    let lanes = asked.contest.lanes().await.map_err(asked.not_done())?;
    let state = asked.state().await?;
    let teams = told(&state);
    let state = StateTold::new(&state, &asked.contest.now(), asked.contest.run_length());
    ok(&Everything { state, teams, lanes })
}

pub(super) async fn lanes(asked: &Asked) -> Told {
    ok(&asked.contest.lanes().await.map_err(asked.not_done())?)
}

pub(super) async fn runs(asked: &Asked) -> Told {
    let (category, frequency) = (asked.query.category()?, asked.query.frequency()?);
    let state = asked.state().await?;
    let (now, length) = (asked.contest.now(), asked.contest.run_length());
    let wanted = state.runs.values().filter(|run| {
        category.is_none_or(|category| category == run.category)
            && frequency.is_none_or(|frequency| frequency == run.frequency)
    });
    ok(&RunList { sessions: wanted.map(|run| RunTold::new(run, &now, length)).collect() })
}

pub(super) async fn statistics(asked: &Asked) -> Told {
    let (run, category, lanes) = (asked.query.run()?, asked.query.category()?, asked.query.lanes()?);
    let state = asked.state().await?;
    let wanted = state.tallies.iter().filter(|(key, _)| {
        (run.is_none() || run == key.run)
            && category.is_none_or(|category| category == key.category)
            && (lanes.is_empty() || lanes.contains(&key.lane))
    });
    ok(&StatisticsList { statistics: wanted.map(|(key, tally)| of(&state, key, tally)).collect() })
}

fn of(state: &State, key: &TallyKey, tally: &Tally) -> Statistics {
    Statistics {
        session_id: key.run,
        category: key.category,
        frequency: key.run.and_then(|run| state.runs.get(&run)).map(|run| run.frequency),
        laptop_id: key.lane,
        count: tally.count,
        max_dista: tally.max_dista,
        max_distb: tally.max_distb,
        avg_dista: tally.avg_dista(),
        avg_distb: tally.avg_distb(),
    }
}
