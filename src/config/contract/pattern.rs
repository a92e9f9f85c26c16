//! Channel names with named parts: `private-rvm.{rvm_id}`.

use std::fmt;
use std::sync::Arc;

use crate::protocol::{ChannelKind, ChannelName};

/// Longest pattern; a channel's name is no longer either.
const MAX: usize = 1024;

/// A channel's name, or a family of names.
///
/// Shape: segments with dots between; a segment is text of the channel alphabet, with at most one
/// `{part}` in it. A part stands for one or more characters, never a dot, so a name fits a pattern in
/// one way only. The pattern's kind is the kind of the names that it stands for: `{x}` stands for no
/// name that begins with `private-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: Arc<str>,
    pub(super) segments: Vec<Segment>,
    kind: ChannelKind,
}

/// What stands between two dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) before: String,
    pub(super) part: Option<String>,
    pub(super) after: String,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// Nothing, or more than a name may have.
    #[error("it must have 1 to {MAX} characters")]
    Length,
    /// Nothing between two dots.
    #[error("a segment between dots is empty")]
    EmptySegment,
    /// Two parts without a dot between.
    #[error("a segment has two parts; put a dot between them")]
    TwoParts,
    /// A brace without its fellow.
    #[error("a brace is not closed or not opened")]
    Brace,
    /// A part's name that is none.
    #[error("a part's name must be letters, digits and _, beginning with a letter")]
    PartName,
    /// The same part twice.
    #[error("the part {0} occurs twice")]
    Twice(String),
    /// A character that no channel has.
    #[error("channel names cannot contain {0:?}")]
    Character(char),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text.is_empty() || text.len() > MAX {
            return Err(InvalidPattern::Length);
        }
        let segments = text.split('.').map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        for (number, segment) in segments.iter().enumerate() {
            let earlier = segments.iter().take(number).filter_map(|other| other.part.as_ref());
            if let Some(part) = &segment.part
                && earlier.into_iter().any(|other| other == part)
            {
                return Err(InvalidPattern::Twice(part.clone()));
            }
        }
        let example = ChannelName::parse(&example(&segments), MAX).map_err(|_| InvalidPattern::Length)?;
        Ok(Self { text: text.into(), segments, kind: example.kind() })
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The kind of all names that it stands for.
    #[must_use]
    pub const fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// Whether it has no part, and so stands for one name.
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.parts().next().is_none()
    }

    /// The names of its parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| segment.part.as_deref())
    }

    /// Whether it stands for this channel.
    #[must_use]
    pub fn matches(&self, channel: &ChannelName) -> bool {
        let mut texts = channel.as_str().split('.');
        let fits = self.segments.iter().all(|segment| texts.next().is_some_and(|text| segment.value(text).is_some()));
        fits && texts.next().is_none() && channel.kind() == self.kind
    }

    /// What stands in place of a part in a name that it matches.
    #[must_use]
    pub fn part<'n>(&self, part: &str, channel: &'n ChannelName) -> Option<&'n str> {
        let mut pairs = self.segments.iter().zip(channel.as_str().split('.'));
        pairs.find_map(|(segment, text)| segment.value(text).filter(|_| segment.part.as_deref() == Some(part)))
    }

    /// The name that comes of another pattern's name when both have the same parts.
    #[must_use]
    pub fn translate(&self, from: &Self, channel: &ChannelName) -> Option<ChannelName> {
        let mut name = String::with_capacity(channel.as_str().len() + 16);
        for (number, segment) in self.segments.iter().enumerate() {
            if number > 0 {
                name.push('.');
            }
            name.push_str(&segment.before);
            if let Some(part) = &segment.part {
                name.push_str(from.part(part, channel)?);
            }
            name.push_str(&segment.after);
        }
        ChannelName::parse(&name, MAX).ok()
    }

    /// A name that it stands for.
    #[must_use]
    pub fn example(&self) -> String {
        example(&self.segments)
    }

    /// How the names of two patterns lie to each other.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Relation {
        if self.kind != other.kind || self.segments.len() != other.segments.len() {
            return Relation::Apart;
        }
        let pairs = self.segments.iter().zip(&other.segments);
        pairs.fold(Relation::Same, |all, (one, other)| all.and(one.compare(other)))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How one set of names lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// No name is in both.
    Apart,
    /// Both are the same.
    Same,
    /// All of the first are in the second, not the other way round: the first wins.
    Narrower,
    /// All of the second are in the first, not the other way round: the second wins.
    Wider,
    /// Some names are in both, and each has some of its own: neither wins.
    Crossing,
}

