//! Finding a few fields in JSON whose shape is known, without parsing it.

use memchr::{memchr_iter, memmem};

/// Whether `part` stands anywhere in `text`.
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    memmem::find(text, part).is_some()
}

/// What stands between `key` and the quote that ends it, escapes as they are, and what follows.
pub(crate) fn string_after<'a>(text: &'a [u8], key: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let rest = after(text, key)?;
    let end = memchr_iter(b'"', rest).find(|&quote| !is_escaped(rest, quote))?;
    Some((rest.get(..end)?, rest.get(end + 1..)?))
}

/// The number whose decimal digits follow `key`.
pub(crate) fn number_after(text: &[u8], key: &[u8]) -> Option<u32> {
    let rest = after(text, key)?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
}

/// What follows `key`.
pub(crate) fn after<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    text.get(memmem::find(text, key)? + key.len()..)
}

fn is_escaped(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_at_its_own_quote() {
        let text = br#"{"a":"x","b":"{\"c\":\"\\\\\"}","d":12}"#;
        let (found, rest) = string_after(text, br#""b":""#).unwrap();
        assert_eq!(found, br#"{\"c\":\"\\\\\"}"#);
        assert_eq!(number_after(rest, br#""d":"#), Some(12));
        assert!(string_after(text, br#""e":""#).is_none());
    }
}
