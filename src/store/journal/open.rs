//! Opening the journal: what holds by what was kept.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use crate::measurement::{Entry, Point, State};
use crate::store::Seq;

use super::janitor::Janitor;
use super::segment::{self, Segment};
use super::{Journal, record, snapshot};

/// The smallest and the greatest size at which a file of the journal is full.
const SEGMENT_BYTES: (u64, u64) = (64 * 1024, 8 * 1024 * 1024);

/// Files that the bound is divided into, about.
const SEGMENTS: u64 = 16;

/// Attempts to get the folder, and the time between them.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Why the contest's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Another broker has it.
    #[error("another broker uses {}; choose another with SALURAN_STORE_FOLDER, or stop it", .folder.display())]
    Taken {
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be read or written.
    #[error("{} cannot be used: {source}; choose another folder with SALURAN_STORE_FOLDER", .path.display())]
    Disk {
        /// What cannot.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what was written.
    #[error(
        "{} is damaged at line {line}: bring it back from a copy; or, to begin anew, move the whole store folder away \
         (journal, state.json, and saluran.db; with PostgreSQL, name an empty database)",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
    },
    /// Files are missing in between.
    #[error(
        "{} holds nothing of entry {missing}: bring its files back from a copy; or, to begin anew, move the whole folder \
         around it away (journal, state.json, and saluran.db; with PostgreSQL, name an empty database): a database goes on \
         from its own journal only",
        .folder.display()
    )]
    Gap {
        /// The folder.
        folder: PathBuf,
        /// The first entry that is missing.
        missing: Seq,
    },
}

/// A journal, and what holds by it.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub journal: Journal,
    /// All that was kept, folded.
    pub state: Arc<State>,
    /// The points that are still in the journal, oldest first, with their places.
    pub points: Vec<(Seq, Point)>,
}

impl Journal {
    /// Opens the journal in a folder, which is made if need be; `limit` is the bytes that it may take.
    ///
    /// What a dying process left half written at the end is cut off: nobody was told that it was kept.
    ///
    /// # Errors
    /// When the folder cannot be used, or holds what is not whole.
    pub fn open(folder: &Path, limit: u64) -> Result<Opened, Unusable> {
        let disk = |path: &Path| {
            let path = path.to_owned();
            move |source| Unusable::Disk { path, source }
        };
        let files = folder.join("journal");
        fs::create_dir_all(&files).map_err(disk(&files))?;
        let lock = lock(folder)?;
        let mut state = snapshot::load(folder).map_err(disk(&folder.join("state.json")))?.unwrap_or_default();
        let saved = state.applied;
        let (mut segments, mut points) = (VecDeque::new(), Vec::new());
        let firsts = segment::list(folder).map_err(disk(&files))?;
        let last = firsts.last().copied();
        for first in firsts {
            if first > state.applied + 1 {
                return Err(Unusable::Gap { folder: files, missing: state.applied + 1 });
            }
            let path = segment::path(folder, first);
            let bytes = replay(&path, first, Some(first) == last, |seq, entry| {
                if seq > state.applied {
                    state.apply(&entry);
                }
                if let Entry::Point { point, .. } = entry {
                    points.push((seq, point));
                }
            })?;
            segments.push_back(Segment::open(folder, first, bytes).map_err(disk(&path))?);
        }
        let janitor = Janitor::start(folder.to_owned(), saved).map_err(disk(folder))?;
        let journal = Self {
            folder: folder.to_owned(),
            limit,
            segment_bytes: (limit / SEGMENTS).clamp(SEGMENT_BYTES.0, SEGMENT_BYTES.1),
            bytes: segments.iter().map(Segment::bytes).sum(),
            segments,
            last: state.applied,
            buffer: Vec::new(),
            janitor,
            _lock: lock,
        };
        Ok(Opened { journal, state: Arc::new(state), points })
    }
}

/// Makes sure that nobody else has the folder, for as long as the file lives.
fn lock(folder: &Path) -> Result<File, Unusable> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| Unusable::Disk { path, source })?;
    // The one before us may be about to end.
    for _ in 0..TRIES {
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(file);
        }
        thread::sleep(PAUSE);
    }
    Err(Unusable::Taken { folder: folder.to_owned() })
}

/// Gives a file's entries to `take`, in order; how many bytes of it are whole.
fn replay(path: &Path, first: Seq, is_last: bool, mut take: impl FnMut(Seq, Entry)) -> Result<u64, Unusable> {
    let disk = |source| Unusable::Disk { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(disk)?);
    let (mut seq, mut bytes) = (first, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        file.read_until(b'\n', &mut line).map_err(disk)?;
        if line.is_empty() {
            return Ok(bytes);
        }
        let Some(entry) = record::decode(&line) else {
            let is_end = file.fill_buf().map_err(disk)?.is_empty();
            if is_last && is_end {
                return Ok(bytes);
            }
            let line = usize::try_from(seq - first + 1).unwrap_or(usize::MAX);
            return Err(Unusable::Damaged { path: path.to_owned(), line });
        };
        take(seq, entry);
        seq += 1;
        bytes += u64::try_from(line.len()).unwrap_or_default();
    }
}
