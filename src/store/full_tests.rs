//! A disk without room, as SQLite sees it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::database::Database;
use super::writer::Writer;
use super::{Journal, Progress, Seq};
use crate::config;
use crate::measurement::{Category, Entry, Lane, Point};

fn point(serial: i64) -> Entry {
    let point = Point {
        serial,
        run: None,
        lane: Lane::try_from(1).unwrap(),
        category: Category::Baja,
        frequency: None,
        dista: 1.5,
        distb: -2.5,
        is_a_detected: true,
        is_b_detected: false,
        relative_ms: None,
        at_ms: serial,
    };
    Entry::Point { point, mark: None }
}

/// Writes until the disk is full or all is there; how it stands then.
async fn write(config: &config::Store, pragma: &str, kept: Seq) -> Progress {
    let opened = Journal::open(&config.folder, 1 << 24).unwrap();
    let (progress, mut followed) = watch::channel(Progress::default());
    let (_keeping, kept_by) = watch::channel(kept);
    let (ending, until) = watch::channel(None);
    let writer = Writer {
        database: Database::of(config, &config.folder).unwrap().telling(pragma),
        folder: config.folder.clone(),
        journal: "journal".to_owned(),
        state: Arc::new((*opened.state).clone()),
        kept: kept_by,
        progress,
        ending: until,
    };
    let is_settled = |progress: &Progress| progress.away.is_some() || progress.applied == kept;
    let waiting = async {
        let progress = timeout(Duration::from_secs(60), followed.wait_for(is_settled)).await.unwrap().unwrap().clone();
        ending.send_replace(Some(Instant::now()));
        progress
    };
    let (progress, ()) = tokio::join!(waiting, writer.run());
    progress
}

#[tokio::test]
async fn a_full_disk_keeps_what_is_there_and_goes_on_with_room() {
    let folder = std::env::temp_dir().join(format!("saluran-full-{}", std::process::id()));
    let config = config::Store { folder: folder.clone(), ..config::Store::default() };
    fs::create_dir_all(&folder).unwrap();
    let mut opened = Journal::open(&folder, 1 << 24).unwrap();
    opened.journal.append(&(1..=5000).map(point).collect::<Vec<_>>()).unwrap();
    drop(opened);
    let full = write(&config, "PRAGMA max_page_count = 60;", 5000).await;
    assert_eq!(full.away.as_deref(), Some("database or disk is full"));
    assert!(full.applied < 5000, "{full:?}");
    let done = write(&config, "", 5000).await;
    assert_eq!((done.applied, done.away), (5000, None));
    fs::remove_dir_all(&folder).unwrap();
}
