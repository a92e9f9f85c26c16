//! Documents with any names, fields and descriptions.

use proptest::prelude::*;
use saluran::document;
use serde_json::json;

use super::VERSION;
use super::references::{collect, leads_somewhere};
use super::sample::{channel, event, sample};

/// What is left of a module without comments and texts; nothing in those may reach out of them.
fn skeleton(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = if let Some(comment) = rest.strip_prefix("/*") {
            &comment[comment.find("*/").unwrap() + 2..]
        } else if rest.starts_with("//") {
            &rest[rest.find('\n').unwrap()..]
        } else if first == '"' {
            let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            texts.next().unwrap().unwrap();
            &rest[texts.byte_offset()..]
        } else {
            left.push(first);
            &rest[first.len_utf8()..]
        };
    }
    left
}

proptest! {
    /// Whatever names, fields and descriptions say, the module's structure is the same.
    #[test]
    fn no_text_reaches_out_of_its_place(
        names in prop::collection::vec("[a-zA-Z*/\"'\\\\`$\\{\\} \n.é-]{1,8}|\\PC{1,4}", 1..4),
        field in "[a-z*/\"'\\\\`$\\{\\} \n\u{2028}é-]{0,8}",
        description in "[a*/\\\\\n\r\"`é ]{0,12}",
    ) {
        let mut config = sample();
        let schema = json!({
            "type": "object",
            "properties": { (&field): { "description": description, "enum": [field, { (&field): null }] } },
            "required": [field],
        });
        let events = names.iter().map(|name| event(name, &description, Some(&schema)));
        config.channels = vec![channel("a.{b}", &description, events.collect())];
        let module = document::typescript(&config, &config.apps[0]);
        let left = skeleton(&module);
        let is_usual = |c: char| c.is_ascii_alphanumeric() || "_$ \n{}[]()<>:;,.|&?=`".contains(c);
        prop_assert!(left.chars().all(is_usual), "{module}");
        for (open, close) in [('{', '}'), ('(', ')'), ('[', ']')] {
            prop_assert_eq!(left.matches(open).count(), left.matches(close).count(), "{}", module);
        }
        let mut declared: Vec<_> = left.lines().filter_map(|line| line.strip_prefix("export type ")).collect();
        declared.iter_mut().for_each(|line| *line = line.split(['=', '<']).next().unwrap().trim_end());
        prop_assert_eq!(declared.len(), names.len() + 5, "{}", module);
        prop_assert!(declared.iter().all(|name| name.starts_with(|c: char| c.is_ascii_uppercase())), "{:?}", declared);
        declared.sort_unstable();
        declared.dedup();
        prop_assert_eq!(declared.len(), names.len() + 5, "{}", module);

        let document = document::asyncapi(&config, &config.apps[0], VERSION);
        let mut references = Vec::new();
        collect(&document, &mut references);
        prop_assert!(references.iter().all(|reference| leads_somewhere(&document, reference)), "{document:#}");
    }
}
