//! Points of cameras that publish by the HTTP API: the contest takes them, by the rule for all points.

use serde_json::Map;

use crate::contest::{Origin, Path, lane_of};
use crate::error::Refusal;
use crate::measurement::Reading;
use crate::rules::App;

use super::event::{Checked, Fields};
use super::state::State;

/// The event that carries a point.
const EVENT: &str = "new-data";

/// Takes the points of an event out of what is to be published; what remains is nobody's point.
///
/// # Errors
/// 422 when the data is no point of the channel's lane.
pub(super) fn take_out(
    state: &State,
    app: &App,
    fields: &Fields<'_>,
    checked: &mut Checked,
) -> Result<Option<Reading>, Refusal> {
    let is_here = state.contest.is_some() && state.apps.all().first().is_some_and(|first| first.index == app.index);
    if !is_here || fields.event_name()? != EVENT {
        return Ok(None);
    }
    let mut lane = None;
    checked.publications.retain(|publication| {
        let found = lane_of(publication.channel.name.as_str());
        lane = lane.or(found);
        found.is_none()
    });
    let Some((_, lane)) = lane else { return Ok(None) };
    let data: Map<_, _> = serde_json::from_str(&fields.data_text()?)
        .map_err(|_| Refusal::Unprocessable("Expected data to be the JSON object of a point".to_owned()))?;
    let reading = Reading::parse(&data).map_err(|reason| Refusal::Unprocessable(reason.to_string()))?;
    if reading.lane != lane {
        let text = format!("The point is of lane {}, the channel of lane {lane}", reading.lane);
        return Err(Refusal::Unprocessable(text));
    }
    Ok(Some(reading))
}

/// Has the contest take all of the points, or none.
///
/// # Errors
/// Why not.
pub(super) async fn submit(state: &State, readings: Vec<Reading>) -> Result<(), Refusal> {
    let Some(contest) = state.contest.as_ref().filter(|_| !readings.is_empty()) else { return Ok(()) };
    let taken = contest.submit_all(readings, Origin { path: Path::Trigger, client: None }).await;
    taken.map(drop).map_err(|(_, why)| Refusal::NotTaken {
        text: why.to_string(),
        reason: why.reason(),
        may_retry: why.may_retry(),
    })
}
