//! Every rule of the protocol reference is named by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What these tests cannot show, or not yet.
const ELSEWHERE: [(u16, &str); 2] =
    [(12, "needs native TLS"), (195, "is a matter of review: time tells nothing reliable")];

/// C-001 to C-226 and C-244 to C-254; the ones between are about webhooks.
fn required() -> BTreeSet<u16> {
    let elsewhere = ELSEWHERE.map(|(rule, _)| rule);
    (1..=226).chain(244..=254).filter(|rule| !elsewhere.contains(rule)).collect()
}

#[test]
fn every_rule_is_named_by_a_test() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    collect(&tests.join("broker"), &mut files);
    collect(&tests.join("clients"), &mut files);
    let named: BTreeSet<u16> =
        files.iter().flat_map(|file| rules(&fs::read_to_string(file).unwrap_or_default())).collect();
    let missing: Vec<String> = required().difference(&named).map(|rule| format!("C-{rule:03}")).collect();
    assert!(missing.is_empty(), "no test names {}", missing.join(", "));
}

/// A rule that has its test by now must not stay on the list of excuses.
#[test]
fn the_rules_that_wait_are_not_named() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broker"), &mut files);
    for file in files {
        let named = rules(&fs::read_to_string(&file).unwrap_or_default());
        for (rule, reason) in ELSEWHERE {
            assert!(!named.contains(&rule), "C-{rule:03} ({reason}) is named in {}", file.display());
        }
    }
}

/// Source files under `directory`; what package managers put there is nobody's test.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.expect("a readable directory").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["node_modules", "dist", "__pycache__"].contains(&name) && !name.starts_with('.') {
                collect(&path, files);
            }
        } else if name != "rules.rs" {
            files.push(path);
        }
    }
}

/// The rules that `text` names, each as `C-` and three digits.
fn rules(text: &str) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    for (position, _) in text.match_indices("C-") {
        let digits = text.get(position + 2..position + 5);
        found.extend(digits.and_then(|digits| digits.parse::<u16>().ok()));
    }
    found
}