impl Relation {
    /// The relation of two sequences, given that of their beginnings and of what follows.
    fn and(self, next: Self) -> Self {
        match (self, next) {
            (Self::Apart, _) | (_, Self::Apart) => Self::Apart,
            (Self::Same, other) | (other, Self::Same) => other,
            (one, other) if one == other => one,
            _ => Self::Crossing,
        }
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text.is_empty() {
            return Err(InvalidPattern::EmptySegment);
        }
        let Some((before, rest)) = text.split_once('{') else {
            return Ok(Self { before: literal(text)?, part: None, after: String::new() });
        };
        let (part, after) = rest.split_once('}').ok_or(InvalidPattern::Brace)?;
        if after.contains('{') {
            return Err(InvalidPattern::TwoParts);
        }
        let is_name = part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(InvalidPattern::PartName);
        }
        Ok(Self { before: literal(before)?, part: Some(part.to_owned()), after: literal(after)? })
    }

    /// What stands in place of the part in `text`; all of it where there is no part.
    fn value<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.part.is_none() {
            return (text == self.before).then_some(text);
        }
        let value = text.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?;
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn compare(&self, other: &Self) -> Relation {
        match (&self.part, &other.part) {
            (None, None) if self.before == other.before => Relation::Same,
            (None, None) => Relation::Apart,
            (None, Some(_)) if other.value(&self.before).is_some() => Relation::Narrower,
            (Some(_), None) if self.value(&other.before).is_some() => Relation::Wider,
            (None, Some(_)) | (Some(_), None) => Relation::Apart,
            (Some(_), Some(_)) => {
                let before = compare_ends(self.before.as_bytes(), other.before.as_bytes());
                let after: [Vec<u8>; 2] = [self, other].map(|segment| segment.after.bytes().rev().collect());
                let [one, two] = &after;
                before.and(compare_ends(one, two))
            }
        }
    }
}

/// Texts that begin with `one` against those that begin with `other`.
fn compare_ends(one: &[u8], other: &[u8]) -> Relation {
    if one == other {
        Relation::Same
    } else if one.starts_with(other) {
        Relation::Narrower
    } else if other.starts_with(one) {
        Relation::Wider
    } else {
        Relation::Apart
    }
}

fn literal(text: &str) -> Result<String, InvalidPattern> {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '@' | ',' | ';');
    match text.chars().find(|c| !is_plain(c)) {
        Some('{' | '}') => Err(InvalidPattern::Brace),
        Some(odd) => Err(InvalidPattern::Character(odd)),
        None => Ok(text.to_owned()),
    }
}

