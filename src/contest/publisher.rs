//! The contest's own events, on their way to pages.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::watch;

use crate::hub::Remote;
use crate::measurement::{Category, Lane};
use crate::protocol::{ChannelName, EventData, EventName};
use crate::rules::{self, Apps, Draft, Who};

use super::shared::Reign;

/// Characters that the names here stay below.
const NAME: usize = 200;

/// What runs are, and what is switched on.
pub const SESSION: &str = "private-session";

/// How lanes and store are.
pub const LANES: &str = "private-lanes";

/// Publishes as the first app, by what its channels are declared to be.
#[derive(Debug, Clone)]
pub(super) struct Publisher {
    remote: Remote,
    apps: watch::Receiver<Arc<Apps>>,
    /// Where several nodes share the contest: as long as this one owns it.
    reign: Option<Reign>,
}

/// The channel of a lane's points in a category.
#[must_use]
pub fn points_channel(category: Category, lane: Lane) -> String {
    format!("private-measurements.{category}.{lane}")
}

/// The category and lane whose points a channel carries.
#[must_use]
pub fn lane_of(channel: &str) -> Option<(Category, Lane)> {
    let (category, lane) = channel.strip_prefix("private-measurements.")?.split_once('.')?;
    Some((category.parse().ok()?, lane.parse().ok()?))
}

impl Publisher {
    pub(super) const fn new(remote: Remote, apps: watch::Receiver<Arc<Apps>>, reign: Option<Reign>) -> Self {
        Self { remote, apps, reign }
    }

    /// Publishes an event; one that cannot be is logged, for nobody else could do anything about it.
    pub(super) async fn publish(&self, channel: &str, event: &str, data: &impl Serialize) -> bool {
        if self.reign.as_ref().is_some_and(|reign| !reign.is_on()) {
            return false;
        }
        let json = serde_json::to_string(data).expect("what the contest tells is numbers and texts");
        // Pusher's data is a text.
        self.send(channel, event, &to_raw_value(&json).expect("a text is JSON")).await
    }

    async fn send(&self, channel: &str, event: &str, data: &RawValue) -> bool {
        let Some(app) = self.apps.borrow().first().cloned() else { return false };
        let (Ok(name), Ok(parsed)) = (EventName::from_publisher(event.into(), NAME), ChannelName::parse(channel, NAME))
        else {
            return false;
        };
        let publisher = rules::Publisher { who: Who { is_app: true, bearer: None }, connection: None };
        let draft = Draft { name, data: EventData::checked(data), except: None, sender: None, id: None };
        let publications = match rules::publish(&app, publisher, &draft, vec![parsed]) {
            Ok(publications) => publications,
            Err(breach) => {
                tracing::error!(%breach, channel, event, "the contest's own event was refused: check [[channel]]");
                return false;
            }
        };
        let sent = self.remote.publish(publications).await;
        if sent.is_err() {
            tracing::warn!(channel, event, "an event of the contest was not delivered: the workers are busy");
        }
        sent.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lanes_channel_names_category_and_lane() {
        let lane = Lane::try_from(3).unwrap();
        assert_eq!(lane_of(&points_channel(Category::Beton, lane)), Some((Category::Beton, lane)));
        for other in
            ["private-measurements.baja.9", "private-measurements.kayu.1", "private-session", "measurements.baja.1"]
        {
            assert_eq!(lane_of(other), None, "{other}");
        }
    }
}
