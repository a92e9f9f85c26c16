//! What the contest counts.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};

const POINTS: &str = "saluran_contest_points_total";
const JOURNAL: &str = "saluran_contest_journal_bytes";
const OWNER: &str = "saluran_contest_owner";
const BEHIND: &str = "saluran_contest_database_behind_entries";

/// Says what each metric means.
pub(super) fn describe() {
    describe_counter!(POINTS, Unit::Count, "Points that came, by result: stored, duplicate, or why they were refused");
    describe_gauge!(OWNER, Unit::Count, "1 at the node that owns the contest, where several share it, 0 at the others");
    describe_gauge!(JOURNAL, Unit::Bytes, "Size of the contest's journal");
    describe_gauge!(BEHIND, Unit::Count, "Changes in the journal that the database has not got yet");
}

/// What the contest's thread counts.
#[derive(Debug)]
pub struct ContestMetrics {
    /// Points that were kept.
    pub stored: Counter,
    /// Points that had come already.
    pub duplicates: Counter,
    /// Bytes of the journal.
    pub journal: Gauge,
    /// Changes that the database has not got yet.
    pub behind: Gauge,
    /// Whether this node owns the contest, where several share it.
    pub owner: Gauge,
}

impl ContestMetrics {
    /// Looks the handles up; on the thread that counts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            stored: counter!(POINTS, "result" => "stored"),
            duplicates: counter!(POINTS, "result" => "duplicate"),
            journal: gauge!(JOURNAL),
            behind: gauge!(BEHIND),
            owner: gauge!(OWNER),
        }
    }

    /// Counts a point that was refused.
    pub fn refused(&self, reason: &'static str) {
        counter!(POINTS, "result" => reason).increment(1);
    }
}

impl Default for ContestMetrics {
    fn default() -> Self {
        Self::new()
    }
}
