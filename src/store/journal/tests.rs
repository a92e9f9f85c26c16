//! The journal on a real disk: what was kept is there again, whatever happened in between.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;
use crate::measurement::{Category, Lane, Mark, Point};

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("saluran-journal-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

const ROOM: u64 = 16 * 1024 * 1024;

fn point(serial: i64) -> Entry {
    let lane = Lane::try_from(u8::try_from(serial % 8 + 1).expect("small")).expect("a lane");
    let point = Point {
        serial,
        run: None,
        lane,
        category: Category::Baja,
        frequency: None,
        dista: serial as f64 / 3.0,
        distb: -0.1 * serial as f64,
        is_a_detected: true,
        is_b_detected: false,
        relative_ms: None,
        at_ms: 1_700_000_000_000 + serial,
    };
    Entry::Point { point, mark: Some(Mark { sender: "s".into(), seq: serial.unsigned_abs() }) }
}

fn open(folder: &Folder) -> Opened {
    Journal::open(&folder.0, ROOM).expect("a usable folder")
}

fn keep(opened: &mut Opened, entries: &[Entry]) {
    opened.journal.append(entries).expect("there is room");
    let state = Arc::make_mut(&mut opened.state);
    entries.iter().for_each(|entry| state.apply(entry));
}

fn segments(folder: &Folder) -> Vec<Seq> {
    segment::list(&folder.0).expect("a journal")
}

#[test]
fn what_was_kept_holds_again_without_a_word_of_goodbye() {
    let folder = Folder::new();
    let mut opened = open(&folder);
    for serial in 1..=100 {
        keep(&mut opened, &[point(serial), Entry::Frozen { frozen: serial % 2 == 0 }]);
    }
    let before = opened.state.clone();
    drop(opened);
    let again = open(&folder);
    assert_eq!(again.state, before);
    assert_eq!((again.journal.last(), again.state.applied), (200, 200));
}

#[test]
fn a_half_written_end_is_cut_off_and_writing_goes_on() {
    let folder = Folder::new();
    let mut opened = open(&folder);
    keep(&mut opened, &[point(1), point(2)]);
    drop(opened);
    let path = segment::path(&folder.0, 1);
    let mut whole = Vec::new();
    record::encode(&point(3), &mut whole);
    for length in 1..whole.len() {
        OpenOptions::new().append(true).open(&path).unwrap().write_all(&whole[..length]).unwrap();
        assert_eq!(open(&folder).state.applied, 2, "{length} bytes of a line");
    }
    let mut opened = open(&folder);
    keep(&mut opened, &[point(3)]);
    drop(opened);
    assert_eq!(open(&folder).state.last_serial, 3);
}

#[test]
fn a_damaged_line_is_named() {
    let folder = Folder::new();
    let mut opened = open(&folder);
    keep(&mut opened, &[point(1), point(2), point(3)]);
    drop(opened);
    let path = segment::path(&folder.0, 1);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"serial\":2", "\"serial\":7", 1)).unwrap();
    let error = Journal::open(&folder.0, ROOM).unwrap_err().to_string();
    assert!(error.contains(".log is damaged at line 2"), "{error}");
    assert!(error.contains("saluran.db"), "what else has to go: {error}");
    let gap = Unusable::Gap { folder: "data/journal".into(), missing: 7 }.to_string();
    assert!(gap.starts_with("data/journal holds nothing of entry 7: ") && gap.contains("saluran.db"), "{gap}");
}

#[test]
fn a_folder_has_one_broker() {
    let folder = Folder::new();
    let opened = open(&folder);
    let error = Journal::open(&folder.0, ROOM).unwrap_err();
    assert!(matches!(error, Unusable::Taken { .. }), "{error}");
    drop(opened);
    open(&folder);
}

#[test]
fn a_full_journal_refuses_and_goes_on_when_the_database_has_caught_up() {
    let folder = Folder::new();
    let mut opened = Journal::open(&folder.0, 256 * 1024).unwrap();
    let mut serial = 0;
    let refused = loop {
        serial += 1;
        match opened.journal.append(&[point(serial)]) {
            Ok(()) => Arc::make_mut(&mut opened.state).apply(&point(serial)),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, NotKept::Full { limit: 262_144 }), "{refused}");
    let kept = opened.state.applied;
    assert!(segments(&folder).len() > 1);
    // The first asks for a snapshot; a later one finds it saved and deletes.
    let deadline = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
    while segments(&folder).len() > 1 {
        opened.journal.release(kept, &opened.state);
        assert!(std::time::SystemTime::now() < deadline, "the snapshot is saved in time");
        std::thread::yield_now();
    }
    keep(&mut opened, &[point(serial)]);
    let before = opened.state.clone();
    drop(opened);
    assert_eq!(Journal::open(&folder.0, 256 * 1024).unwrap().state, before);
}

#[test]
fn nothing_is_deleted_that_the_database_has_not() {
    let folder = Folder::new();
    let mut opened = Journal::open(&folder.0, 1024 * 1024).unwrap();
    (1..=1000).for_each(|serial| keep(&mut opened, &[point(serial)]));
    let second = segments(&folder)[1];
    for _ in 0..3 {
        opened.journal.release(second - 2, &opened.state);
    }
    assert_eq!(segments(&folder)[0], 1);
}

#[test]
fn closing_saves_a_snapshot() {
    let folder = Folder::new();
    let mut opened = open(&folder);
    keep(&mut opened, &[point(1)]);
    let Opened { journal, state, .. } = opened;
    journal.close(&state);
    assert_eq!(snapshot::load(&folder.0).unwrap().as_ref(), Some(&*state));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_follower_reads_everything_once_in_order(
        steps in prop::collection::vec((1_usize..40, 1_usize..30, any::<bool>()), 1..30),
    ) {
        let folder = Folder::new();
        let mut opened = Journal::open(&folder.0, 1024 * 1024).unwrap();
        let mut follower = Follower::open(&folder.0, 0).unwrap();
        let (mut written, mut read) = (0_i64, Vec::new());
        for (write, take, is_reopened) in steps {
            let entries: Vec<_> = (0..write as i64).map(|n| point(written + n + 1)).collect();
            written += write as i64;
            opened.journal.append(&entries).unwrap();
            if is_reopened {
                follower = Follower::open(&folder.0, follower.position()).unwrap();
            }
            read.extend(follower.next(take).unwrap());
        }
        read.extend(follower.next(usize::MAX).unwrap());
        let expected: Vec<_> = (1..=written).map(|n| (n.unsigned_abs(), point(n))).collect();
        prop_assert_eq!(read, expected);
    }
}
