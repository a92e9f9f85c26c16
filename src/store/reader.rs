//! Reading points back.

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::measurement::{Page, Point, PointFilter, Serial};

use super::unreadable::Unreadable;

/// The way to the database for those who read; cheap to clone, for every thread.
#[derive(Debug, Clone)]
pub struct Reader {}

/// Points of an export, a page at a time; nothing more is read than is taken.
#[derive(Debug)]
pub struct PointStream(mpsc::Receiver<Result<Vec<Point>, Unreadable>>);

impl PointStream {
    /// The next points; `None` at the end.
    ///
    /// # Errors
    /// When the database went away in the middle; then nothing follows.
    pub async fn next(&mut self) -> Result<Option<Vec<Point>>, Unreadable> {
        self.0.recv().await.transpose()
    }
}

impl Reader {
    /// Points by arrival, with `after < serial < before`, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn page(&self, _: PointFilter, _: Serial, _: Serial, _: usize) -> Result<Page, Unreadable> {
        Err(Unreadable::Busy)
    }

    /// All points of a filter, in its order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn stream(&self, _: PointFilter) -> Result<PointStream, Unreadable> {
        Err(Unreadable::Busy)
    }

    /// Waits until the database has the entry of this number.
    ///
    /// # Errors
    /// `Behind` or `Away` when it has not by then.
    pub async fn caught_up(&self, _: u64, _: Instant) -> Result<(), Unreadable> {
        Err(Unreadable::Busy)
    }

    /// A sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn probe(&self) -> Result<(), Unreadable> {
        Err(Unreadable::Busy)
    }
}
