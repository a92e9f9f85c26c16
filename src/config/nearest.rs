//! "Did you mean": the name nearest to a misspelt one.

use super::given::shorten;

/// Longer names than any of ours are not worth a comparison.
const MAX_CHARACTERS: usize = 60;

/// The candidate nearest to `name`, when at most a third of it is wrong.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (steps, candidate) = closest(name, candidates)?;
    (steps <= (candidate.chars().count() / 3).max(1)).then_some(candidate)
}

/// The candidate nearest to `name`, when one or two characters are wrong.
pub(super) fn slip<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    closest(name, candidates).filter(|(steps, _)| *steps <= 2).map(|(_, candidate)| candidate)
}

fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    if name.chars().count() > MAX_CHARACTERS {
        return None;
    }
    let name = plain(name);
    let steps = |candidate: &str| distance(&name, &plain(candidate));
    candidates.map(|candidate| (steps(candidate), candidate)).min_by_key(|(steps, _)| *steps)
}

/// A key as a path shows it: bare, or quoted when it is not of that shape.
pub(super) fn segment(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { shorten(key) } else { format!("\"{}\"", shorten(key)) }
}

/// Case and the kind of dash are never what is meant.
fn plain(name: &str) -> Vec<char> {
    name.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    // Steps from the part of `one` read so far, and from one character less, to each beginning of
    // `other`.
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut before = Vec::new();
    let mut last = None;
    for (line, a) in one.iter().enumerate() {
        let mut next = vec![line + 1];
        for (column, b) in other.iter().enumerate() {
            let replaced = at(&row, column) + usize::from(a != b);
            let mut steps = replaced.min(at(&row, column + 1) + 1).min(at(&next, column) + 1);
            let left = column.checked_sub(1);
            if let Some(left) = left.filter(|left| last == Some(b) && other.get(*left) == Some(a)) {
                steps = steps.min(at(&before, left) + 1);
            }
            next.push(steps);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(a);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognized_and_a_stranger_is_not() {
        let names = || ["host", "port", "path_prefix", "max_connections"].into_iter();
        assert_eq!(nearest("prot", names()), Some("port"));
        assert_eq!(nearest("Path-Prefix", names()), Some("path_prefix"));
        assert_eq!(nearest("max_conections", names()), Some("max_connections"));
        assert_eq!(nearest("tls", names()), None);
        assert_eq!(nearest("", names()), None);
        assert_eq!(nearest(&"port".repeat(20), names()), None);
    }

    #[test]
    fn distance_counts_steps() {
        let steps = |one: &str, other: &str| distance(&plain(one), &plain(other));
        assert_eq!(steps("", ""), 0);
        assert_eq!(steps("abc", ""), 3);
        assert_eq!(steps("kitten", "sitting"), 3);
        assert_eq!(steps("prot", "port"), 1);
    }
}
