//! The text of the file, and where in it a byte stands.

use std::sync::Arc;

use super::problem::Place;

/// A file's name and text, for turning byte offsets into lines and columns; both empty without a file.
pub(super) struct Lines<'a> {
    file: Arc<str>,
    text: &'a str,
    /// Byte offset of each line's first byte.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &str, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { file: file.into(), text, starts }
    }

    /// The file as a whole; nowhere when there is none.
    pub(super) fn whole(&self) -> Place {
        if self.file.is_empty() { Place::Nowhere } else { Place::File(Arc::clone(&self.file)) }
    }

    /// The place of the byte at `offset`.
    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or("");
        Place::Line { file: Arc::clone(&self.file), line, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let lines = Lines::new("f", "ab\r\né=1\n");
        for (offset, place) in [(0, "f:1:1"), (1, "f:1:2"), (4, "f:2:1"), (6, "f:2:2"), (9, "f:3:1")] {
            assert_eq!(lines.place(offset).to_string(), place, "{offset}");
        }
        assert_eq!(Lines::new("f", "").place(0).to_string(), "f:1:1");
        assert_eq!(lines.place(usize::MAX).to_string(), "f:3:1");
    }
}
