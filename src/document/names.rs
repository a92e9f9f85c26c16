//! Names in documents: safe, unique, and the same each time.

use std::collections::HashSet;

/// The names that are taken in one place of a document.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Takes the first wish that is free, else the last one with the lowest free number from 2 on.
    pub(super) fn take(&mut self, wishes: &[String], between: &str) -> String {
        let free = wishes.iter().find(|wish| !self.0.contains(*wish)).cloned();
        let last = wishes.last().map_or("", String::as_str);
        let mut numbered = (2_u64..).map(|number| format!("{last}{between}{number}"));
        let name = free.or_else(|| numbered.find(|name| !self.0.contains(name))).unwrap_or_default();
        self.0.insert(name.clone());
        name
    }

    /// Keeps a name from being given.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }
}

/// `text` as a key: letters, digits, `.`, `_` and `-`; braces go, anything else becomes `-`.
pub(super) fn key(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '{' | '}'));
    let key: String = kept.map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' }).collect();
    if key.is_empty() { "-".to_owned() } else { key }
}

/// `text` as `PascalCase`: ASCII letters and digits only, each run of others begins a new word.
///
/// `status-updated` and `statusUpdated` both become `StatusUpdated`; nothing usable becomes nothing.
pub(super) fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .flat_map(|word| word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wishes_are_granted_in_order_and_then_numbered() {
        let mut names = Names::default();
        let mut take = || names.take(&["A".to_owned(), "AB".to_owned()], "");
        assert_eq!([take(), take(), take(), take()], ["A", "AB", "AB2", "AB3"]);
    }

    #[test]
    fn keys_and_types_are_readable() {
        assert_eq!(key("private-rvm.{rvm_id}"), "private-rvm.rvm_id");
        assert_eq!(key("App\\Events\\Größe"), "App-Events-Gr--e");
        assert_eq!(pascal("private-rvm.status_updated"), "PrivateRvmStatusUpdated");
        assert_eq!(pascal("é"), "");
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_safe_key(text in any::<String>()) {
            let key = key(&text);
            let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            prop_assert!(!key.is_empty() && key.chars().all(is_safe), "{key:?}");
        }

        #[test]
        fn no_name_is_given_twice(wishes in prop::collection::vec("[ab]{1,2}[2-3]?", 1..30)) {
            let mut names = Names::default();
            let given: Vec<_> = wishes.iter().map(|wish| names.take(std::slice::from_ref(wish), "")).collect();
            let distinct: HashSet<_> = given.iter().collect();
            prop_assert_eq!(distinct.len(), given.len(), "{:?}", given);
        }
    }
}
