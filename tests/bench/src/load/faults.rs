//! What went wrong with deliveries; anything but nothing fails a run.

use std::fmt;
use std::ops::AddAssign;

/// Counts of things that must not happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Deliveries that did not come.
    pub(crate) lost: u64,
    /// Deliveries that came again.
    pub(crate) duplicated: u64,
    /// Deliveries after one that must follow them, and subscribers that heard another order than others.
    pub(crate) disordered: u64,
    /// Deliveries to somebody they were not for, and texts that nobody asked for.
    pub(crate) strayed: u64,
    /// Requests that were not answered with 200.
    pub(crate) refused: u64,
    /// Connections that the server closed.
    pub(crate) closed: u64,
}

impl Faults {
    /// Each count with its name.
    pub(crate) fn named(&self) -> [(&'static str, u64); 6] {
        [
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("out of order", self.disordered),
            ("strayed", self.strayed),
            ("refused", self.refused),
            ("closed", self.closed),
        ]
    }

    /// Whether nothing went wrong.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.disordered += other.disordered;
        self.strayed += other.strayed;
        self.refused += other.refused;
        self.closed += other.closed;
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.named().into_iter().filter(|(_, count)| *count > 0);
        let texts: Vec<String> = counts.map(|(name, count)| format!("{count} {name}")).collect();
        f.write_str(if texts.is_empty() { "none" } else { "" })?;
        f.write_str(&texts.join(", "))
    }
}
