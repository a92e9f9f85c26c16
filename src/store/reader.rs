//! Reading points back.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::measurement::{Page, Point, PointFilter, Serial, Sorting};

use super::Seq;
use super::progress::Progress;
use super::unreadable::Unreadable;

/// Requests that wait to be looked at.
const WAITING: usize = 16;

/// Time for a request to be looked at.
const QUEUEING: Duration = Duration::from_secs(3);

/// Time for an answer; the reading ends a page sooner by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way to the database for those who read; cheap to clone, for every thread.
///
/// What is asked waits in a bounded queue; with that full, whoever asks is refused after a time.
#[derive(Debug, Clone)]
pub struct Reader {
    requests: mpsc::Sender<Request>,
    progress: watch::Receiver<Progress>,
}

/// What is asked of whoever reads.
#[derive(Debug)]
pub(super) enum Request {
    Page(PointFilter, (Serial, Serial), usize, oneshot::Sender<Result<Page, Unreadable>>),
    Stream(PointFilter, oneshot::Sender<Result<PointStream, Unreadable>>),
    Probe(oneshot::Sender<Result<(), Unreadable>>),
}

/// Points of an export, a page at a time; nothing more is read than is taken.
#[derive(Debug)]
pub struct PointStream {
    /// Closed without an end that was told, it was cut off.
    pub(super) pages: mpsc::Receiver<Result<Told, Unreadable>>,
    pub(super) is_over: bool,
}

/// What comes of an export.
#[derive(Debug)]
pub(super) enum Told {
    Points(Vec<Point>),
    End,
}

impl PointStream {
    /// The next points; `None` at the end.
    ///
    /// # Errors
    /// When the database went away in the middle; then nothing follows.
    pub async fn next(&mut self) -> Result<Option<Vec<Point>>, Unreadable> {
        if self.is_over {
            return Ok(None);
        }
        match self.pages.recv().await {
            Some(Ok(Told::Points(points))) => Ok(Some(points)),
            Some(Ok(Told::End)) => {
                self.is_over = true;
                Ok(None)
            }
            Some(Err(reason)) => {
                self.is_over = true;
                Err(reason)
            }
            None => {
                self.is_over = true;
                Err(Unreadable::Away { reason: "the reading was ended".to_owned() })
            }
        }
    }
}

impl Reader {
    /// A reader, and the end at which it is answered.
    pub(super) fn new(progress: watch::Receiver<Progress>) -> (Self, mpsc::Receiver<Request>) {
        let (requests, asked) = mpsc::channel(WAITING);
        (Self { requests, progress }, asked)
    }

    /// Points by arrival, with `after < serial < before`, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn page(
        &self,
        filter: PointFilter,
        after: Serial,
        before: Serial,
        limit: usize,
    ) -> Result<Page, Unreadable> {
        let filter = PointFilter { sorting: Sorting::Arrival, ..filter };
        self.ask(|reply| Request::Page(filter, (after, before), limit, reply)).await
    }

    /// All points of a filter, in its order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn stream(&self, filter: PointFilter) -> Result<PointStream, Unreadable> {
        self.ask(|reply| Request::Stream(filter, reply)).await
    }

    /// Waits until the database has the entry of this number.
    ///
    /// # Errors
    /// `Behind` or `Away` when it has not by then.
    pub async fn caught_up(&self, seq: Seq, deadline: Instant) -> Result<(), Unreadable> {
        let mut progress = self.progress.clone();
        let has_it = |progress: &Progress| progress.is_ready && progress.applied >= seq;
        if let Ok(Ok(_)) = timeout_at(deadline, progress.wait_for(has_it)).await {
            return Ok(());
        }
        let progress = self.progress.borrow();
        Err(match &progress.away {
            Some(reason) => Unreadable::Away { reason: reason.to_string() },
            None => Unreadable::Behind { behind: progress.behind(seq) },
        })
    }

    /// A sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn probe(&self) -> Result<(), Unreadable> {
        self.ask(Request::Probe).await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Unreadable>>) -> Request,
    ) -> Result<T, Unreadable> {
        let deadline = Instant::now() + PATIENCE;
        {
            let progress = self.progress.borrow();
            if !progress.is_ready {
                // Just started, or the database was never there.
                let starting = || "it is not ready yet".to_owned();
                let reason = progress.away.as_ref().map_or_else(starting, ToString::to_string);
                return Err(Unreadable::Away { reason });
            }
        }
        let (reply, answer) = oneshot::channel();
        let sent = timeout(QUEUEING, self.requests.send(request(reply))).await.map_err(|_| Unreadable::Busy)?;
        let gone = || Unreadable::Away { reason: "it is closed".to_owned() };
        sent.map_err(|_| gone())?;
        timeout_at(deadline, answer).await.map_err(|_| Unreadable::Busy)?.map_err(|_| gone())?
    }
}
