//! Statistics that grow point by point, never recomputed.

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::lane::Lane;
use super::point::Point;
use super::run::RunId;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TallyKey {
    /// The run; `None` for points in free mode.
    pub run: Option<RunId>,
    /// The category.
    pub category: Category,
    /// The lane.
    pub lane: Lane,
}

impl TallyKey {
    /// Where a point is counted.
    #[must_use]
    pub const fn of(point: &Point) -> Self {
        Self { run: point.run, category: point.category, lane: point.lane }
    }
}

/// Count, greatest and sum of magnitudes, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Points.
    pub count: u64,
    /// Greatest |dista|.
    pub max_dista: f64,
    /// Greatest |distb|.
    pub max_distb: f64,
    sum_dista: f64,
    sum_distb: f64,
}

impl Tally {
    /// Mean |dista|; 0 without points.
    #[must_use]
    pub fn avg_dista(&self) -> f64 {
        self.mean(self.sum_dista)
    }

    /// Mean |distb|; 0 without points.
    #[must_use]
    pub fn avg_distb(&self) -> f64 {
        self.mean(self.sum_distb)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    fn mean(&self, sum: f64) -> f64 {
        if self.count == 0 { 0.0 } else { sum / self.count as f64 }
    }

    /// Takes a point in.
    pub fn add(&mut self, point: &Point) {
        let (a, b) = (point.dista.abs(), point.distb.abs());
        self.count += 1;
        self.max_dista = self.max_dista.max(a);
        self.max_distb = self.max_distb.max(b);
        self.sum_dista += a;
        self.sum_distb += b;
    }

    /// Takes another's points in.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.max_dista = self.max_dista.max(other.max_dista);
        self.max_distb = self.max_distb.max(other.max_distb);
        self.sum_dista += other.sum_dista;
        self.sum_distb += other.sum_distb;
    }
}
