//! What two patterns both stand for.

use super::pattern::{Pattern, Relation, Segment};

/// What two patterns that overlap have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Meeting {
    /// A pattern for names that both stand for.
    pub common: Pattern,
    /// Whether it stands for all of them.
    pub whole: bool,
}

impl Pattern {
    /// What this one and `other` both stand for; nothing when they lie apart.
    ///
    /// Parts keep the names that this one gives them where they can.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Meeting> {
        if self.compare(other) == Relation::Apart {
            return None;
        }
        let mut taken: Vec<String> = Vec::new();
        let mut whole = true;
        let texts = self.segments.iter().zip(&other.segments).map(|(one, other)| {
            let relation = one.compare(other);
            whole &= relation != Relation::Crossing;
            let segment = match relation {
                Relation::Same | Relation::Narrower | Relation::Apart => one.clone(),
                Relation::Wider => other.clone(),
                // Each has the longer beginning or the longer end.
                Relation::Crossing => Segment {
                    before: longer(&one.before, &other.before),
                    part: one.part.clone(),
                    after: longer(&one.after, &other.after),
                },
            };
            segment.text(&mut taken)
        });
        let text = texts.collect::<Vec<_>>().join(".");
        Some(Meeting { common: Self::parse(&text).ok()?, whole })
    }
}

fn longer(one: &str, other: &str) -> String {
    if one.len() < other.len() { other } else { one }.to_owned()
}

impl Segment {
    /// As it is written, with another name for its part where that is taken already.
    fn text(&self, taken: &mut Vec<String>) -> String {
        let Some(part) = &self.part else { return self.before.clone() };
        let mut name = part.clone();
        while taken.contains(&name) {
            name.push('_');
        }
        taken.push(name.clone());
        format!("{}{{{name}}}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_meets_in_a_pattern() {
        let meet = |one, other| pattern(one).meet(&pattern(other)).map(|met| (met.common.to_string(), met.whole));
        assert_eq!(meet("{a}.x", "y.{b}"), Some(("y.x".to_owned(), true)));
        assert_eq!(meet("a{p}.{q}", "{r}.a{p}"), Some(("a{p}.a{p_}".to_owned(), true)));
        assert_eq!(meet("r{a}", "{a}m"), Some(("r{a}m".to_owned(), false)));
        assert_eq!(meet("a", "b"), None);
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }
}
