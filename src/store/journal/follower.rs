//! Reading the journal behind whoever writes it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::measurement::Entry;
use crate::store::Seq;

use super::{record, segment};

/// Reads entries in order, from a place on.
///
/// Entries count only when [`append`](super::Journal::append) has taken them; whoever reads asks for no more.
#[derive(Debug)]
pub struct Follower {
    folder: PathBuf,
    /// The last entry that was read.
    after: Seq,
    file: Option<BufReader<File>>,
    /// Where the next line begins.
    offset: u64,
}

impl Follower {
    /// Reads what comes after an entry; 0 for everything.
    ///
    /// Where the journal begins later than that, it reads from there on: see [`position`](Self::position).
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn open(folder: &Path, after: Seq) -> io::Result<Self> {
        let firsts = segment::list(folder)?;
        let begin = firsts.iter().rev().find(|first| **first <= after + 1).or_else(|| firsts.first()).copied();
        let mut follower = Self { folder: folder.to_owned(), after, file: None, offset: 0 };
        if let Some(first) = begin {
            follower.file = Some(BufReader::new(File::open(segment::path(folder, first))?));
            follower.after = first - 1;
            while follower.after < after {
                if follower.line()?.is_none() {
                    break;
                }
            }
        }
        Ok(follower)
    }

    /// The last entry that was read, or that is passed over.
    #[must_use]
    pub const fn position(&self) -> Seq {
        self.after
    }

    /// The next entries, at most `limit`, none when there are none.
    ///
    /// # Errors
    /// When the journal cannot be read, or is not what was written.
    pub fn next(&mut self, limit: usize) -> io::Result<Vec<(Seq, Entry)>> {
        let mut entries = Vec::new();
        while entries.len() < limit {
            let Some(line) = self.line()? else { break };
            let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("entry {} is damaged", self.after));
            entries.push((self.after, record::decode(&line).ok_or_else(damaged)?));
        }
        Ok(entries)
    }

    /// The next whole line; goes on to the next file at the end of one.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(file) = &mut self.file {
                let mut line = Vec::new();
                file.read_until(b'\n', &mut line)?;
                if line.ends_with(b"\n") {
                    self.offset += u64::try_from(line.len()).unwrap_or_default();
                    self.after += 1;
                    return Ok(Some(line));
                }
                // What is not whole yet is read again from its beginning.
                file.seek(SeekFrom::Start(self.offset))?;
            }
            match File::open(segment::path(&self.folder, self.after + 1)) {
                Ok(file) if self.offset > 0 || self.file.is_none() => {
                    self.file = Some(BufReader::new(file));
                    self.offset = 0;
                }
                Ok(_) => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}
