//! A measured point, as it is kept.

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::frequency::Frequency;
use super::lane::Lane;
use super::run::RunId;

/// A point's number among all; rises, with gaps.
pub type Serial = i64;

/// A measured point. Displacements are in millimetres, signed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its number.
    pub serial: Serial,
    /// The run it belongs to; `None` in free mode.
    pub run: Option<RunId>,
    /// Where it was measured.
    pub lane: Lane,
    /// Whose model: the run's category, or the one that was selected.
    pub category: Category,
    /// The run's frequency; `None` in free mode.
    pub frequency: Option<Frequency>,
    /// Displacement at floor 3.
    pub dista: f64,
    /// Displacement at floor 10, the top ("Puncak").
    pub distb: f64,
    /// Whether the marker at floor 3 was seen.
    pub is_a_detected: bool,
    /// Whether the marker at floor 10 was seen.
    pub is_b_detected: bool,
    /// Milliseconds since the run began; `None` in free mode.
    pub relative_ms: Option<u32>,
    /// When it was measured, unix milliseconds; within a run its clock's, which nobody sets.
    pub at_ms: i64,
}

impl Point {
    /// Both flags in one number: bit 0 for A, bit 1 for B.
    #[must_use]
    pub fn flags(&self) -> u8 {
        u8::from(self.is_a_detected) | u8::from(self.is_b_detected) << 1
    }
}
