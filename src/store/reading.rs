//! The one who reads for all: a bounded number of short reads at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AnyPool, AssertSqlSafe};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
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
                    let (told, pages) = mpsc::channel(1);
                    drop(reply.send(Ok(PointStream { pages, is_over: false })));
                    shelf.stream(&filter, told, permit).await;
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
        let mut points = self.read(filter, &Cursor::after(after), Some(before), limit.saturating_add(1)).await?;
        let has_more = points.len() > limit;
        points.truncate(limit);
        let next = has_more.then(|| points.last().map_or(after, |point| point.serial));
        Ok(Page { points, next })
    }

    async fn stream(
        &self,
        filter: &PointFilter,
        told: mpsc::Sender<Result<Told, Unreadable>>,
        _permit: OwnedSemaphorePermit,
    ) {
        let mut cursor = Cursor::START;
        loop {
            let page = self.read(filter, &cursor, None, PAGE).await;
            let is_last = page.as_ref().map_or(true, |points| points.len() < PAGE);
            let is_whole = page.is_ok();
            cursor = page.as_ref().ok().and_then(|points| points.last()).map_or(cursor, Cursor::behind);
            // Whoever exports is gone, or might as well be.
            let Ok(Ok(())) = timeout(TAKING, told.send(page.map(Told::Points))).await else { return };
            if is_last {
                if is_whole {
                    drop(timeout(TAKING, told.send(Ok(Told::End))).await);
                }
                return;
            }
        }
    }

    async fn read(
        &self,
        filter: &PointFilter,
        after: &Cursor,
        before: Option<Serial>,
        limit: usize,
    ) -> Result<Vec<Point>, Unreadable> {
        let permit = timeout(QUEUEING, self.reads.acquire()).await.map_err(|_| Unreadable::Busy)?;
        let sql = select(filter, after, before, limit);
        let reading = async {
            let mut connection = self.pool.acquire().await?;
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            let rows = query.fetch_all(&mut *connection).await?;
            rows.iter().map(point).collect::<Result<Vec<_>, Fault>>()
        };
        let points = timeout(PATIENCE, reading).await;
        drop(permit);
        points.unwrap_or_else(|_| Err(Fault::away("it does not answer in time"))).map_err(|fault| away(&fault))
    }

    async fn probe(&self) -> Result<(), Unreadable> {
        let permit = timeout(QUEUEING, self.reads.acquire()).await.map_err(|_| Unreadable::Busy)?;
        let asking = sqlx::query("SELECT applied FROM contest WHERE id = 1").fetch_one(&self.pool);
        let answer = timeout(PATIENCE, asking).await;
        drop(permit);
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
