//! What was sent, acknowledged and seen; the account at the end.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

/// What one watcher saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) times: HashMap<i64, Instant>,
    pub(super) duplicates: u64,
    /// Times that it lost its connection: then what it missed is no fault.
    pub(super) losses: u64,
}

/// The books of a simulation.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) sent: u64,
    pub(super) reconnects: u64,
    pub(super) refused: BTreeMap<String, u64>,
    /// Points that were sent again and had been safe all the time: they got no serial that we know.
    pub(super) repeated: u64,
    /// When the point that got a serial was sent, and when that was acknowledged.
    pub(super) acknowledged: HashMap<i64, (Instant, Instant)>,
    pub(super) watchers: Vec<Seen>,
}

/// The account, as it is printed with `--json`. Times are in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub(super) sent: u64,
    pub(super) acknowledged: usize,
    pub(super) refused: BTreeMap<String, u64>,
    /// Points whose acknowledgement was lost with a connection, and that were safe when they were sent again.
    pub(super) repeated: u64,
    pub(super) reconnects: u64,
    pub(super) watchers: usize,
    /// Points that an unbroken watcher did not see although they were acknowledged.
    pub(super) missing: usize,
    pub(super) duplicates: u64,
    pub(super) losses: u64,
    pub(super) acknowledgement: Times,
    pub(super) delivery: Times,
}

/// How long something took.
#[derive(Debug, Default, Serialize, PartialEq)]
pub(super) struct Times {
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Ledger {
    /// Points that are acknowledged and that an unbroken watcher has not seen; each counts for each watcher.
    pub(super) fn missing(&self) -> usize {
        let unbroken = self.watchers.iter().filter(|watcher| watcher.losses == 0);
        let is_unseen = |watcher: &Seen, serial| !watcher.times.contains_key(serial);
        unbroken.map(|watcher| self.acknowledged.keys().filter(|serial| is_unseen(watcher, serial)).count()).sum()
    }

    pub(super) fn account(&self) -> Account {
        let took = |serial: &i64, at: &Instant| {
            let (sent, _) = self.acknowledged.get(serial)?;
            Some(at.duration_since(*sent))
        };
        let seen = self.watchers.iter().flat_map(|watcher| watcher.times.iter());
        Account {
            sent: self.sent,
            acknowledged: self.acknowledged.len(),
            refused: self.refused.clone(),
            repeated: self.repeated,
            reconnects: self.reconnects,
            watchers: self.watchers.len(),
            missing: self.missing(),
            duplicates: self.watchers.iter().map(|watcher| watcher.duplicates).sum(),
            losses: self.watchers.iter().map(|watcher| watcher.losses).sum(),
            acknowledgement: Times::of(
                self.acknowledged.values().map(|(sent, acknowledged)| acknowledged.duration_since(*sent)).collect(),
            ),
            delivery: Times::of(seen.filter_map(|(serial, at)| took(serial, at)).collect()),
        }
    }
}

impl Times {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let at = |share: usize| {
            let place = (all.len() * share / 100).min(all.len().saturating_sub(1));
            all.get(place).map_or(0.0, |time| (time.as_secs_f64() * 100_000.0).round() / 100.0)
        };
        Self { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

impl Account {
    /// For people.
    pub(super) fn text(&self) -> String {
        let times = |what: &str, times: &Times| {
            let Times { p50, p95, p99, max } = times;
            format!("{what:<16}p50 {p50} ms, p95 {p95} ms, p99 {p99} ms, max {max} ms\n")
        };
        let refused: Vec<String> = self.refused.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let refused = if refused.is_empty() { "none".to_owned() } else { refused.join(", ") };
        let mut text = format!(
            "sent            {}\nacknowledged    {}\nrefused         {refused}\nreconnects      {}, {} of the points sent again were safe already\n",
            self.sent, self.acknowledged, self.reconnects, self.repeated
        );
        text += &times("acknowledgement", &self.acknowledgement);
        if self.watchers > 0 {
            text += &format!(
                "watchers        {}, missing {}, duplicates {}, lost connections {}\n",
                self.watchers, self.missing, self.duplicates, self.losses
            );
            text += &times("camera to page", &self.delivery);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_unbroken_watcher_did_not_see_is_missing() {
        let start = Instant::now();
        let mut ledger = Ledger { sent: 3, ..Ledger::default() };
        for serial in 1..=3 {
            ledger.acknowledged.insert(serial, (start, start + Duration::from_millis(1)));
        }
        let seen = |serials: &[i64], losses| Seen {
            times: serials.iter().map(|serial| (*serial, start + Duration::from_millis(4))).collect(),
            duplicates: 0,
            losses,
        };
        ledger.watchers = vec![seen(&[1, 2, 3], 0), seen(&[1, 2], 0), seen(&[], 1)];
        let account = ledger.account();
        assert_eq!((account.missing, account.acknowledged, account.losses), (1, 3, 1));
        assert_eq!(account.delivery, Times { p50: 4.0, p95: 4.0, p99: 4.0, max: 4.0 });
        assert!(account.text().contains("missing 1"));
    }
}
