//! Lists of rules: how they are read, and whether what they speak of exists.

use super::pattern::Pattern;
use super::roles::RoleNames;
use super::rule::{Condition, InvalidRule, Operand, Rule};
use crate::config::given::quote;
use crate::config::grammar::Grammar;
use crate::config::nearest::{nearest, slip};
use crate::config::problem::Problem;
use crate::config::reader::{Reader, Spot};
use crate::config::slot::Placed;

pub(in crate::config) const RULE: Grammar<Rule> = Grammar {
    parse: |text| Rule::parse(text).map_err(|InvalidRule(part)| advise(&part)),
    show: Rule::to_string,
    allowed: "\"anyone\", \"app\", \"token\", \"role.<name>\", \"claim.<name> == <part>\" or \
              \"<part> in claim.<name>\", several with \" and \" between",
};

/// What to do about a condition that is none.
fn advise(part: &str) -> String {
    let said = format!("{} is no condition", quote(part));
    if let Some(near) = slip(part, ["anyone", "app", "token"].into_iter()) {
        return format!("{said}. Did you mean {near}?");
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if part.is_empty() {
        "A condition is missing.".to_owned()
    } else if part.contains(" or ") {
        format!("{said}. In place of `or`, make two rules: a list allows whom any of its rules allows.")
    } else if part.chars().all(is_plain) {
        format!("{said}. A role is written role.{part}.")
    } else if part.contains('=') && !part.contains("==") {
        format!("{said}. Compare with ==.")
    } else {
        format!("{said}.")
    }
}

/// What a list of rules may speak of.
pub(in crate::config) struct Scope<'a> {
    /// Path of the list, as `channel[0].publish`.
    pub(in crate::config) path: &'a str,
    /// The names that the rules are for; without one, claims cannot be compared with parts.
    pub(in crate::config) pattern: Option<&'a Pattern>,
    pub(in crate::config) roles: &'a RoleNames,
    /// Whether nothing there is signed with the app's secret.
    pub(in crate::config) unsigned: bool,
}

/// Reports roles that nobody declares, parts that the name does not have, and what can never hold.
pub(in crate::config) fn check_rules(rules: &[Placed<Rule>], scope: &Scope<'_>, reader: &mut Reader<'_>) {
    for (number, rule) in rules.iter().enumerate() {
        for condition in &rule.value.0 {
            let Some((found, allowed, advice)) = check(condition, scope) else { continue };
            let spot = Spot { path: scope.path.to_owned(), part: format!("[{number}]"), offset: rule.offset };
            reader.refuse(&spot, Problem::Value { found, allowed }, advice);
        }
    }
}

/// What is found, what is allowed and what to do.
type Complaint = (String, String, String);

fn check(condition: &Condition, scope: &Scope<'_>) -> Option<Complaint> {
    match condition {
        Condition::Role(name) if !scope.roles.has(name) => Some(unknown_role(name, scope.roles)),
        Condition::App if scope.unsigned => Some((
            "app".to_owned(),
            "rules that can hold here".to_owned(),
            "Subscribing to a public channel is signed by nobody: write \"anyone\", \"token\" or a role, \
             or give the channel a twin that begins with private-."
                .to_owned(),
        )),
        Condition::Equal { to: Operand::Part(part), .. } | Condition::In { what: Operand::Part(part), .. } => {
            unknown_part(part, scope.pattern)
        }
        Condition::Anyone
        | Condition::App
        | Condition::Token
        | Condition::Role(_)
        | Condition::Equal { .. }
        | Condition::In { .. } => None,
    }
}

fn unknown_role(name: &str, roles: &RoleNames) -> Complaint {
    let (allowed, advice) = roles.suggest(name);
    (format!("role.{name}"), allowed, advice)
}

fn unknown_part(part: &str, pattern: Option<&Pattern>) -> Option<Complaint> {
    let found = format!("the part {part}");
    let Some(pattern) = pattern else {
        let advice = format!("No channel's name is at hand here; a text stands in quotes: \\\"{part}\\\".");
        return Some((found, "a text to compare with".to_owned(), advice));
    };
    if pattern.parts().any(|other| other == part) {
        return None;
    }
    let parts: Vec<_> = pattern.parts().collect();
    if parts.is_empty() {
        let advice = format!("{pattern} has no part; a text stands in quotes: \\\"{part}\\\".");
        return Some((found, "a text to compare with".to_owned(), advice));
    }
    let advice = match nearest(part, parts.iter().copied()) {
        Some(near) => format!("Did you mean {near}?"),
        None => format!("A text stands in quotes: \\\"{part}\\\"."),
    };
    Some((found, format!("a part of {pattern}: {}", parts.join(", ")), advice))
}
