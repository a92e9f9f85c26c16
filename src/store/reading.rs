//! The one who reads for all: a bounded number of short reads at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AnyPool, AssertSqlSafe};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::measurement::{Page, Point, PointFilter, Serial};

use super::database::READS;
use super::fault::Fault;
use super::reader::{PointStream, Request, Told};
use super::select::{Cursor, point, select};
use super::unreadable::Unreadable;

/// Points of a page of an export.
const PAGE: usize = 2000;

/// Pages that are read or wait for it; more are refused at once.
const PAGES: usize = 32;

/// Exports that go on; more are refused at once.
const STREAMS: usize = 32;

/// Time for one of the reads that go on to end, so that another may begin.
const QUEUEING: Duration = Duration::from_secs(3);

/// The same for the next page of an export. Whoever has a part of it cannot be told to come back, and it is worth the
/// wait for all who read at the time.
const GOING_ON: Duration = Duration::from_secs(60);

/// Time for a read.
const PATIENCE: Duration = Duration::from_secs(10);

/// Time for whoever exports to take a page; then the export is cut off.
const TAKING: Duration = Duration::from_secs(600);

/// Answers what is asked, until all who could ask are gone.
pub(super) async fn serve(pool: AnyPool, mut requests: mpsc::Receiver<Request>) {
    let shelf = Shelf { pool, reads: Arc::new(Semaphore::new(READS as usize)) };
    let (pages, streams) = (Arc::new(Semaphore::new(PAGES)), Arc::new(Semaphore::new(STREAMS)));
    let mut tasks = JoinSet::new();
    loop {
        // Both may be asked again at any time.
        let request = tokio::select! {
            request = requests.recv() => request,
            Some(_) = tasks.join_next() => continue,
        };
        let shelf = shelf.clone();
        // An answer that nobody waits for any more is no loss.
        match request {
            Some(Request::Page(filter, between, limit, reply)) => match pages.clone().try_acquire_owned() {
                Ok(permit) => drop(tasks.spawn(async move {
                    drop(reply.send(shelf.page(&filter, between, limit).await));
                    drop(permit);
                })),
                Err(_) => drop(reply.send(Err(Unreadable::Busy))),
            },
            Some(Request::Stream(filter, reply)) => match streams.clone().try_acquire_owned() {
                Ok(permit) => drop(tasks.spawn(async move {
                    shelf.stream(&filter, reply).await;
                    drop(permit);
                })),
                Err(_) => drop(reply.send(Err(Unreadable::Busy))),
            },
            Some(Request::Probe(reply)) => drop(tasks.spawn(async move {
                drop(reply.send(shelf.probe().await));
            })),
            None => break,
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Where points are read.
#[derive(Clone)]
struct Shelf {
    pool: AnyPool,
    reads: Arc<Semaphore>,
}

impl Shelf {
    async fn page(
        &self,
        filter: &PointFilter,
        (after, before): (Serial, Serial),
        limit: usize,
    ) -> Result<Page, Unreadable> {
        let sql = select(filter, &Cursor::after(after), Some(before), limit.saturating_add(1));
        let mut points = self.read(self.turn(QUEUEING).await?, sql).await?;
        let has_more = points.len() > limit;
        points.truncate(limit);
        let next = has_more.then(|| points.last().map_or(after, |point| point.serial));
        Ok(Page { points, next })
    }

    /// Begins an export when there is a first page to begin it with, so that whoever cannot have it is told before.
    async fn stream(&self, filter: &PointFilter, reply: oneshot::Sender<Result<PointStream, Unreadable>>) {
        let mut page = match self.export(filter, &Cursor::START, QUEUEING).await {
            Ok(page) => page,
            Err(error) => return drop(reply.send(Err(error))),
        };
        let (told, pages) = mpsc::channel(1);
        drop(reply.send(Ok(PointStream { pages, is_over: false })));
        loop {
            let next = (page.len() == PAGE).then(|| page.last().map(Cursor::behind)).flatten();
            // Whoever exports is gone, or might as well be.
            let Ok(Ok(())) = timeout(TAKING, told.send(Ok(Told::Points(page)))).await else { return };
            let next = match next {
                Some(cursor) => self.export(filter, &cursor, GOING_ON).await,
                None => return drop(timeout(TAKING, told.send(Ok(Told::End))).await),
            };
            page = match next {
                Ok(page) => page,
                Err(error) => return drop(timeout(TAKING, told.send(Err(error))).await),
            };
        }
    }

    async fn export(&self, filter: &PointFilter, after: &Cursor, patience: Duration) -> Result<Vec<Point>, Unreadable> {
        let turn = self.turn(patience).await?;
        self.read(turn, select(filter, after, None, PAGE)).await
    }

    /// Waits until one more may read.
    async fn turn(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Unreadable> {
        let turn = timeout(patience, self.reads.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(Unreadable::Busy)
    }

    async fn read(&self, turn: SemaphorePermit<'_>, sql: String) -> Result<Vec<Point>, Unreadable> {
        let reading = async {
            let mut connection = self.pool.acquire().await?;
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            let rows = query.fetch_all(&mut *connection).await?;
            rows.iter().map(point).collect::<Result<Vec<_>, Fault>>()
        };
        let points = timeout(PATIENCE, reading).await;
        drop(turn);
        points.unwrap_or_else(|_| Err(Fault::away("it does not answer in time"))).map_err(|fault| away(&fault))
    }

    async fn probe(&self) -> Result<(), Unreadable> {
        let turn = self.turn(QUEUEING).await?;
        let asking = sqlx::query("SELECT applied FROM contest WHERE id = 1").fetch_one(&self.pool);
        let answer = timeout(PATIENCE, asking).await;
        drop(turn);
        match answer {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(away(&error.into())),
            Err(_) => Err(away(&Fault::away("it does not answer in time"))),
        }
    }
}

fn away(fault: &Fault) -> Unreadable {
    Unreadable::Away { reason: fault.reason() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_export_that_cannot_begin_is_refused_and_not_cut_off() {
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect_lazy("sqlite::memory:").unwrap();
        let shelf = Shelf { pool, reads: Arc::new(Semaphore::new(0)) };
        let (reply, answer) = oneshot::channel();
        shelf.stream(&PointFilter::default(), reply).await;
        assert!(matches!(answer.await, Ok(Err(Unreadable::Busy))));
    }
}
