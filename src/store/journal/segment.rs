//! A file of the journal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::store::Seq;

/// One file: entries from a number on, a line each.
#[derive(Debug)]
pub(super) struct Segment {
    first: Seq,
    path: PathBuf,
    file: File,
    bytes: u64,
}

/// Where the entries from `first` on are.
///
/// Shape: `<folder>/journal/00000000000000000001.log`.
pub(super) fn path(folder: &Path, first: Seq) -> PathBuf {
    folder.join("journal").join(format!("{first:020}.log"))
}

/// Where all segments begin, oldest first.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Seq>> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(folder.join("journal"))? {
        let name = entry?.file_name();
        firsts
            .extend(name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|name| name.parse::<Seq>().ok()));
    }
    firsts.sort_unstable();
    Ok(firsts)
}

impl Segment {
    pub(super) fn create(folder: &Path, first: Seq) -> io::Result<Self> {
        let path = path(folder, first);
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        Ok(Self { first, path, file, bytes: 0 })
    }

    /// Opens an old one, of which the first `bytes` are whole; the rest is cut off.
    pub(super) fn open(folder: &Path, first: Seq, bytes: u64) -> io::Result<Self> {
        let path = path(folder, first);
        let file = OpenOptions::new().append(true).open(&path)?;
        file.set_len(bytes)?;
        Ok(Self { first, path, file, bytes })
    }

    /// All or nothing: what is written of a failed append is cut off again.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(lines) {
            // If even this fails, the next append fails too, or the start after it cuts the rest off.
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        self.bytes += u64::try_from(lines.len()).unwrap_or_default();
        Ok(())
    }

    pub(super) const fn first(&self) -> Seq {
        self.first
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The same file, for another thread.
    pub(super) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    pub(super) fn delete(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "a file of the journal could not be deleted");
        }
    }
}
