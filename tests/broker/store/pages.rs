//! Reading in pages.

use std::time::Duration;

use saluran::measurement::{Category, Entry, Lane, PointFilter, Sorting};
use saluran::store::Unreadable;

use super::{Kind, Place, point, run, run_point, taken};

async fn pages_join_without_gap_or_echo(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    let entries: Vec<Entry> = (1..=500).filter(|serial| serial % 7 != 0).map(|serial| taken(point(serial))).collect();
    rig.keep(&entries);
    rig.settle().await;
    let filter = PointFilter { lanes: vec![Lane::try_from(2).unwrap()], ..PointFilter::default() };
    let (mut after, mut serials) = (0, Vec::new());
    loop {
        let page = rig.reader().page(filter.clone(), after, 401, 7).await.unwrap();
        assert!(page.points.len() <= 7);
        serials.extend(page.points.iter().map(|point| point.serial));
        let Some(next) = page.next else { break };
        assert_eq!((page.points.len(), Some(&next)), (7, serials.last()));
        after = next;
    }
    let expected: Vec<i64> = (1..401).filter(|serial| serial % 7 != 0 && serial % 8 == 1).collect();
    assert_eq!(serials, expected);
    rig.reader().probe().await.unwrap();
}

#[tokio::test]
async fn pages_join_without_gap_or_echo_on_sqlite() {
    pages_join_without_gap_or_echo(Kind::Embedded).await;
}

#[tokio::test]
async fn pages_join_without_gap_or_echo_on_postgres() {
    pages_join_without_gap_or_echo(Kind::Postgres).await;
}

/// Many pages, points that share a time, and all orders.
async fn a_stream_is_complete_in_every_order(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    let run = run(1, Category::Beton);
    rig.keep(&[Entry::RunStarted { run: run.clone() }]);
    let mut points: Vec<_> = (1..=9000)
        .map(|serial| {
            let mut point = run_point(serial, &run, u32::try_from(serial % 50).unwrap());
            point.at_ms = 1_762_785_045_000 + serial % 90;
            point
        })
        .collect();
    for some in points.chunks(1000) {
        rig.keep(&some.iter().copied().map(taken).collect::<Vec<_>>());
    }
    rig.settle().await;
    let read = |sorting| rig.read(PointFilter { sorting, ..PointFilter::default() });
    assert_eq!(read(Sorting::Arrival).await.unwrap(), points);
    points.sort_by_key(|point| (point.at_ms, point.serial));
    assert_eq!(read(Sorting::Time).await.unwrap(), points);
    points.sort_by_key(|point| (point.lane, point.relative_ms, point.serial));
    assert_eq!(read(Sorting::Run).await.unwrap(), points);
}

#[tokio::test]
async fn a_stream_is_complete_in_every_order_on_sqlite() {
    a_stream_is_complete_in_every_order(Kind::Embedded).await;
}

#[tokio::test]
async fn a_stream_is_complete_in_every_order_on_postgres() {
    a_stream_is_complete_in_every_order(Kind::Postgres).await;
}

/// Whoever takes no pages costs a bounded amount, and neither the writer nor other readers wait for them.
async fn slow_readers_delay_nobody(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    let entries: Vec<Entry> = (1..=10_000).map(|serial| taken(point(serial))).collect();
    rig.keep(&entries);
    rig.settle().await;
    let mut slow = Vec::new();
    let refused = loop {
        match rig.reader().stream(PointFilter::default()).await {
            Ok(mut stream) => {
                stream.next().await.unwrap();
                slow.push(stream);
            }
            Err(reason) => break reason,
        }
        assert!(slow.len() < 1000, "exports are not bounded");
    };
    assert_eq!(refused, Unreadable::Busy);
    rig.keep(&[taken(point(10_001))]);
    tokio::time::timeout(Duration::from_secs(5), rig.settle()).await.expect("the writer does not wait");
    let page = rig.reader().page(PointFilter::default(), 10_000, i64::MAX, 5).await.unwrap();
    assert_eq!(page.points, [point(10_001)]);
    // One that comes back late still gets everything.
    let mut stream = slow.pop().unwrap();
    let mut count = 2000;
    while let Some(points) = stream.next().await.unwrap() {
        count += points.len();
    }
    assert!(count >= 10_000, "{count}");
}

#[tokio::test]
async fn slow_readers_delay_nobody_on_sqlite() {
    slow_readers_delay_nobody(Kind::Embedded).await;
}

#[tokio::test]
async fn slow_readers_delay_nobody_on_postgres() {
    slow_readers_delay_nobody(Kind::Postgres).await;
}

/// A stream that is cut off says so; it does not look like its end.
#[tokio::test]
async fn a_stream_that_is_cut_off_is_no_end() {
    let place = Place::new(Kind::Embedded).await;
    let mut rig = place.rig().await;
    rig.keep(&(1..=9000).map(|serial| taken(point(serial))).collect::<Vec<_>>());
    rig.settle().await;
    let mut stream = rig.reader().stream(PointFilter::default()).await.unwrap();
    stream.next().await.unwrap();
    rig.kill();
    let cut = loop {
        match stream.next().await {
            Ok(Some(_)) => {}
            outcome => break outcome,
        }
    };
    assert!(matches!(cut, Err(Unreadable::Away { .. })), "{cut:?}");
}
