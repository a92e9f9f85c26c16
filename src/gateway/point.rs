//! A camera's point, whichever way it came: keys, then the contest's one rule.

use serde_json::{Map, Value};

use crate::contest::{Accepted, Mode, NotTaken, Origin};
use crate::measurement::{InvalidReading, Lane, Reading};

use super::peer::Peer;
use super::shared::Shared;

/// What may become of a point, as it stands in metrics.
pub(super) const RESULTS: [&str; 9] =
    ["recording", "free", "duplicate", "invalid", "realtime_off", "too_late", "store_full", "busy", "key"];

/// Why a point was not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Refused {
    /// The contest said no.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// The key is missing, or another's.
    #[error("lane {0} has a key: send it as \"key\", as ?key= of the URL or as header X-Lane-Key")]
    Key(Lane),
}

impl Refused {
    /// A word for programs.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::NotTaken(why) => why.reason(),
            Self::Key(_) => "key",
        }
    }
}

impl From<InvalidReading> for Refused {
    fn from(why: InvalidReading) -> Self {
        Self::NotTaken(why.into())
    }
}

/// Takes a camera's point, counts it and logs it.
///
/// # Errors
/// Why it was not taken.
pub(super) async fn take(
    shared: &Shared,
    peer: &Peer,
    fields: &Map<String, Value>,
    origin: Origin,
) -> Result<Accepted, Refused> {
    let reading = Reading::parse(fields);
    let lane = reading.as_ref().ok().map(|reading| reading.lane);
    let taken = match reading {
        Err(why) => Err(why.into()),
        Ok(reading) => submit(shared, peer, (reading, fields), origin).await,
    };
    if let Err(refused) = &taken {
        turned_away(shared, fields, refused);
    }
    note(shared, lane, &taken);
    taken
}

/// Lets a lane tell of a point that names it and that the contest's rule has not seen.
pub(super) fn turned_away(shared: &Shared, fields: &Map<String, Value>, refused: &Refused) {
    if matches!(refused, Refused::Key(_) | Refused::NotTaken(NotTaken::Invalid(_)))
        && let Some(lane) = Reading::lane_of(fields)
    {
        shared.parts.contest.turned_away(lane, refused.reason());
    }
}

/// Counts and logs what became of a point.
pub(super) fn note(shared: &Shared, lane: Option<Lane>, taken: &Result<Accepted, Refused>) {
    shared.parts.metrics.point(match taken {
        Ok(accepted) if accepted.is_duplicate => "duplicate",
        Ok(accepted) if accepted.mode == Mode::Recording => "recording",
        Ok(_) => "free",
        Err(refused) => refused.reason(),
    });
    shared.logbook.borrow_mut().note(lane, taken, shared.parts.contest.listeners());
}

async fn submit(
    shared: &Shared,
    peer: &Peer,
    (reading, fields): (Reading, &Map<String, Value>),
    origin: Origin,
) -> Result<Accepted, Refused> {
    let key = fields.get("key").and_then(Value::as_str);
    if !peer.may_send(reading.lane, key, &shared.parts.config) {
        return Err(Refused::Key(reading.lane));
    }
    Ok(shared.parts.contest.submit(reading, origin).await?)
}
