//! Where the text comes from, and what can be wrong before any of it is understood.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A larger file is not one of ours.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Where the configuration comes from, apart from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, which must exist.
    File(PathBuf),
    /// The bytes of a file that are at hand already.
    Text {
        /// What messages call it.
        name: String,
        /// TOML in UTF-8, if all is well.
        text: Vec<u8>,
    },
    /// Nothing but the environment.
    Environment,
}

impl From<Option<&Path>> for Source {
    fn from(path: Option<&Path>) -> Self {
        path.map_or(Self::Environment, |path| Self::File(path.to_owned()))
    }
}

/// A source that was opened; name and text are empty when there is no file.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) problem: Option<Unreadable>,
}

/// Why a text cannot be used at all.
pub(super) struct Unreadable {
    pub(super) reason: String,
    /// Byte offset of the trouble, when the text is readable up to there.
    pub(super) offset: Option<usize>,
    pub(super) advice: &'static str,
}

impl Document {
    pub(super) fn open(source: Source) -> Self {
        match source {
            Source::Environment => Self { name: String::new(), text: String::new(), problem: None },
            Source::Text { name, text } => Self::decode(name, text),
            Source::File(path) => {
                let name = path.display().to_string();
                match read(&path) {
                    Ok(bytes) => Self::decode(name, bytes),
                    Err(error) => Self { name, text: String::new(), problem: Some(error.into()) },
                }
            }
        }
    }

    fn decode(name: String, bytes: Vec<u8>) -> Self {
        let (mut text, problem) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let mut readable = error.into_bytes();
                readable.truncate(offset);
                let text = String::from_utf8(readable).unwrap_or_default();
                let reason = "it is not UTF-8 from here on".to_owned();
                let advice = "Save the file as UTF-8.";
                (text, Some(Unreadable { reason, offset: Some(offset), advice }))
            }
        };
        // A byte-order mark means nothing, and would count as a column.
        if let Some(rest) = text.strip_prefix('\u{feff}') {
            text = rest.to_owned();
        }
        Self { name, text, problem }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        let advice = if error.kind() == io::ErrorKind::NotFound {
            "Check the path, and the directory that it starts from."
        } else {
            "Check that it is a file, and that this user may read it."
        };
        Self { reason: error.to_string(), offset: None, advice }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Document {
        Document::open(Source::Text { name: "f".to_owned(), text: bytes.to_vec() })
    }

    #[test]
    fn text_is_kept_up_to_the_first_byte_that_is_none() {
        let document = open(b"a = 1\n\xff");
        assert_eq!(document.text, "a = 1\n");
        assert_eq!(document.problem.unwrap().offset, Some(6));
    }

    #[test]
    fn a_byte_order_mark_is_left_out() {
        assert_eq!(open("\u{feff}a".as_bytes()).text, "a");
    }
}
