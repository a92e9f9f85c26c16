//! The files that a configuration names: keys and schemas, beside the file that names them.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A larger file is no key and no schema.
const MAX_BYTES: u64 = 1024 * 1024;

/// What was read so far, and from where relative paths start.
pub(super) struct Files {
    folder: PathBuf,
    read: Vec<PathBuf>,
}

impl Files {
    /// For the configuration called `name`; its folder is where relative paths start.
    pub(super) fn new(name: &str) -> Self {
        let folder = Path::new(name).parent().map(Path::to_owned).unwrap_or_default();
        Self { folder, read: Vec::new() }
    }

    /// Where `path` is, seen from the configuration.
    pub(super) fn beside(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// Notes a file that was read elsewhere.
    pub(super) fn note(&mut self, path: PathBuf) {
        if !self.read.contains(&path) {
            self.read.push(path);
        }
    }

    /// The text of the file at `path`.
    ///
    /// # Errors
    /// When it is not a plain file (a pipe could keep us waiting), larger than 1 MiB, or not UTF-8.
    pub(super) fn text(&mut self, path: &str) -> io::Result<String> {
        let path = self.folder.join(path);
        self.note(path.clone());
        if !fs::metadata(&path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
        }
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }

    /// All files that were read.
    pub(super) fn into_paths(self) -> Vec<PathBuf> {
        self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_beside_the_configuration() {
        let mut files = Files::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/channels.toml"));
        assert!(files.text("files.rs").unwrap().contains("a_path_starts_beside"));
        assert!(files.text("../config").is_err());
        assert!(files.text("/dev/zero").is_err());
        assert!(files.text("nowhere.pem").is_err());
        let read = files.into_paths();
        assert!(read[0].ends_with("src/config/files.rs"));
        assert_eq!(read.len(), 4);
    }
}
