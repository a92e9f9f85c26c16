//! A key set at a URL: read when a token needs it, kept while it cannot be had.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::error::Error;
use super::jwks::KeySet;
use super::keeper::{Fetched, Keeper};

/// Time between two attempts to get a set because of a `kid` that it does not have: whoever invents
/// key ids does not make us ask more often.
const GAP: Duration = Duration::from_secs(10);

/// Time between two attempts to get a set while there is none.
const RETRY: Duration = Duration::from_secs(1);

const UNAVAILABLE: Error = Error::Unavailable("its issuer's keys cannot be had");

/// A key set at a URL; one request at a time, whose answer everybody shares.
pub(super) struct Remote {
    url: String,
    refresh: Duration,
    patience: Duration,
    algorithm: Algorithm,
    keeper: Keeper,
    held: watch::Sender<Held>,
}

#[derive(Default)]
struct Held {
    /// The last sound set that came, and when; none before the first.
    keys: Option<(Arc<KeySet>, Instant)>,
    /// Whether the last attempt brought no sound set.
    has_failed: bool,
    /// When it was asked for last; by a clock that nobody sets.
    asked_at: Option<Instant>,
    /// Whether the answer to that is still to come.
    is_pending: bool,
}

impl Held {
    /// Whether it is time to ask, when that is not done more often than every `gap`.
    fn is_due(&self, now: Instant, gap: Duration, patience: Duration) -> bool {
        // An answer that has not come within the patience never will.
        let gap = if self.is_pending { gap.max(patience) } else { gap };
        self.asked_at.is_none_or(|at| now.saturating_duration_since(at) >= gap)
    }
}

impl Remote {
    /// Nothing is asked before the first token comes. `times` are the age that a set may reach, and
    /// the time for one to arrive.
    pub(super) fn new(url: &str, times: (Duration, Duration), algorithm: Algorithm, keeper: &Keeper) -> Self {
        let (refresh, patience) = times;
        let held = watch::Sender::new(Held::default());
        Self { url: url.to_owned(), refresh: refresh.max(RETRY), patience, algorithm, keeper: keeper.clone(), held }
    }

    /// The key with this id.
    ///
    /// A set that has reached its age is read again first, so that a key that was withdrawn counts no
    /// longer; while that fails, the old set is gone on with. An unknown id waits for a new set.
    pub(super) async fn find(self: &Arc<Self>, kid: Option<&str>) -> Result<DecodingKey, Error> {
        let found = self.look(kid);
        let (is_old, has_failed) = self.condition();
        match &found {
            Ok(_) if !is_old => return found,
            Ok(_) if has_failed => {
                self.ask(GAP);
                return found;
            }
            Err(Error::UnknownKey) if !has_failed => self.ask(GAP),
            _ => self.ask(RETRY),
        }
        let mut news = self.held.subscribe();
        drop(timeout(self.patience, news.wait_for(|held| !held.is_pending)).await);
        match self.look(kid) {
            // A newer set may have it.
            Err(Error::UnknownKey) if self.condition().1 => Err(UNAVAILABLE),
            found => found,
        }
    }

    /// Whether the set has reached its age, and whether the last attempt to read it failed.
    fn condition(&self) -> (bool, bool) {
        let held = self.held.borrow();
        let is_old = held.keys.as_ref().is_some_and(|(_, read_at)| read_at.elapsed() >= self.refresh);
        (is_old, held.has_failed)
    }

    fn look(&self, kid: Option<&str>) -> Result<DecodingKey, Error> {
        let held = self.held.borrow();
        let (keys, _) = held.keys.as_ref().ok_or(UNAVAILABLE)?;
        keys.find(kid).cloned().ok_or(Error::UnknownKey)
    }

    /// Asks for the set, unless somebody has done so within the `gap`.
    fn ask(self: &Arc<Self>, gap: Duration) {
        let now = Instant::now();
        let mut is_due = false;
        self.held.send_if_modified(|held| {
            is_due = held.is_due(now, gap, self.patience);
            if is_due {
                // An attempt that is still pending by now has failed.
                held.has_failed |= held.is_pending;
                held.asked_at = Some(now);
                held.is_pending = true;
            }
            is_due
        });
        if is_due {
            let remote = self.clone();
            self.keeper.get_keys(&self.url, self.patience, move |fetched| remote.take(fetched));
        }
    }

    /// Goes on by what came, if it is a set with a key for us; or else by what is known.
    fn take(&self, fetched: Fetched) {
        let keys = match fetched {
            Ok(answer) if answer.status == 200 => {
                KeySet::parse(&answer.body, self.algorithm).ok_or_else(|| "no usable key".to_owned())
            }
            Ok(answer) => Err(format!("status {}", answer.status)),
            Err(unreachable) => Err(unreachable.to_string()),
        };
        match &keys {
            Ok(_) => tracing::debug!(url = self.url, "key set read"),
            Err(reason) => tracing::warn!(url = self.url, reason, "key set not read, going on with what is known"),
        }
        self.held.send_modify(|held| {
            held.is_pending = false;
            held.has_failed = keys.is_err();
            if let Ok(keys) = keys {
                held.keys = Some((Arc::new(keys), Instant::now()));
            }
        });
    }
}
