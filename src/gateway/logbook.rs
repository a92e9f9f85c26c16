//! What the log says of points: at once when something changes, then in sums.
//!
//! The words are those that the users look for (domain reference, A6.4); a line for each point would
//! be 240 a second.

use std::time::Duration;

use tokio::time::Instant;

use crate::contest::Accepted;
use crate::measurement::{LANES, Lane, RunId};

use super::point::Refused;

/// Time that a sum covers.
const PERIOD: Duration = Duration::from_secs(10);

/// Time between two changes of one lane that are told; two cameras on a lane may disagree at each point.
const PAUSE: Duration = Duration::from_secs(1);

/// A page for each lane, and one for points without any.
#[derive(Debug)]
pub(super) struct Logbook(Vec<Page>);

/// What was not told yet of a lane.
#[derive(Debug, Default)]
struct Page {
    lane: Option<Lane>,
    told: Option<(Fate, Instant)>,
    sum: Sum,
}

#[derive(Debug, Default)]
struct Sum {
    since: Option<Instant>,
    received: u64,
    saved: u64,
    free: u64,
    refused: u64,
}

/// What became of a point, as far as the log tells points apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Saved(RunId),
    Free,
    Refused(&'static str),
}

impl Default for Logbook {
    fn default() -> Self {
        let page = |lane| Page { lane, ..Page::default() };
        Self(Lane::all().map(Some).chain([None]).map(page).collect())
    }
}

impl Logbook {
    /// Notes what became of a point; `clients` are those that listen.
    pub(super) fn note(&mut self, lane: Option<Lane>, taken: &Result<Accepted, Refused>, clients: usize) {
        let last = usize::from(LANES);
        let Some(page) = self.0.get_mut(lane.map_or(last, Lane::index)) else { return };
        let run = |accepted: &Accepted| accepted.point.as_ref().and_then(|point| point.run);
        let fate = match taken {
            // It was told when it came first.
            Ok(accepted) if accepted.is_duplicate => return,
            Ok(accepted) => run(accepted).map_or(Fate::Free, Fate::Saved),
            Err(refused) => Fate::Refused(refused.reason()),
        };
        page.note(fate, Instant::now(), clients);
    }

    /// Tells what a lane's points became that nobody has been told of; its camera has left.
    pub(super) fn finish(&mut self, lane: Lane, clients: usize) {
        if let Some(page) = self.0.get_mut(lane.index()) {
            page.sum_up(clients);
        }
    }
}

impl Page {
    fn note(&mut self, fate: Fate, now: Instant, clients: usize) {
        let since = *self.sum.since.get_or_insert(now);
        self.sum.received += 1;
        match fate {
            Fate::Saved(_) => self.sum.saved += 1,
            Fate::Free => self.sum.free += 1,
            Fate::Refused(_) => self.sum.refused += 1,
        }
        let is_news = match self.told {
            None => true,
            Some((told, at)) => told != fate && now.saturating_duration_since(at) >= PAUSE,
        };
        if is_news {
            self.told = Some((fate, now));
            self.tell(fate, clients);
        }
        if now.saturating_duration_since(since) >= PERIOD {
            self.sum_up(clients);
        }
    }

    fn tell(&self, fate: Fate, clients: usize) {
        let laptop_id = self.lane.map(Lane::number);
        match fate {
            Fate::Saved(run) => {
                tracing::info!(laptop_id, "Received camera_data");
                tracing::info!(session_id = run.0, laptop_id, "Data saved to DB");
                tracing::info!(laptop_id, clients, "Broadcasted enriched data");
            }
            Fate::Free => {
                tracing::info!(laptop_id, "Received camera_data");
                tracing::warn!(laptop_id, mode = "free", "Warning: Tidak ada session aktif");
                tracing::info!(laptop_id, clients, "Broadcasted enriched data");
            }
            Fate::Refused(reason) => tracing::warn!(laptop_id, reason, "Rejected camera_data"),
        }
    }

    fn sum_up(&mut self, clients: usize) {
        let laptop_id = self.lane.map(Lane::number);
        let Sum { received, saved, free, refused, since } = std::mem::take(&mut self.sum);
        if since.is_some() {
            tracing::info!(laptop_id, received, saved, free, refused, clients, "Received camera_data so far");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn changes_are_told_at_most_once_a_second_and_sums_are_complete() {
        let mut page = Page::default();
        let start = Instant::now();
        page.note(Fate::Free, start, 1);
        assert_eq!(page.told, Some((Fate::Free, start)));
        page.note(Fate::Refused("invalid"), start + PAUSE / 2, 1);
        assert_eq!(page.told, Some((Fate::Free, start)), "too soon");
        page.note(Fate::Saved(RunId(1)), start + PAUSE, 1);
        assert_eq!(page.told, Some((Fate::Saved(RunId(1)), start + PAUSE)));
        let Sum { received, saved, free, refused, .. } = &page.sum;
        assert_eq!((*received, *saved, *free, *refused), (3, 1, 1, 1));
        page.note(Fate::Saved(RunId(1)), start + PERIOD, 1);
        assert_eq!(page.sum.received, 0, "summed up");
    }
}
