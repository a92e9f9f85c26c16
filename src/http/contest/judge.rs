//! What a judge does.

use serde::Deserialize;

use crate::contest::{Replace, RunTold};
use crate::measurement::{Category, EndedBy, Frequency, Run, RunId};

use super::asked::Asked;
use super::call::{Told, made, ok};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRun {
    category: Category,
    frequency: Frequency,
    #[serde(default)]
    replace: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StopRun {
    #[serde(default)]
    collapsed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Realtime {
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    frozen: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Selection {
    category: Category,
    frequency: Option<Frequency>,
}

pub(super) async fn start(asked: &Asked) -> Told {
    let NewRun { category, frequency, replace } = asked.json()?;
    let replace = if replace { Replace::Yes } else { Replace::No };
    let run = asked.contest.start(category, frequency, replace).await.map_err(asked.not_done())?;
    made(&told(asked, &run))
}

pub(super) async fn stop(asked: &Asked) -> Told {
    let run = asked.id()?.map(RunId);
    let StopRun { collapsed } = asked.json_or_nothing()?;
    let by = if collapsed { EndedBy::Collapse } else { EndedBy::Judge };
    let run = asked.contest.stop(run, by).await.map_err(asked.not_done())?;
    ok(&told(asked, &run))
}

pub(super) async fn realtime(asked: &Asked) -> Told {
    let Realtime { enabled } = asked.json()?;
    asked.contest.realtime(enabled, None).await.map_err(asked.not_done())?;
    ok(&asked.state_told().await?)
}

pub(super) async fn freeze(asked: &Asked) -> Told {
    let Frozen { frozen } = asked.json()?;
    asked.contest.freeze(frozen).await.map_err(asked.not_done())?;
    ok(&asked.state_told().await?)
}

pub(super) async fn select(asked: &Asked) -> Told {
    let Selection { category, frequency } = asked.json()?;
    asked.contest.select(category, frequency).await.map_err(asked.not_done())?;
    ok(&asked.state_told().await?)
}

fn told(asked: &Asked, run: &Run) -> RunTold {
    RunTold::new(run, &asked.contest.now(), asked.contest.run_length())
}