/// A name that the segments stand for.
fn example(segments: &[Segment]) -> String {
    let text = |segment: &Segment| {
        let part = if segment.part.is_some() { "x" } else { "" };
        format!("{}{part}{}", segment.before, segment.after)
    };
    segments.iter().map(text).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn name(text: &str) -> ChannelName {
        ChannelName::parse(text, 200).unwrap()
    }

    #[test]
    fn a_part_stands_for_characters_between_dots() {
        let lanes = pattern("private-measurements.{category}.{laptop_id}");
        assert!(lanes.matches(&name("private-measurements.baja.3")));
        assert_eq!(lanes.part("laptop_id", &name("private-measurements.baja.3")), Some("3"));
        for other in ["private-measurements.baja", "private-measurements.baja.3.4", "private-measurements..3"] {
            assert!(!lanes.matches(&name(other)), "{other}");
        }
        let inside = pattern("rvm-{id}-door");
        assert_eq!(inside.part("id", &name("rvm-a-b-door")), Some("a-b"));
        assert!(!inside.matches(&name("rvm--door")));
    }

    #[test]
    fn a_pattern_never_reaches_into_another_kind() {
        assert!(pattern("{x}").matches(&name("lobby")));
        assert!(!pattern("{x}").matches(&name("private-lobby")));
        assert!(!pattern("private-{x}").matches(&name("private-encrypted-lobby")));
        assert!(pattern("private-{x}").matches(&name("private-lobby")));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, why) in [
            ("", InvalidPattern::Length),
            ("a..b", InvalidPattern::EmptySegment),
            ("a.{b}{c}", InvalidPattern::TwoParts),
            ("a.{b", InvalidPattern::Brace),
            ("a.b}", InvalidPattern::Brace),
            ("a.{}", InvalidPattern::PartName),
            ("a.{1}", InvalidPattern::PartName),
            ("{a}.{a}", InvalidPattern::Twice("a".to_owned())),
            ("a b", InvalidPattern::Character(' ')),
        ] {
            assert_eq!(Pattern::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn the_narrower_pattern_is_found() {
        let compare = |one, other| pattern(one).compare(&pattern(other));
        assert_eq!(compare("rvm.{id}", "rvm.{rvm_id}"), Relation::Same);
        assert_eq!(compare("rvm.7", "rvm.{id}"), Relation::Narrower);
        assert_eq!(compare("rvm.{id}", "rvm.7"), Relation::Wider);
        assert_eq!(compare("rvm.{id}", "rvm.x{id}"), Relation::Wider);
        assert_eq!(compare("{a}.x", "y.{b}"), Relation::Crossing);
        assert_eq!(compare("r{a}", "{a}m"), Relation::Crossing);
        assert_eq!(compare("rvm.{id}", "private-rvm.{id}"), Relation::Apart);
        assert_eq!(compare("rvm.{id}", "rvm.{id}.{door}"), Relation::Apart);
    }

    #[test]
    fn a_twin_has_the_same_parts() {
        let (public, twin) = (pattern("rvm.{id}"), pattern("private-rvm.{id}"));
        assert_eq!(twin.translate(&public, &name("rvm.7")).unwrap().as_str(), "private-rvm.7");
    }

    proptest! {
        /// Of two patterns of which one is narrower, all its names are in the other.
        #[test]
        fn the_relation_holds_of_every_name(
            one in "(private-)?(a|b|[ab]?\\{x\\}[ab]?)(\\.(a|\\{y\\}))?",
            other in "(private-)?(a|b|[ab]?\\{x\\}[ab]?)(\\.(a|\\{y\\}))?",
            text in "(private-)?[ab]{1,3}(\\.[ab])?",
        ) {
            let (one, other, text) = (pattern(&one), pattern(&other), name(&text));
            let found = (one.matches(&text), other.matches(&text));
            let is_right = match one.compare(&other) {
                Relation::Apart => found != (true, true),
                Relation::Same => found.0 == found.1,
                Relation::Narrower => !found.0 || found.1,
                Relation::Wider => found.0 || !found.1,
                Relation::Crossing => true,
            };
            prop_assert!(is_right, "{one} {other} {text}: {found:?}");
            // What both stand for is what their meeting stands for.
            let met = one.meet(&other).map(|met| (met.common.matches(&text), met.whole));
            let is_right = match met {
                None => found != (true, true),
                Some((is_common, true)) => is_common == (found == (true, true)),
                Some((is_common, false)) => !is_common || found == (true, true),
            };
            prop_assert!(is_right, "{one} meets {other} {text}: {met:?}");
        }
    }
}
