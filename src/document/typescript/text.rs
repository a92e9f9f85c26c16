//! Texts of somebody's choice inside TypeScript.

/// A doc comment; empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Comment(String);

impl Comment {
    pub(super) fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The comment with its line end, after `indent` spaces; nothing if it is empty.
    pub(super) fn print(&self, indent: usize) -> String {
        // Nothing may end the comment early, whatever stands in it.
        let safe = self.0.replace("*/", "*\\/");
        let margin = " ".repeat(indent);
        let lines: Vec<_> = safe.lines().map(str::trim_end).collect();
        match *lines {
            [] => String::new(),
            [line] => format!("{margin}/** {line} */\n"),
            _ => {
                let space = |line: &str| if line.is_empty() { "" } else { " " };
                let lines: String = lines.iter().map(|line| format!("{margin} *{}{line}\n", space(line))).collect();
                format!("{margin}/**\n{lines}{margin} */\n")
            }
        }
    }
}

/// The name of a field: as it is where that may stand alone, else in quotes.
pub(super) fn field_name(name: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$');
    let is_plain = name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit());
    if is_plain { name.to_owned() } else { quoted(name) }
}

/// A text in double quotes, as JSON and TypeScript have it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_comment_is_one_line_or_a_block() {
        assert_eq!(Comment::new(" \n").print(2), "");
        assert_eq!(Comment::new("One. */ x").print(2), "  /** One. *\\/ x */\n");
        assert_eq!(Comment::new("One.\n\nTwo.").print(1), " /**\n  * One.\n  *\n  * Two.\n  */\n");
    }

    #[test]
    fn fields_are_quoted_when_they_must_be() {
        for (name, expected) in
            [("rvm_id", "rvm_id"), ("$a1", "$a1"), ("1a", "\"1a\""), ("", "\"\""), ("é", "\"é\""), ("a-b", "\"a-b\"")]
        {
            assert_eq!(field_name(name), expected);
        }
        assert_eq!(field_name("a\"\\\n*/"), r#""a\"\\\n*/""#);
    }

    proptest! {
        #[test]
        fn no_description_ends_its_comment(text in "[*/\\\\a \n\r`$\u{2028}]{0,20}") {
            let printed = Comment::new(&text).print(0);
            let inside = printed.trim_end().strip_suffix("*/").unwrap_or_default();
            prop_assert!(!inside.contains("*/"), "{printed}");
            prop_assert!(printed.is_empty() || printed.starts_with("/**"));
        }

        #[test]
        fn a_field_reads_back(name in any::<String>()) {
            let printed = field_name(&name);
            let read = if printed == name { name.clone() } else { serde_json::from_str(&printed).unwrap() };
            prop_assert_eq!(&read, &name);
            let is_bare = !printed.starts_with('"');
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
            prop_assert!(!is_bare || (printed.chars().all(is_word) && !printed.starts_with(|c: char| c.is_ascii_digit())));
            prop_assert!(!printed.contains(['\n', '\r']));
        }
    }
}
