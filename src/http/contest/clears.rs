//! Points out of sight, and back.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::measurement::{Category, Lane, RunId, Scope};

use super::asked::Asked;
use super::call::{Told, made, ok};
use super::fault::Fault;

/// What is to be cleared. A part that its scope does not have is refused: it would clear more than meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClear {
    scope: Word,
    session_id: Option<RunId>,
    laptop_id: Option<Lane>,
    category: Option<Category>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Run,
    Lane,
    All,
}

#[derive(Serialize)]
struct Cleared {
    clear_id: i64,
    points: u64,
    sessions_stopped: u64,
    until_ms: i64,
}

#[derive(Serialize)]
struct Undone {
    clear_id: i64,
    points: u64,
}

impl NewClear {
    fn scope(self) -> Result<Scope, Fault> {
        let Self { scope, session_id, laptop_id, category } = self;
        match (scope, session_id, laptop_id, category) {
            (Word::Run, Some(session_id), None, None) => Ok(Scope::Run { session_id }),
            (Word::Lane, None, Some(laptop_id), category) => Ok(Scope::Lane { laptop_id, category }),
            (Word::All, None, None, None) => Ok(Scope::All),
            (Word::Run, ..) => Err(Fault::invalid("The scope run has session_id, and nothing else")),
            (Word::Lane, ..) => Err(Fault::invalid("The scope lane has laptop_id, and category if one is meant")),
            (Word::All, ..) => Err(Fault::invalid("The scope all has nothing else")),
        }
    }
}

pub(super) async fn clear(asked: &Asked) -> Told {
    let scope = asked.json::<NewClear>()?.scope()?;
    let cleared = asked.contest.clear(scope).await.map_err(asked.not_done())?;
    made(&Cleared {
        clear_id: cleared.clear_id,
        points: cleared.points,
        sessions_stopped: cleared.sessions_stopped,
        until_ms: cleared.until_ms,
    })
}

pub(super) async fn undo(asked: &Asked) -> Told {
    let clear_id = asked.id()?.ok_or_else(|| Refusal::NotFound("a clear has a number".to_owned()))?;
    let points = asked.contest.undo(clear_id).await.map_err(asked.not_done())?;
    ok(&Undone { clear_id, points })
}
